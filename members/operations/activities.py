"""Record what members do besides buying: ask the engine, write the activity, its points and its events."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from django.db import connection, transaction
from django.db.models import F

from loyalty.core import ids
from loyalty.core.errors import InvalidInput, KeyReused
from loyalty.core.events.operations import record
from loyalty.core.ids import fingerprint
from loyalty.core.ledger.operations import post
from loyalty.core.ledger.queries import balance, lots_of_source
from loyalty.core.merchants.queries import shop_of_scope
from loyalty.core.programme import queries as programmes
from loyalty.core.tenancy import scope
from members.models import Activity, Member, RuleUse, Stats
from members.operations import following
from members.operations.counting import count, lock_budgets
from members.operations.deciding import MemberNotFound, named, refuse_too_many
from members.operations.granting import NO_TERMS, Source, grants
from members.queries import usage
from members.queries.order_facts import Known, look_up
from members.rules.decision import Decision
from members.rules.doing import JOINED, NewActivity, activity_problems, joined
from members.rules.engine import decide
from members.rules.facts import Facts, MemberFacts
from members.rules.points_life import Terms, terms
from members.rules.usage import asked_by, uses


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


def record_activity(*, activity: NewActivity, at: datetime) -> Done:
    """Record an activity; `at` is now. The same one again answers again. Raises `DomainError`; nothing is written."""
    _refuse_senseless(activity, at)
    return _record(activity, at)


def quote_activity(*, activity: NewActivity, at: datetime, when: datetime | None = None) -> Done:
    """What an activity would earn, when it happened or at another instant `when`, and why. Writes and locks nothing."""
    _refuse_senseless(activity, at)
    who, version = _known(activity)
    instant = when or activity.happened_at
    decision, life = _decide(activity, who, version, instant)
    return Done(None, who.id, decision, life, decision.earned(), version=version)


def record_joining(*, member: Member, at: datetime) -> None:
    """Record that somebody joined, if a rule of the programme is about that. In the caller's transaction."""
    current = programmes.in_force()
    rules = current.programme["earning"].rules if current else ()
    if any(rule.activity and JOINED in rule.activity.kinds for rule in rules):
        _record(joined(ids.encode("mbr", member.pk), at=at, channel=member.channel), at)


def _refuse_senseless(activity: NewActivity, at: datetime) -> None:
    problems = activity_problems(activity, at=at)
    if problems:
        raise InvalidInput([{"field": f, "code": "invalid", "message": m} for f, m in problems])


def _known(activity: NewActivity) -> tuple[Known, UUID | None]:
    """Who did it, and the programme version in force. Raises `MemberNotFound`."""
    known, version = look_up({0: named(activity.member)})
    if 0 not in known:
        raise MemberNotFound()
    return known[0], version


@transaction.atomic
def _record(activity: NewActivity, at: datetime) -> Done:
    # The locks as everywhere: the name, the member's counts, the budgets, then the books.
    _lock_name(activity)
    earlier = Activity.objects.filter(source=activity.source, external_id=activity.external_id).first()
    if earlier is not None:
        if earlier.fingerprint != fingerprint(activity):
            raise KeyReused(field="external_id")
        return replay(earlier)
    who, version = _locked(activity)
    if version is not None:
        lock_budgets(asked_by(programmes.version(version).programme["earning"]).budgets)
    decision, life = _decide(activity, who, version, activity.happened_at)
    row = _write(activity, who.id, decision, version, at)
    after = _grant(row, decision)
    if after is None:
        after = balance(who.id).available
    following.after_activity(row, decision=decision, at=at)
    following.last([who.id], version=version, at=at)
    record("activity.recorded", subject=who.id, at=row.happened_at,
           data={"activity": str(row.pk), "kind": row.kind, "points": row.points_earned})  # fmt: skip
    return Done(row.pk, who.id, decision, life, row.points_earned, balance=after, version=version)


