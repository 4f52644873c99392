"""What each kind of message has to say, looked up at the moment it is handed over: never yesterday's balance.

A content of None says that there is nothing left to tell: the points that were to end have been used.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from babel.dates import format_skeleton
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from campaigns.models import Message, Survey
from campaigns.queries import automated
from campaigns.queries.surveys import reading as surveys
from campaigns.rules.surveys import Kind, worded
from campaigns.rules.timing import digest_span
from loyalty.core import formats, ids
from loyalty.core.errors import NotFound
from loyalty.core.events.models import Event
from loyalty.core.ledger.chart import POINTS
from loyalty.core.ledger.queries import expiring, statement
from loyalty.core.merchants.queries import shop_of_scope
from members.models import PaidMembership, TierStanding
from members.queries import referrals, tiers
from members.queries.tier_words import quantity, tier_name
from members.queries.why import Voice
from members.rules.tiers import projection
from rewards.models import Redemption
from rewards.queries.catalogue import offers
from rewards.queries.redemptions import codes
from rewards.queries.telling import named


@dataclass(frozen=True, slots=True)
class Content:
    """`values` fill the placeholders; `facts` stand below the words, as `(name, value)`; `code` is shown large. `link`
    is where the button leads, if not to the kind's page. `numbers` are buttons `(number, address)` below a `question`,
    with what their `ends` mean."""

    values: Mapping[str, str] = field(default_factory=dict)
    facts: tuple[tuple[str, str], ...] = ()
    code: str = ""
    link: str = ""
    question: str = ""
    numbers: tuple[tuple[str, str], ...] = ()
    ends: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True)
class Asked:
    """One message and who asks: the shop's voice and zone, the instant, and what the member has to spend."""

    message: Message
    voice: Voice
    zone: ZoneInfo
    at: datetime
    available: int

    @property
    def member(self) -> UUID:
        """Whom it is for."""
        return self.message.member_id

    @property
    def data(self) -> Mapping[str, Any]:
        """The ids and figures it was planned with."""
        return self.message.data

    def day(self, instant: datetime) -> str:
        """An instant as a day in the shop's zone."""
        return formats.when(instant, "date", self.zone)

    def balance(self) -> str:
        """What the member has now, in the shop's word."""
        return self.voice.points(self.available)


def content(asked: Asked) -> Content | None:
    """What a message says now; None when there is nothing left to say."""
    return _CONTENTS[asked.message.kind](asked)


def _plain(asked: Asked) -> Content | None:
    return Content({"balance": asked.balance()})


def _automated(asked: Asked) -> Content | None:
    """Its words stand in the edition it was planned by; without them there is nothing to say."""
    return Content({"balance": asked.balance()}) if automated.step_of(asked.data) else None


def _nothing(_asked: Asked) -> Content | None:
    return Content()


def _code(asked: Asked) -> Content | None:
    row = Redemption.objects.filter(pk=asked.data.get("redemption")).select_related("reward").first()
    if row is None:
        return None
    vouchers = [one for one in codes([row])[row.pk] if one.status == "active" and one.expires_at > asked.at]
    if not vouchers:
        return None
    code, until = vouchers[0].code, asked.day(formats.last_moment(vouchers[0].expires_at))
    return Content(
        {"reward": named(row.reward), "code": code, "date": until}, ((_("Good until"), until),), code
    )


def _moved(asked: Asked, *kinds: str) -> Content | None:
    day = date.fromisoformat(asked.message.occasion)
    begins, ends = digest_span(day, asked.zone)
    # By when it was written down, as it was planned by: what comes in late is told on the day it comes.
    rows = Event.objects.filter(
        subject=asked.member, kind__in=kinds, recorded_at__gte=begins, recorded_at__lt=ends
    ).values_list("data", flat=True)
    amount = sum(row.get("amount", 0) for row in rows)
    if amount <= 0:
        return None
    points, held = asked.voice.points(amount), asked.balance()
    return Content({"points": points, "balance": held}, ((_("You have now"), held),))


def _earned(asked: Asked) -> Content | None:
    # Net of what came back the same day: nobody is congratulated on what they returned.
    return _moved(asked, "points.earned", "points.taken_back")


def _activated(asked: Asked) -> Content | None:
    return _moved(asked, "points.activated")


def _expiring(asked: Asked) -> Content | None:
    begins = datetime.fromisoformat(asked.data["begins"])
    ends = datetime.fromisoformat(asked.data["ends"])
    rows = [
        (end, points)
        for end, points in expiring(asked.member, until=ends)
        if end >= begins and end > asked.at and points > 0
    ]
    if not rows:
        return None
    first = formats.last_moment(rows[0][0]) if formats.is_midnight(rows[0][0], asked.zone) else rows[0][0]
    points, held = asked.voice.points(sum(points for _end, points in rows)), asked.balance()
    values = {"points": points, "date": asked.day(first), "balance": held}
    return Content(values, ((_("Ends on"), values["date"]), (_("You have now"), held)))


def _ready(asked: Asked) -> Content | None:
    found = next(
        (one for one in offers(asked.member, at=asked.at) if str(one.reward.pk) == asked.data.get("reward")),
        None,
    )
    if found is None or not found.can_have:
        return None
    name, held = named(found.reward), asked.balance()
    price = asked.voice.points(found.reward.cost_points)
    return Content({"reward": name, "balance": held}, ((name, price), (_("You have now"), held)))


