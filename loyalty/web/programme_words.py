"""What the parts of a programme say besides its earning rules: friends, stamps, plans, offers, sharing, activities.

The same sentences stand on the dashboard's pages and on the page that tells members how it works; `plain` is the
members' way.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from loyalty.core import formats
from loyalty.web.sentences import Words, conversion_sentence, expiry_sentence, hold_sentence, life_sentences
from members.queries import rule_words
from members.queries.tier_words import perk_name
from members.queries.why import Voice
from members.rules.conditions.activities import kind_words
from members.rules.conversion import Conversion
from members.rules.moderation import Activities, Moderated, Needs
from members.rules.offers import Offer
from members.rules.perks import Perk, worded
from members.rules.plans import MembershipPlans, Plan, PlanPeriod
from members.rules.plans import OnRefund as PlanRefund
from members.rules.points_life import Expiry, PointsLife
from members.rules.referrals import Cap, On, Referrals, Side
from members.rules.sharing import Sharing
from members.rules.side_units import SideUnits, StampCard, Unit

type Names = Mapping[str, str]
"""Rewards' names by handle."""


def language() -> str:
    """The active language as programmes name it."""
    return (get_language() or "en").partition("-")[0]


def _days(count: int) -> str:
    return ngettext("{n} day", "{n} days", count).format(n=formats.number(count))


def _period(period: str) -> str:
    return {"day": _("a day"), "week": _("a week"), "month": _("a month"), "year": _("a year")}.get(
        period, _("in all")
    )


# --- stamps and other units ------------------------------------------------------------------------------------


def card_sentence(card: StampCard, rewards: Names, voice: Voice) -> str:
    """What a full card gives: "Coffee card: 10 stamps are a free coffee"."""
    reward = rewards.get(card.reward, card.reward)
    if card.quantity > 1:
        reward = _("{n} × {reward}").format(n=card.quantity, reward=reward)
    text = _("{card}: {stamps} on the card are {reward}.")
    return text.format(card=card.named(language()), stamps=voice.units(card.needed, card.unit), reward=reward)


def unit_sentences(unit: Unit, voice: Voice) -> list[str]:
    """How long what is earned of a unit lives."""
    word = voice.unit_word(unit.id)
    return life_sentences(unit.life, {"one": word, "other": word})


def cards_sentences(side: SideUnits, rewards: Names, voice: Voice) -> list[str]:
    """Every card, and when stamps end."""
    said = [card_sentence(card, rewards, voice) for card in side.cards]
    for unit in side.units:
        if unit.life.expiry is not Expiry.NEVER:
            word = voice.unit_word(unit.id)
            said.append(expiry_sentence(unit.life, {"one": word, "other": word}))
    return said


# --- friends ------------------------------------------------------------------------------------------------------


def _side(side: Side, rewards: Names, voice: Voice) -> str:
    gifts = [voice.units(gift.amount, gift.unit) for gift in side.units]
    if side.reward:
        name = rewards.get(side.reward, side.reward)
        gifts.append(name if side.quantity == 1 else _("{n} × {reward}").format(n=side.quantity, reward=name))
    return formats.every(gifts) if gifts else ""


def _cap(cap: Cap, unit: str = "") -> str:
    return _("{n} {period}").format(n=unit or formats.number(cap.most), period=_period(cap.period.value))


def referral_sentences(found: Referrals, rewards: Names, voice: Voice) -> list[str]:
    """What both get, for which purchase, and how often."""
    if not found.on:
        return [] if voice.plain else [_("Members cannot invite friends.")]
    said = []
    friend, referrer = _side(found.friend, rewards, voice), _side(found.referrer, rewards, voice)
    if voice.plain:
        if referrer:
            said.append(
                _("Invite a friend: when they have made their purchase, you get {gift}.").format(
                    gift=referrer
                )
            )
        if friend:
            said.append(_("Your friend gets {gift}.").format(gift=friend))
    else:
        said.append(_("The friend gets: {gift}.").format(gift=friend or _("nothing")))
        said.append(_("The member who invited them gets: {gift}.").format(gift=referrer or _("nothing")))
    said += _purchase(found, voice)
    if found.per:
        caps = formats.either([_cap(cap) for cap in found.per])
        said.append(_("At most so many friends count: {caps}.").format(caps=caps))
    return said + _commission(found, voice) + ([] if voice.plain else _guard(found))


