"""How the programme works, in the words of its own rules: nothing here can say what the rules do not do."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from loyalty.core import formats
from loyalty.core.formats import short_money
from loyalty.core.ledger.chart import POINTS
from loyalty.core.programme.document import Programme
from loyalty.web.programme_words import (
    cards_sentences,
    perks_sentence,
    plan_sentences,
    referral_sentences,
    sharing_sentences,
)
from loyalty.web.sentences import Words, below, conversion_sentence, expiry_sentence, hold_sentence, voice_of
from members.queries import adding, rule_words
from members.queries.comparisons import earning_of
from members.queries.tier_words import terms_sentences, tier_sentence
from members.queries.why import Voice
from members.rules.conditions import InSegment, InTier
from members.rules.earning import PlaceInSegment, PointsPerAmount, Rule
from members.rules.owning import owner_of
from members.rules.points_life import PointsLife
from members.rules.tiers import Tier, Tiers
from rewards.models import Reward
from rewards.queries.catalogue import offered
from rewards.queries.telling import named, named_by_handle

SHOWN = 3


@dataclass(frozen=True, slots=True)
class Way:
    """One step of how it works: what to do, and what comes of it."""

    icon: str
    title: str
    sentences: list[str]


def first_rewards() -> list[Reward]:
    """The cheapest rewards there are, as examples of what points get."""
    return sorted(offered().filter(cost_points__gt=0), key=lambda reward: reward.cost_points)[:SHOWN]


def ways(
    currency: str,
    words: Words,
    offers: list[Reward],
    *,
    at: datetime,
    programme: Programme | None = None,
    names: Mapping[str, str] | None = None,
    member: UUID | None = None,
) -> list[Way]:
    """The steps of a programme (the one in force when none is given); none while there is none. Needs the merchant's
    scope, unless the programme and the `names` of its rewards by handle are given. To a `member` it is told as it
    counts for them, where an experiment compares rules."""
    if programme is None:
        current = adding.in_force()
        if current is None:
            return []
        programme = current.programme
    earning, life = programme["earning"], programme["points_life"]
    if member is not None:
        earning = earning_of(earning, member=member, at=at)
    running = (rule for rule in earning.rules if not rule.off and _is_for_all(rule, at))
    rules = [rule for rule in running if not (rule.window.until and rule.window.until <= at)]
    earns = [_rule(rule, currency, words) for rule in rules if not isinstance(rule, PlaceInSegment)]
    earns += rule_words.group_sentences(earning, voice_of(currency, words, plain=True))
    using = [_worth(offers[0], rules, currency, words)] if offers else []
    exchanged = conversion_sentence(programme["conversion"], currency, words)
    by_itself = [exchanged] if exchanged else []
    return [
        Way("qr-code", _("Show your code"), [_("Have it scanned at the till whenever you buy.")]),
        Way("plus", _("Collect {points}").format(points=words["other"]), earns + _waiting(life, words)),
        Way("gift", _("Take a reward"), [*using, *by_itself, expiry_sentence(life, words)]),
        *more_ways(programme, currency, words, names),
    ]


def _is_for_all(rule: Rule, at: datetime) -> bool:
    """The programme's own rules are told before they begin; those of a campaign while it runs, and only where they are
    for everybody: a campaign for some is told to those in a message."""
    if not owner_of(rule.id):
        return True
    return rule.window.holds(at) and not any(isinstance(one, InSegment | InTier) for one in rule.when)


def more_ways(
    programme: Programme, currency: str, words: Words, names: Mapping[str, str] | None = None
) -> list[Way]:
    """What a programme has besides points: cards, tiers, plans, friends and what is shared; only what there is."""
    voice, tiers = voice_of(currency, words, plain=True), programme["tiers"]
    handles = {card.reward for card in programme["side_units"].cards}
    handles |= {programme["referrals"].friend.reward, programme["referrals"].referrer.reward} - {""}
    names = named_by_handle(handles) if names is None else names
    climb = [_tier(tiers, tier, voice) for tier in tiers.ladder]
    if climb:
        climb += terms_sentences(tiers)
    plans = [line for plan in programme["membership_plans"].plans for line in plan_sentences(plan, voice)]
    found = [
        Way("stamp", _("Fill a card"), cards_sentences(programme["side_units"], names, voice)),
        Way("medal", _("Climb"), climb),
        Way("id-card", _("Become a paying member"), plans),
        Way("users", _("Bring a friend"), referral_sentences(programme["referrals"], names, voice)),
        Way("arrow-left-right", _("Share"), sharing_sentences(programme["sharing"], voice)),
    ]
    return [way for way in found if way.sentences]


def _tier(tiers: Tiers, tier: Tier, voice: Voice) -> str:
    return " ".join(filter(None, (f"{tier_sentence(tiers, tier, voice)}.", perks_sentence(tier.perks))))


def _waiting(life: PointsLife, words: Words) -> list[str]:
    """Only said where points have to wait."""
    return [hold_sentence(life, words)] if life.hold_days or life.hold_event or life.hold_until else []


def _rule(rule: Rule, currency: str, words: Words) -> str:
    text = rule_words.rule_sentence(rule, voice_of(currency, words, plain=True))
    if isinstance(rule, PointsPerAmount) and rule.at_least_minor:
        text += " " + below(short_money(rule.at_least_minor, currency))
    return text


def _worth(reward: Reward, rules: list[Rule], currency: str, words: Words) -> str:
    """What the nearest reward takes, in points and in purchases."""
    cost, name = formats.points(reward.cost_points, words), named(reward)
    plain = (rule for rule in rules if isinstance(rule, PointsPerAmount))
    base = next((rule for rule in plain if rule.is_plain and rule.unit == POINTS), None)
    if base is None:
        return _("{reward} takes {points}.").format(reward=name, points=cost)
    spent_minor = -(-reward.cost_points // base.points) * base.per_minor
    return _("{reward} takes {points}: {amount} of purchases.").format(
        reward=name, points=cost, amount=short_money(spent_minor, currency)
    )
