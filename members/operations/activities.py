"""Record what members do besides buying: ask the engine, write the activity, its points and its events."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from django.db import connection, transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from loyalty.core import ids
from loyalty.core.errors import DomainError, InvalidInput, KeyReused
from loyalty.core.events.operations import record
from loyalty.core.ids import fingerprint
from loyalty.core.ledger.operations import post_many
from loyalty.core.ledger.queries import balance, lots_of_source
from loyalty.core.merchants.queries import shop_of_scope
from loyalty.core.programme import queries as programmes
from loyalty.core.programme.queries import Current
from loyalty.core.tenancy import scope
from members.models import Activity, Member, RuleUse, Stats
from members.operations import following
from members.operations.counting import count, lock_budgets
from members.operations.deciding import MemberNotFound, named, refuse_too_many
from members.operations.granting import NO_TERMS, Source, grants
from members.queries import adding, comparisons, usage
from members.queries.activities import proof_print, sent_by_others
from members.queries.order_facts import Known, look_up
from members.rules.comparisons import decide_compared
from members.rules.decision import Decision
from members.rules.doing import JOINED, SOURCE, NewActivity, activity_problems, joined
from members.rules.facts import ActivityFacts, Facts, MemberFacts
from members.rules.moderation import Needs, Proof, why_it_waits
from members.rules.points_life import Terms, terms
from members.rules.usage import asked_by, asking_segments, uses


@dataclass(frozen=True, slots=True)
class Done:
    """What an activity led to. `balance` is spendable points after it; None for a rehearsal."""

    activity: UUID | None
    member: UUID
    decision: Decision
    terms: Terms
    points: int
    replayed: bool = False
    balance: int | None = None
    version: UUID | None = None
    status: str = Activity.Status.RECORDED
    flags: tuple[str, ...] = ()


class ProofMissing(DomainError):
    code = "proof_missing"
    message = _("For this a proof is needed: a link to it, or a text that shows it.")
    field = "proof"


def record_activity(*, activity: NewActivity, at: datetime) -> Done:
    """Record an activity; `at` is now. The same one again answers again. Raises `DomainError`; nothing is written."""
    _refuse_senseless(activity, at)
    return _record(activity, at)


def quote_activity(*, activity: NewActivity, at: datetime, when: datetime | None = None) -> Done:
    """What an activity would earn, when it happened or at another instant `when`, and why; once it is approved, where
    it would wait. Writes and locks nothing."""
    _refuse_senseless(activity, at)
    who, version = _known(named(activity.member))
    instant = when or activity.happened_at
    flags = _waits(activity, who.id, version)
    current = adding.live(version)
    decision, life = decide_activity(activity.facts(), who=who, current=current, instant=instant)
    status = Activity.Status.WAITING if flags else Activity.Status.RECORDED
    return Done(None, who.id, decision, life, decision.earned(), version=version, status=status, flags=flags)


def record_joining(*, member: Member, at: datetime) -> None:
    """Record that somebody joined, if a rule of the programme is about that. In the caller's transaction."""
    if is_asked_for(JOINED):
        _record(joined(ids.encode("mbr", member.pk), at=at, channel=member.channel), at)


def is_asked_for(kind: str) -> bool:
    """Whether a rule of the programme in force is about a kind of activity."""
    current = adding.in_force()
    rules = current.programme["earning"].rules if current else ()
    return any(rule.activity and kind in rule.activity.kinds for rule in rules)


def record_own(*, activity: NewActivity, at: datetime) -> Done:
    """Record what the programme itself notices; it never waits for anybody. The caller has made sure that it is so."""
    return _record(activity, at)


def _refuse_senseless(activity: NewActivity, at: datetime) -> None:
    problems = activity_problems(activity, at=at)
    if problems:
        raise InvalidInput([{"field": f, "code": "invalid", "message": m} for f, m in problems])


def locked_member(member: UUID) -> Known:
    """A member, or whoever they were merged into, with their counts locked. Raises `MemberNotFound` for who was
    erased."""
    return _locked(("id", str(member)))[0]