def _purchase(found: Referrals, voice: Voice) -> list[str]:
    wanted, said = found.purchase, []
    if wanted.at_least_minor:
        text = _("The friend’s purchase comes to at least {least}.")
        said.append(text.format(least=voice.money(wanted.at_least_minor)))
    if wanted.first_order:
        said.append(_("It must be their very first purchase."))
    if wanted.within_days:
        said.append(_("It is made within {days} after joining.").format(days=_days(wanted.within_days)))
    if wanted.wait_days:
        text = _("Both get it when {days} for returns have passed.")
        said.append(text.format(days=_days(wanted.wait_days)))
    return said


def _commission(found: Referrals, voice: Voice) -> list[str]:
    terms = found.commission
    if not terms.basis_points:
        return []
    share = formats.percent(Decimal(terms.basis_points) / 10_000)
    if terms.on is On.EVERY:
        text = ngettext(
            "{share} of what a friend spends in the first {n} month.",
            "{share} of what a friend spends in the first {n} months.", terms.months,
        )  # fmt: skip
        said = text.format(share=share, n=terms.months)
    else:
        said = _("{share} of a friend’s first purchase that counts.").format(share=share)
    as_what = _("as cash-back") if terms.unit == "cashback" else _("as {points}").format(points=voice.word())
    return [_("{what} It comes {how}.").format(what=said, how=as_what)]


def _guard(found: Referrals) -> list[str]:
    text = _("Staff look first when one member brings more than {n} friends in a day.")
    said = [text.format(n=formats.number(found.guard.joins_per_day))]
    if found.guard.chain_days:
        chain = _("Staff look first when people bring each other within {days}.")
        said.append(chain.format(days=_days(found.guard.chain_days)))
    return said


# --- sharing --------------------------------------------------------------------------------------------------


def sharing_sentences(sharing: Sharing, voice: Voice) -> list[str]:
    """What members may give each other, and households."""
    said, terms = [], sharing.transfers
    if terms.on:
        text = _("Members can give each other {points}, {least} or more at once.")
        if voice.plain:
            text = _("You can give {points} to another member, {least} or more at once.")
        said.append(text.format(points=voice.word(), least=voice.points(terms.minimum)))
        if terms.maximum is not None:
            said.append(_("At most {most} at once.").format(most=voice.points(terms.maximum)))
        if terms.maximum_per_period is not None:
            most, period = voice.points(terms.maximum_per_period), _period(terms.period.value)
            said.append(_("At most {most} {period}.").format(most=most, period=period))
    elif not voice.plain:
        said.append(_("Members cannot give {points} to each other.").format(points=voice.word()))
    if sharing.household.on:
        text = _("Up to {n} members can share one balance as a household.")
        said.append(text.format(n=sharing.household.largest))
    elif not voice.plain:
        said.append(_("Members cannot share a balance."))
    return said


# --- plans, offers, activities, conversion ----------------------------------------------------------------------


def perks_sentence(perks: Sequence[Perk]) -> str:
    """What perks there are: "With: free shipping and early access"; "" for none."""
    return (
        _("With: {perks}.").format(perks=formats.every([perk_name(perk) for perk in perks])) if perks else ""
    )