def _lock_name(activity: NewActivity) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock("
            "hashtextextended(concat_ws('|', %s::bigint, %s::text, %s::text), 8))",
            [scope.merchant_id(), activity.source, activity.external_id],
        )


def _locked(activity: NewActivity) -> tuple[Known, UUID | None]:
    """Who did it, with their counts locked: nobody can merge or erase them meanwhile."""
    for _attempt in range(20):
        who, version = _known(activity)
        held = Stats.objects.select_for_update(no_key=True).filter(member_id=who.id).values_list("pk")
        if list(held[:1]):
            return _known(activity)[0], version  # their status and counts as they are under the lock
    raise RuntimeError("the member was merged each time they were found")


def _decide(
    activity: NewActivity, who: Known, version: UUID | None, instant: datetime
) -> tuple[Decision, Terms]:
    """The engine's answer and the terms of the points. Raises `TooManyPoints`."""
    if version is None:
        return Decision(), NO_TERMS
    shop, programme = shop_of_scope(), programmes.version(version).programme
    asked, zone, blocked = asked_by(programme["earning"]), ZoneInfo(shop.timezone), who.status == "blocked"
    facts = Facts(
        member=MemberFacts(who.joined_at, blocked=blocked), zone=shop.timezone, activity=activity.facts()
    )
    if not asked.nothing:
        sheet = usage.sheet(asked, [usage.Occasion(0, who.id, instant)], zone)
        member = sheet.member(0, who.id, instant, joined_at=who.joined_at, blocked=blocked)
        facts = Facts(member=member, zone=shop.timezone, activity=activity.facts(), budgets=sheet.spent())
    decision = decide(programme["earning"], facts, instant)
    refuse_too_many(decision)
    return decision, terms(programme["points_life"], instant, zone)


def _write(
    activity: NewActivity, member: UUID, decision: Decision, version: UUID | None, at: datetime
) -> Activity:
    product = activity.product
    row = Activity.objects.create(
        source=activity.source, external_id=activity.external_id, fingerprint=fingerprint(activity),
        kind=activity.kind, member_id=member, properties=activity.properties,
        product=msgspec.to_builtins(product) if product else None, sku=product.sku if product else "",
        channel=activity.channel, location=activity.location, points_earned=decision.earned(),
        programme_version=version, decision=msgspec.to_builtins(decision, str_keys=True),
        happened_at=activity.happened_at, recorded_at=at,
    )  # fmt: skip
    if version is not None and decision.counted:
        found = uses(programmes.version(version).programme["earning"], decision)
        count(
            found=found, source_kind=RuleUse.Kind.ACTIVITY, source=row.pk, member=member, at=row.happened_at
        )
        # An order that is just being decided on what was given before must notice.
        Stats.objects.filter(member_id=member).update(orders_count=F("orders_count"))
    return row


def _grant(row: Activity, decision: Decision) -> int | None:
    """Post what the activity earned; the spendable points after it, None when it gave no points."""
    if row.programme_version is None:
        return None
    source = Source(kind="activity", id=row.pk, owner=row.member_id, at=row.happened_at, now=row.recorded_at,
                    version=row.programme_version)  # fmt: skip
    programme = programmes.version(row.programme_version).programme
    zone = ZoneInfo(shop_of_scope().timezone)
    posted = [
        post(posting).balance for posting in grants(decision, source=source, programme=programme, zone=zone)
    ]
    return posted[0] if decision.earned() else None


def replay(row: Activity) -> Done:
    """The outcome of an activity that is already recorded, as it was decided then; the balance is today's."""
    lots = lots_of_source(row.pk)
    life = (
        Terms(lots[0].pending, lots[0].available_from, lots[0].expires_at, lots[0].slides_days)
        if lots
        else NO_TERMS
    )
    decision = msgspec.convert(row.decision, Decision, strict=False)
    now = balance(row.member_id).available
    return Done(row.pk, row.member_id, decision, life, row.points_earned, True, now, row.programme_version)