def _known(name: tuple[str, str]) -> tuple[Known, UUID | None]:
    """Who did it, and the programme version in force. Raises `MemberNotFound`."""
    known, counts = look_up({0: name})
    if 0 not in known:
        raise MemberNotFound()
    return known[0], counts.version


@transaction.atomic
def _record(activity: NewActivity, at: datetime) -> Done:
    # The locks as everywhere: the name, the member's counts, the budgets, then the books.
    lock_name(source=activity.source, external_id=activity.external_id)
    earlier = Activity.objects.filter(source=activity.source, external_id=activity.external_id).first()
    if earlier is not None:
        if earlier.fingerprint != fingerprint(activity):
            raise KeyReused(field="external_id")
        return replay(earlier)
    _one_proof_at_a_time(activity)
    who, version = _locked(named(activity.member))
    flags = _waits(activity, who.id, version)
    if flags:
        return _wait(activity, who.id, version, flags, at)
    current = adding.live(version)
    lock_budgets_of(current)
    decision, life = decide_activity(activity.facts(), who=who, current=current, instant=activity.happened_at)
    row = _write(activity, who.id, decision, version, at)
    count_uses(row, decision=decision, owner=who.id)
    after = grant(row, decision=decision, owner=who.id, now=at)
    following.after_activity(row, decision=decision, at=at)
    following.last([who.id], version=version, at=at)
    record("activity.recorded", subject=who.id, at=row.happened_at,
           data={"activity": str(row.pk), "kind": row.kind, "points": row.points_earned})  # fmt: skip
    return Done(row.pk, who.id, decision, life, row.points_earned, balance=after, version=version)


def _waits(activity: NewActivity, member: UUID, version: UUID | None) -> tuple[str, ...]:
    """What staff should look at before it counts; nothing when it counts at once. Raises `ProofMissing`."""
    if version is None or activity.source == SOURCE:
        return ()
    moderated = programmes.version(version).programme["activities"].of(activity.kind)
    needed = moderated.needs is Needs.PROOF or moderated.proof_required
    if needed and activity.proof is None:
        raise ProofMissing()
    print_ = proof_print(activity.proof)
    duplicate = print_ is not None and sent_by_others(print_, member=member) > 0
    return tuple(why_it_waits(moderated, duplicate=duplicate))


def _wait(
    activity: NewActivity, member: UUID, version: UUID | None, flags: tuple[str, ...], at: datetime
) -> Done:
    """Keep an activity that earns nothing until staff have looked, with the programme that counted when it came."""
    row = _write(activity, member, Decision(), version, at, flags=flags)
    record("activity.waiting", subject=member, at=row.happened_at,
           data={"activity": str(row.pk), "kind": row.kind, "flags": list(flags)})  # fmt: skip
    return replay(row, replayed=False)


def _one_proof_at_a_time(activity: NewActivity) -> None:
    """Of two who send the same proof at once the second is seen to be the second."""
    print_ = proof_print(activity.proof)
    if print_ is not None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended(concat_ws('|', %s::bigint, %s::uuid), 9))",
                [scope.merchant_id(), print_],
            )


def lock_name(*, source: str, external_id: str) -> None:
    """Lock an activity's name until the transaction ends: whatever is done about it is done one after the other."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock("
            "hashtextextended(concat_ws('|', %s::bigint, %s::text, %s::text), 8))",
            [scope.merchant_id(), source, external_id],
        )


def _locked(name: tuple[str, str]) -> tuple[Known, UUID | None]:
    """Who did it, with their counts locked: nobody can merge or erase them meanwhile."""
    for _attempt in range(20):
        who, version = _known(name)
        held = Stats.objects.select_for_update(no_key=True).filter(member_id=who.id).values_list("pk")
        if list(held[:1]):
            return _known(name)[0], version  # their status and counts as they are under the lock
    raise RuntimeError("the member was merged each time they were found")


def lock_budgets_of(current: Current | None) -> None:
    """Lock every budget the rules draw on that are about to be asked; after the member's counts."""
    if current is not None:
        lock_budgets(asked_by(current.programme["earning"]).budgets)


