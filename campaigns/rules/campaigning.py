"""What a campaign is made of, whether it makes sense, and which rules follow from it. Pure.

Its rules are the programme's own kinds of earning rules. When they count, for whom and how much they give in all is the
campaign's: that becomes a window, conditions and caps of each rule, so that the engine needs to know nothing new.
"""

from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import replace

from loyalty.core.money import MAX_MINOR, MAX_POINTS
from members.rules import units
from members.rules.adding import Added
from members.rules.conditions import Condition, Hours, InSegment, InTier, Weekday
from members.rules.earning import Budget, Earning, Group, Limits, PeriodLimit, Rule, Window, check
from members.rules.facts import Period
from members.rules.offers import Offer
from members.rules.offers import Offers as OfferSection
from members.rules.offers import check as check_offers
from members.rules.owning import rule_id
from members.rules.shopping import Instant, Text60, Text100

type Problems = list[tuple[str, str]]
MIDNIGHT = "00:00"
MOST_RULES = 12
MOST_REWARDS = 20
LATEST_YEARS = 5
Line = Annotated[str, Meta(max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$(?!\n)")]
Note = Annotated[str, Meta(max_length=300, pattern=r"^[^\x00-\x1f\x7f]*$(?!\n)")]
Clock = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$(?!\n)")]
Handle = Annotated[str, Meta(max_length=60, pattern=r"^[A-Za-z0-9_-]*$(?!\n)")]
Kind = Annotated[str, Meta(max_length=30, pattern=r"^[a-z0-9-]*$(?!\n)")]
Cost = Annotated[str, Meta(max_length=20, pattern=r"^[0-9]*(\.[0-9]+)?$(?!\n)")]
Units = Annotated[int, Meta(ge=1, le=MAX_POINTS)]
Money = Annotated[int, Meta(ge=1, le=MAX_MINOR)]
Count = Annotated[int, Meta(ge=1, le=1_000_000)]
Percent = Annotated[int, Meta(ge=0, le=1000)]
Mail = Annotated[str, Meta(max_length=20_000)]


class Bonus(Struct, forbid_unknown_fields=True, frozen=True):
    """The rules of a campaign, as programmes write them."""

    rules: tuple[Rule, ...] = ()


class CampaignOffer(Struct, forbid_unknown_fields=True, frozen=True):
    """What members activate before the campaign's rules count for them. `name` and `text` by language; `days` how long
    it is active (times 24 hours), at most to the campaign's end; `reward` is handed out on activation."""

    name: dict[str, Line] = {}
    text: dict[str, Note] = {}
    days: Annotated[int, Meta(ge=1, le=3660)] | None = None
    reward: Handle = ""


class CampaignLetter(Struct, forbid_unknown_fields=True, frozen=True):
    """A message in one language."""

    subject: Annotated[str, Meta(max_length=200)] = ""
    body: Mail = ""


class CampaignContent(Struct, forbid_unknown_fields=True, frozen=True):
    """Everything that people decide about a campaign.

    `segment` and `tier` say for whom (all, where empty); `days`, `from_time` and `until_time` when within its window,
    by the clock on the shop's wall. Members outside its audience cannot take its `rewards` while it runs, or until
    `early_until`, from when on they are for all. `words` is the message at its start, by language. Budgets are for all
    members together, `member_points` and `member_times` what each rule gives one of them. Of donations made with its
    rewards the shop adds `match_percent`. It stops by itself when it spends `brake_percent` of what was planned by
    then; 0 never."""

    name: Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$(?!\n)")]
    note: Note = ""
    kind: Kind = ""
    segment: Handle = ""
    tier: Text60 = ""
    starts_at: Instant | None = None
    ends_at: Instant | None = None
    days: Annotated[tuple[Weekday, ...], Meta(max_length=7)] = ()
    from_time: Clock = MIDNIGHT
    until_time: Clock = MIDNIGHT
    rules: tuple[Rule, ...] = ()
    offer: CampaignOffer | None = None
    rewards: Annotated[tuple[Handle, ...], Meta(max_length=MOST_REWARDS)] = ()
    early_until: Instant | None = None
    partner: Text100 = ""
    words: dict[str, CampaignLetter] = {}
    budget_points: Units | None = None
    budget_minor: Money | None = None
    point_cost: Cost = ""
    most_rewards: Count | None = None
    member_points: Units | None = None
    member_times: Count | None = None
    match_percent: Percent = 0
    brake_percent: Percent = 200

    @property
    def bonus(self) -> Bonus:
        """Its rules, as one part."""
        return Bonus(self.rules)

    @property
    def does_something(self) -> bool:
        """Whether anything would happen if it ran."""
        return bool(self.rules or self.rewards or self.words or (self.offer and self.offer.reward))


def problems(content: CampaignContent, *, groups: tuple[Group, ...] = ()) -> Problems:
    """What is wrong with a campaign as written, as (field, sentence). `groups` are the programme's, which its rules may
    name."""
    found: Problems = [] if content.name.strip() else [("name", "Give it a name.")]
    found += _window(content)
    if len(content.rules) > MOST_RULES:
        found.append(("rules", f"At most {MOST_RULES} rules."))
    used = {rule.group for rule in content.rules}
    wanted = tuple(group for group in groups if group.id in used)
    found += [
        (path, text)
        for path, text in check(Earning(content.rules, groups=wanted))
        if path.startswith("rules")
    ]
    found += [
        (f"rules[{index}].id", "Use at most 28 characters.")
        for index, rule in enumerate(content.rules)
        if len(rule.id) > 28
    ]
    if any(not handle for handle in content.rewards) or len(set(content.rewards)) != len(content.rewards):
        found.append(("rewards", "Name each reward once."))
    if content.offer is not None:
        section = OfferSection((offer_of("offer", content),))
        found += [(path.replace("offers[0]", "offer"), text) for path, text in check_offers(section)]
    return found + _money(content)


def _window(content: CampaignContent) -> Problems:
    found: Problems = []
    starts, ends, early = content.starts_at, content.ends_at, content.early_until
    for name, moment in (("starts_at", starts), ("ends_at", ends), ("early_until", early)):
        if moment is not None and not 2000 <= moment.year < 2100:
            return [(name, "The time must lie between the years 2000 and 2100.")]
    if starts and ends and ends <= starts:
        found.append(("ends_at", "It ends after it starts."))
    if starts and ends and (ends - starts).days > 366 * LATEST_YEARS:
        found.append(("ends_at", f"At most {LATEST_YEARS} years."))
    if early and ((starts and early <= starts) or (ends and early > ends)):
        found.append(("early_until", "Early access ends while the campaign runs."))
    if early and not content.rewards:
        found.append(("early_until", "Name the rewards that some get early."))
    if len(set(content.days)) != len(content.days):
        found.append(("days", "Name each day once."))
    return found


def _money(content: CampaignContent) -> Problems:
    found: Problems = []
    try:
        cost = Decimal(content.point_cost or "1")
    except InvalidOperation:
        cost = Decimal(0)
    if not Decimal("0.0001") <= cost <= MAX_MINOR:
        found.append(("point_cost", "Say what one unit costs in minor units, like 0.5 or 12."))
    if content.budget_minor is not None and not content.point_cost and not content.match_percent:
        found.append(("point_cost", "Say what one unit costs in minor units, like 0.5 or 12."))
    if content.match_percent and not content.rewards:
        found.append(("match_percent", "Name the rewards that are donations."))
    return found


def offer_of(name: str, content: CampaignContent, *, until: datetime | None = None) -> Offer:
    """The offer of a campaign, as the programme's section of offers writes one."""
    offer = content.offer or CampaignOffer()
    begins, ends = content.starts_at, until or content.ends_at
    return Offer(
        id=name, name=dict(offer.name), text=dict(offer.text), window=Window(begins, ends),
        tiers=(content.tier,) if content.tier else (), segments=(content.segment,) if content.segment else (),
        days=offer.days, reward=offer.reward,
    )  # fmt: skip


def added(
    name: str, content: CampaignContent, *, counts_from: datetime | None, until: datetime | None = None,
    rehearsed: bool = False,
) -> Added:  # fmt: skip
    """What a campaign with the public id `name` adds to the programme: from `counts_from` on, until it ends or was
    ended (`until`). `rehearsed`: as if everybody activated its offer, for nobody has."""
    window = Window(counts_from or content.starts_at, until or content.ends_at)
    offer = offer_of(name, content, until=until) if content.offer is not None and not rehearsed else None
    belongs = _belongs(content, offer)
    budgets = _budgets(name, content)
    rules = tuple(_added(name, rule, content, window, belongs, budgets) for rule in content.rules)
    used = {rule.limits.budget for rule in rules}
    return Added(rules, tuple(one for one in budgets if one.id in used), (offer,) if offer else ())


def _belongs(content: CampaignContent, offer: Offer | None) -> tuple[Condition, ...]:
    """For whom and when: conditions of every rule. Whoever may activate the offer is the audience already."""
    found: list[Condition] = []
    if content.days or content.from_time != content.until_time:
        found.append(Hours(days=content.days, from_=content.from_time, until=content.until_time))
    if offer is not None:
        found.append(InSegment(any_of=(offer.segment,)))
        return tuple(found)
    if content.segment:
        found.append(InSegment(any_of=(content.segment,)))
    if content.tier:
        found.append(InTier(any_of=(content.tier,)))
    return tuple(found)


def _budgets(name: str, content: CampaignContent) -> tuple[Budget, ...]:
    found = []
    minor = content.budget_minor if content.point_cost else None
    if content.budget_points is not None or minor is not None:
        called = content.name[:120]
        found.append(Budget(name, units.POINTS, called, content.budget_points, minor, content.point_cost))
    if content.most_rewards is not None:
        found.append(Budget(f"{name}-rewards", units.REWARDS, content.name[:120], content.most_rewards))
    return tuple(found)


def _added(
    name: str, rule: Rule, content: CampaignContent, window: Window, belongs: tuple[Condition, ...],
    budgets: tuple[Budget, ...],
) -> Rule:  # fmt: skip
    limits = _limits(rule, content)
    budget = next((one.id for one in budgets if one.unit == rule.gives), "")
    return replace(
        rule, id=rule_id(name, rule.id), name=rule.name or content.name, window=_inside(rule.window, window),
        when=(*belongs, *rule.when), limits=replace(limits, budget=budget),
    )  # fmt: skip


def _limits(rule: Rule, content: CampaignContent) -> Limits:
    """The rule's own caps, and what one member gets in all where the campaign says so and the rule does not."""
    most = content.member_points if rule.gives == units.POINTS else None
    capped = any(limit.period is Period.LIFETIME for limit in rule.limits.per)
    if capped or (most is None and content.member_times is None):
        return rule.limits
    return replace(
        rule.limits, per=(*rule.limits.per, PeriodLimit(Period.LIFETIME, content.member_times, most))
    )


def _inside(own: Window, around: Window) -> Window:
    """The part of a rule's own window that lies in the campaign's."""
    begins = [one for one in (own.from_, around.from_) if one is not None]
    ends = [one for one in (own.until, around.until) if one is not None]
    return Window(max(begins, default=None), min(ends, default=None))
