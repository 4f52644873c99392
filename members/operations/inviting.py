"""Codes and links of members who bring friends, the clicks on them, and friends who join by them."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext_lazy as _

from loyalty.core.errors import DomainError
from loyalty.core.events.operations import record
from loyalty.core.merchants.queries import shop_of_scope
from loyalty.core.programme import queries as programmes
from loyalty.core.tenancy import scope
from members.models import Identity, JoinTrace, Member, Referral, ReferralCode, ReferralVisit
from members.queries import directory
from members.queries.prints import print_of
from members.queries.referrals import owner_of_code
from members.queries.suspicion import reasons_to_look
from members.rules.referrals import CODE_LENGTH, CODE_LETTERS, Referrals, canonical_email, is_robot

VISIT_LIVES = timedelta(hours=24)
"""How long the hash of a click is kept: as long as the same browser is one click."""
MOST_CLICKS = 50_000
"""Clicks that are counted of one code on one day. Beyond it is no audience but a machine."""


class UnknownReferralCode(DomainError):
    code = "unknown_referral_code"
    message = _("Nobody has this code. Check it, or join without one.")
    field = "referral_code"


class ReferralsOff(DomainError):
    code = "referrals_off"
    message = _("This programme does not reward bringing friends at the moment.")


@dataclass(frozen=True, slots=True)
class Invitation:
    """What somebody who joins brings with them: the code of whoever invited them ("" for nobody), and signs by which
    the same person could be recognised (`JoinTrace.Kind` to text), which are kept as keyed hashes only."""

    code: str = ""
    signs: Mapping[str, str] = field(default_factory=dict)


def settings_in_force() -> Referrals:
    """The section that counts now; one that is off before the first publication."""
    current = programmes.in_force()
    found: Referrals = current.programme["referrals"] if current else Referrals()
    return found


# --- codes ----------------------------------------------------------------------------------------------------


@transaction.atomic
def code_of(*, member: UUID, at: datetime) -> str:
    """The member's code, made when it is first asked for. Raises `ReferralsOff`, and `NotFound` for a member who is not
    here or no longer takes part."""
    row = directory.taking_part(member)
    known = ReferralCode.objects.filter(member=row).values_list("code", flat=True)[:1]
    found = next(iter(known), "")
    if found:
        return found
    if not settings_in_force().on:
        raise ReferralsOff()
    for _attempt in range(20):
        try:
            with transaction.atomic():
                code = "".join(secrets.choice(CODE_LETTERS) for _unused in range(CODE_LENGTH))
                ReferralCode.objects.create(member=row, code=code, made_at=at)
        except IntegrityError:  # somebody has it, or the member got another one at this very moment
            found = next(iter(known.all()), "")
            if found:
                return found
            continue
        _note(row, _known_by(row))
        record("referral.code_made", subject=row.pk, at=at)
        return code
    raise RuntimeError("every code that was tried is taken")


# --- clicks ---------------------------------------------------------------------------------------------------

# One statement: of two clicks by the same browser at once the second finds the first's hash. A hash whose time is over
# and that nobody has deleted yet does not stand in the way.
_CLICK = """
WITH fresh AS (
    INSERT INTO members_referralvisit AS v (id, merchant_id, member_id, print, until)
    SELECT gen_random_uuid(), %(merchant)s, %(member)s, %(print)s, %(until)s
     WHERE NOT EXISTS (SELECT 1 FROM members_referralclicks c WHERE c.merchant_id = %(merchant)s
                          AND c.member_id = %(member)s AND c.day = %(day)s AND c.clicks >= %(most)s)
    ON CONFLICT (merchant_id, member_id, print) DO UPDATE SET until = excluded.until WHERE v.until <= %(at)s
    RETURNING 1)