def decide_activity(
    done: ActivityFacts, *, who: Known, current: Current | None, instant: datetime
) -> tuple[Decision, Terms]:
    """The engine's answer by the rules of `current` (`members.queries.adding`) and the terms of the points. Raises
    `TooManyPoints`."""
    if current is None:
        return Decision(), NO_TERMS
    shop, programme = shop_of_scope(), current.programme
    asked, zone, blocked = asked_by(programme["earning"]), ZoneInfo(shop.timezone), who.status == "blocked"
    running = comparisons.current()
    if running.looks_at_segments:
        asked = asking_segments(asked)
    facts = Facts(member=MemberFacts(who.joined_at, blocked=blocked), zone=shop.timezone, activity=done)
    if not asked.nothing:
        sheet = usage.sheet(asked, [usage.Occasion(0, who.id, instant)], zone)
        member = sheet.member(0, who.id, instant, joined_at=who.joined_at, blocked=blocked)
        facts = Facts(member=member, zone=shop.timezone, activity=done, budgets=sheet.spent())
    decision = decide_compared(programme["earning"], facts, instant, member=who.id, comparisons=running)
    refuse_too_many(decision)
    return decision, terms(programme["points_life"], instant, zone)


def _write(
    activity: NewActivity, member: UUID, decision: Decision, version: UUID | None, at: datetime,
    *, flags: tuple[str, ...] = (),
) -> Activity:  # fmt: skip
    product, proof = activity.product, activity.proof or Proof()
    return Activity.objects.create(
        source=activity.source, external_id=activity.external_id, fingerprint=fingerprint(activity),
        kind=activity.kind, member_id=member, properties=activity.properties,
        product=msgspec.to_builtins(product) if product else None, sku=product.sku if product else "",
        channel=activity.channel, location=activity.location, points_earned=decision.earned(),
        programme_version=version, decision=msgspec.to_builtins(decision, str_keys=True),
        status=Activity.Status.WAITING if flags else Activity.Status.RECORDED, flags=list(flags),
        proof_link=proof.link, proof_text=proof.text.strip(), proof_print=proof_print(activity.proof),
        happened_at=activity.happened_at, recorded_at=at,
    )  # fmt: skip


def count_uses(row: Activity, *, decision: Decision, owner: UUID) -> None:
    """Write what the activity's decision counts for. The caller holds the owner's counts and the budgets."""
    if row.programme_version is None or not decision.counted:
        return
    found = uses(programmes.version(row.programme_version).programme["earning"], decision)
    count(found=found, source_kind=RuleUse.Kind.ACTIVITY, source=row.pk, member=owner, at=row.happened_at)
    # An order that is just being decided on what was given before must notice.
    Stats.objects.filter(member_id=owner).update(orders_count=F("orders_count"))


def grant(row: Activity, *, decision: Decision, owner: UUID, now: datetime, waits: bool = True) -> int:
    """Post what the activity earned, in every unit; the spendable points after it. `waits` False: a hold that is over
    by `now` is not waited for again."""
    if row.programme_version is not None:
        source = Source(kind="activity", id=row.pk, owner=owner, at=row.happened_at, now=now,
                        version=row.programme_version)  # fmt: skip
        programme = programmes.version(row.programme_version).programme
        zone = ZoneInfo(shop_of_scope().timezone)
        post_many(list(grants(decision, source=source, programme=programme, zone=zone, waits=waits)))
    return balance(owner).available


def replay(row: Activity, *, replayed: bool = True) -> Done:
    """The outcome of an activity that is already recorded, as it was decided then; the balance is today's."""
    lots = lots_of_source(row.pk)
    life = (
        Terms(lots[0].pending, lots[0].available_from, lots[0].expires_at, lots[0].slides_days)
        if lots
        else NO_TERMS
    )
    decision = msgspec.convert(row.decision, Decision, strict=False)
    now = balance(row.member_id).available
    return Done(
        row.pk, row.member_id, decision, life, row.points_earned, replayed, now, row.programme_version,
        row.status, tuple(row.flags),
    )  # fmt: skip