def plan_sentences(plan: Plan, voice: Voice) -> list[str]:
    """What a plan costs and brings."""
    name, price = worded(plan.name, language(), plan.id), voice.money(plan.price_minor)
    text = _("{plan}: {price} a month.") if plan.period is PlanPeriod.MONTH else _("{plan}: {price} a year.")
    said = [text.format(plan=name, price=price)]
    if plan.trial_days:
        said.append(_("The first {days} are free.").format(days=_days(plan.trial_days)))
    if plan.grace_days and not voice.plain:
        said.append(
            _("When a payment is missing, perks go on for {days}.").format(days=_days(plan.grace_days))
        )
    perks = perks_sentence(plan.perks)
    return [*said, perks] if perks else said


def plan_terms(section: MembershipPlans) -> list[str]:
    """What a refund gives back, and how a price changes."""
    back = {
        PlanRefund.FULL: _("A refund gives back all of the period that is paid."),
        PlanRefund.PRO_RATA: _("A refund gives back the days that are left."),
        PlanRefund.NONE_AFTER_USE: _("A refund gives back all of the period, unless a perk was used in it."),
    }
    notice = _("A new price counts for periods that begin {days} after it is told, or later.")
    return [back[section.on_refund], notice.format(days=_days(section.notice_days))]


def offer_sentences(offer: Offer, rewards: Names, tiers: Names, voice: Voice) -> list[str]:
    """What an offer is, for whom, and for how long."""
    said = [offer.said(language())] if offer.said(language()) else []
    if offer.reward:
        said.append(
            _("Whoever activates it gets: {reward}.").format(reward=rewards.get(offer.reward, offer.reward))
        )
    if offer.days is not None:
        said.append(_("It is active for {days}.").format(days=_days(offer.days)))
    if offer.tiers:
        names = formats.either([tiers.get(tier, tier) for tier in offer.tiers])
        said.append(_("For the tier {names}.").format(names=names))
    if offer.segments and not voice.plain:
        said.append(_("For the segment {names}.").format(names=formats.either(list(offer.segments))))
    if offer.again_after_days is not None:
        text = _("It can be activated again {days} after the last time.")
        said.append(text.format(days=_days(offer.again_after_days)))
    return said


def moderated_sentence(one: Moderated, voice: Voice) -> str:
    """What an activity needs before it counts."""
    what = {
        Needs.NONE: _("counts at once"),
        Needs.PROOF: _("counts at once, with a link or a text that shows it"),
        Needs.APPROVAL: _("counts when staff have looked at it"),
    }[one.needs]
    said = _("What is given {kind} {counts}.").format(
        kind=rule_words.say(kind_words(one.kind), voice), counts=what
    )
    return f"{said} {_('It must come with a link or a text.')}" if one.proof_required else said


def activity_terms(section: Activities) -> list[str]:
    """How late a birthday may be told."""
    if not section.birthday_grace_days:
        return [_("A birthday counts on the day itself.")]
    text = _("A birthday still counts when it is told up to {days} late.")
    return [text.format(days=_days(section.birthday_grace_days))]


def conversion_sentences(terms: Conversion, currency: str, words: Words, rewards: Names) -> list[str]:
    """What points become by themselves."""
    said = conversion_sentence(terms, currency, words)
    if not said:
        return [_("{points} become nothing by themselves.").format(points=words["other"].capitalize())]
    found = [said]
    if terms.reward:
        found.append(_("The reward is: {reward}.").format(reward=rewards.get(terms.reward, terms.reward)))
    if terms.at_least > terms.points:
        text = _("Who has fewer than {points} keeps them.")
        found.append(text.format(points=formats.points(terms.at_least, words)))
    return found


def members_life(life: PointsLife, words: Words) -> list[str]:
    """The life of points as members are told it: waiting only where there is any."""
    waits = [hold_sentence(life, words)] if life.hold_days or life.hold_event or life.hold_until else []
    return [*waits, expiry_sentence(life, words)]


def tier_names(tiers: Any) -> dict[str, str]:
    """Tiers' names by id in the active language."""
    return {tier.id: worded(tier.name, language(), tier.id) for tier in tiers.ladder}