def _tier(asked: Asked) -> Content | None:
    standing = TierStanding.objects.filter(member=asked.member).first()
    if standing is None or standing.tier != asked.data.get("to"):
        return None  # another change came after this one, and has a message of its own
    name = tier_name(tiers.ladder_in_force(), standing.tier)
    facts: tuple[tuple[str, str], ...] = ()
    if standing.valid_until:
        facts = ((_("Yours until"), asked.day(formats.last_moment(standing.valid_until))),)
    return Content({"tier": name}, facts)


def _at_risk(asked: Asked) -> Content | None:
    ladder = tiers.ladder_in_force()
    try:
        one = tiers.one(asked.member, tiers=ladder, at=asked.at, zone=asked.zone)
    except NotFound:
        return None
    seen = projection(ladder, one.days, one.now, joined_at=one.joined_at, at=asked.at, zone=asked.zone)
    goal = seen.keep
    if goal is None or goal.missing == 0 or goal.before is None:
        return None
    last = asked.day(formats.last_moment(goal.before))
    missing = quantity(ladder.by, goal.missing, asked.voice)
    values = {"tier": tier_name(ladder, goal.tier), "missing": missing, "date": last}
    return Content(values, ((_("Still needed"), missing), (_("Before"), last)))


def _friends(asked: Asked) -> Content | None:
    count = referrals.brought_by(asked.member).count()
    return Content({"friends": formats.number(count), "balance": asked.balance()})


def _membership(asked: Asked) -> Content | None:
    try:
        key = ids.decode("pmb", str(asked.data.get("membership")))
    except NotFound:
        return None
    row = PaidMembership.objects.filter(pk=key).first()
    if row is None or row.status not in ("trial", "active", "grace"):
        return None
    told = asked.data.get("price_minor") or asked.data.get("after_minor")
    price = told or row.next_price_minor or row.price_minor
    amount = formats.money(price, row.currency)
    if "since" in asked.data:
        since = asked.day(datetime.fromisoformat(asked.data["since"]))
        return Content({"amount": amount, "date": since}, ((_("Price"), amount),))
    due = asked.day(row.paid_until) if row.paid_until else ""
    facts = ((_("Price"), amount), *(((_("Due on"), due),) if due else ()))
    return Content({"amount": amount, "date": due}, facts)


def month_span(month: str, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """A month like "2026-02" in a zone, from its first instant to the next one's."""
    first = date.fromisoformat(f"{month}-01")
    following = (first + timedelta(days=32)).replace(day=1)
    return tuple(datetime(day.year, day.month, 1, tzinfo=zone) for day in (first, following))  # type: ignore[return-value]


def month_name(month: str) -> str:
    """A month's name and year in the active language."""
    return str(format_skeleton("yMMMM", date.fromisoformat(f"{month}-01"), locale=formats.locale()))


def _statement(asked: Asked) -> Content | None:
    begins, ends = month_span(asked.message.occasion, asked.zone)
    earned = spent = ended = 0
    for row in statement(asked.member, unit=POINTS, limit=2000):
        if not begins <= row.happened_at < ends:
            continue
        change = row.available + row.debt
        if row.kind in ("expiry", "forfeit"):
            ended -= change
        elif change > 0:
            earned += change
        else:
            spent -= change
    if not (earned or spent or ended):
        return None
    say = asked.voice.points
    values = {
        "month": month_name(asked.message.occasion),
        "earned": say(earned),
        "spent": say(spent),
        "balance": asked.balance(),
    }
    facts = [(_("Collected"), values["earned"]), (_("Used"), values["spent"])]
    facts += [(_("Ended"), say(ended))] if ended else []
    return Content(values, (*facts, (_("You have now"), values["balance"])))


def _survey(asked: Asked) -> Content | None:
    """A survey with the member's own link. The numbers open the page with the answer filled in: nothing is recorded by
    looking, because mail scanners follow every link."""
    row = Survey.objects.filter(pk=asked.data.get("survey")).first()
    if row is None or surveys.mine(row, asked.member, at=asked.at).stands is not surveys.Stands.OPEN:
        return None
    said, language = surveys.content_of(row), (get_language() or "en").split("-")[0]
    address = surveys.link(shop_of_scope().slug, member=asked.member, survey=row.pk)
    values = {"survey": worded(said.title, language)}
    first = said.questions[0] if said.questions else None
    if first is None or not first.numbers:
        return Content(values, link=f"{address}?by=email")
    numbers = tuple((str(n), f"{address}?by=email&q-{first.id}={n}") for n in first.numbers)
    ends = (worded(first.low, language), worded(first.high, language))
    if first.kind is Kind.NPS and not any(ends):
        ends = (_("not at all likely"), _("very likely"))
    return Content(
        values, link=f"{address}?by=email", question=worded(first.name, language), numbers=numbers, ends=ends
    )


_CONTENTS: Mapping[str, Callable[[Asked], Content | None]] = {
    "welcome": _plain,
    "code": _code,
    "points_earned": _earned,
    "points_available": _activated,
    "expiring_30": _expiring,
    "expiring_7": _expiring,
    "reward_ready": _ready,
    "tier_up": _tier,
    "tier_at_risk": _at_risk,
    "tier_down": _tier,
    "referral_joined": _friends,
    "referral_rewarded": _friends,
    "birthday": _plain,
    "membership_due": _membership,
    "membership_failed": _membership,
    "membership_price": _membership,
    "statement": _statement,
    "newsletter": _nothing,
    "survey": _survey,
    "automation": _automated,
    "automation_news": _automated,
}