INSERT INTO members_referralclicks AS c (id, merchant_id, member_id, day, clicks)
SELECT gen_random_uuid(), %(merchant)s, %(member)s, %(day)s, 1 FROM fresh
ON CONFLICT (merchant_id, member_id, day) DO UPDATE SET clicks = c.clicks + 1
RETURNING clicks
"""


@transaction.atomic
def count_click(*, code: str, address: str, agent: str, at: datetime) -> bool:
    """Count that somebody followed a link; whether it counted: the same browser counts once in 24 hours, robots never.

    Of `address` and `agent` nothing is kept but a keyed hash, for that long. Raises `UnknownReferralCode`.
    """
    owner = owner_of_code(code)
    if owner is None:
        raise UnknownReferralCode(field="code")
    if is_robot(agent):
        return False
    day = at.astimezone(ZoneInfo(shop_of_scope().timezone)).date()
    with connection.cursor() as cursor:
        cursor.execute(_CLICK, {
            "merchant": scope.merchant_id(), "member": owner, "print": print_of("visit", f"{address}|{agent}"),
            "at": at, "until": at + VISIT_LIVES, "day": day, "most": MOST_CLICKS,
        })  # fmt: skip
        return cursor.fetchone() is not None


def forget_visits(*, at: datetime, most: int) -> int:
    """Delete at most `most` hashes of clicks whose time is over; how many. Safe to repeat."""
    over = list(
        ReferralVisit.objects.filter(until__lte=at).order_by("until").values_list("pk", flat=True)[:most]
    )
    return ReferralVisit.objects.filter(pk__in=over).delete()[0]


# --- joining --------------------------------------------------------------------------------------------------


def welcome(*, member: Member, invitation: Invitation, at: datetime) -> Referral | None:
    """Note who brought a member who has just joined, in the same transaction. What looks like one and the same
    person, a ring or a machine is held for staff. Nothing is noted while the programme rewards nobody for it."""
    signs = {kind: value.strip() for kind, value in invitation.signs.items() if value.strip()}
    if not invitation.code:
        _note(member, signs)
        return None
    settings, owner = settings_in_force(), owner_of_code(invitation.code)
    if owner is None:
        raise UnknownReferralCode()
    known = {**_known_by(member), **signs}
    _note(member, known)
    if not settings.on or owner == member.pk:
        return None
    referrer = Member.objects.get(pk=owner)
    _one_join_at_a_time(owner)
    reasons = reasons_to_look(
        referrer=referrer, friend=member.pk, signs=_hashed(known), known_to=_hashed(_known_by(referrer)),
        email=known.get("email", ""), guard=settings.guard, at=at,
    )  # fmt: skip
    row = Referral.objects.create(
        referrer=referrer, friend=member, joined_at=at, reasons=reasons,
        status=Referral.Status.HELD if reasons else Referral.Status.JOINED,
    )  # fmt: skip
    data = {"referral": str(row.pk), "friend": str(member.pk), **({"reasons": reasons} if reasons else {})}
    record("referral.held" if reasons else "referral.joined", subject=owner, at=at, data=data)
    return row


def _one_join_at_a_time(owner: UUID) -> None:
    """Joins by one code are counted one after the other, or a hundred at once would each find none before it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(concat_ws('|', %s::bigint, %s::uuid), 10))",
            [scope.merchant_id(), owner],
        )


def _known_by(member: Member) -> dict[str, str]:
    """What a member is known by today, in the form in which it is compared."""
    kinds = (Identity.Kind.EMAIL, Identity.Kind.PHONE, Identity.Kind.CARD)
    found = dict(Identity.objects.filter(member=member, kind__in=kinds).values_list("kind", "value"))
    if "email" in found:
        found["email"] = canonical_email(found["email"])
    return found


def _hashed(signs: Mapping[str, str]) -> dict[str, UUID]:
    return {kind: print_of(kind, value) for kind, value in signs.items()}


def _note(member: Member, signs: Mapping[str, str]) -> None:
    rows = [JoinTrace(member=member, kind=kind, print=made) for kind, made in _hashed(signs).items()]
    JoinTrace.objects.bulk_create(rows, ignore_conflicts=True)


def forget(member: UUID) -> None:
    """Codes die and hashes go; the counts of clicks say nothing about anybody and stay."""
    for model in (ReferralCode, ReferralVisit, JoinTrace):
        model.objects.filter(member=member).delete()
