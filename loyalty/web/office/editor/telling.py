"""The items and terms of a programme as its pages tell them: a title, sentences, and how far they are from counting."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from difflib import get_close_matches
from typing import Any

import msgspec
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from loyalty.core import formats
from loyalty.core.programme.document import Programme
from loyalty.web import programme_words as say
from loyalty.web.office.editor import sheets
from loyalty.web.office.editor.areas import Many, Terms
from loyalty.web.office.editor.parts import Desk
from loyalty.web.sentences import Words, below, earning_sentences, life_sentences, rule_sentence, voice_of
from members.queries import budgets, rule_words, tier_words
from members.queries import tiers as standings
from members.queries.products import unsold
from members.queries.why import Voice
from members.rules.conditions.activities import kind_words
from members.rules.earning import PointsPerAmount, Rule
from members.rules.facts import Spent
from members.rules.filters import goods_named
from members.rules.limits import Budget


@dataclass(slots=True)
class Told:
    """An item in words. `state` against what counts now: "", new, changed, gone. `facts` are figures beside it,
    `doubts` what somebody may not have meant."""

    key: str
    title: str
    sentences: list[str]
    kind: str = ""
    state: str = ""
    is_off: bool = False
    facts: list[tuple[str, str]] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    used: Decimal | None = None
    order: tuple[Any, ...] = ()

    @property
    def used_percent(self) -> int:
        """How much of a budget is gone, for a bar."""
        return 0 if self.used is None else min(100, int(self.used * 100))


class Teller:
    """Says what a programme's parts are. One for a page: what it must look up, it looks up once."""

    def __init__(self, programme: Programme, desk: Desk, words: Words):
        self.programme, self.desk, self.words = programme, desk, words
        self.voice: Voice = voice_of(desk.currency, words)
        self.plain: Voice = voice_of(desk.currency, words, plain=True)
        self.rewards = {handle: str(name) for handle, name in desk.picks["rewards"]}
        self.tiers = say.tier_names(programme["tiers"])
        self._spent: dict[str, Spent] | None = None
        self._holders: dict[str, int] | None = None
        self._unsold: dict[str, list[str]] | None = None

    def told(self, section: str, many: Many) -> list[Told]:
        """Every item of a list, in the order in which it matters."""
        found = [self.item(section, many, one) for one in getattr(self.programme[section], many.name)]
        return sorted(found, key=lambda one: one.order)

    def item(self, section: str, many: Many, one: Any) -> Told:
        """One item."""
        tell = getattr(self, f"_{many.name}")
        told: Told = tell(one)
        return told

    def terms(self, terms: Terms) -> list[str]:
        """Single fields of a section."""
        programme, currency, words = self.programme, self.desk.currency, self.words
        match terms.section, terms.name:
            case "earning", _any:
                return self._counts()
            case "points_life", _any:
                return life_sentences(programme["points_life"], words)
            case "conversion", _any:
                return say.conversion_sentences(programme["conversion"], currency, words, self.rewards)
            case "tiers", _any:
                return self._tier_terms()
            case "referrals", _any:
                return say.referral_sentences(programme["referrals"], self.rewards, self.voice)
            case "sharing", _any:
                return say.sharing_sentences(programme["sharing"], self.voice)
            case "membership_plans", _any:
                return say.plan_terms(programme["membership_plans"])
            case "activities", _any:
                return say.activity_terms(programme["activities"])
            case _:
                return self._identity()

    # --- items ------------------------------------------------------------------------------------------------

    def _rules(self, rule: Rule) -> Told:
        said = [rule_sentence(rule, self.desk.currency, self.words)]
        facts = []
        if rule.group:
            facts.append((str(_("Group")), rule.group))
        if rule.priority:
            facts.append((str(_("Priority")), formats.number(rule.priority)))
        if rule.limits.budget:
            facts.append((str(_("Budget")), rule.limits.budget))
        title = rule.name or str(sheets.title(type(rule)))
        order = (rule.off, rule.phase, -rule.priority, rule.id)
        kind = str(sheets.title(type(rule))) if rule.name else ""
        return Told(
            rule.id, title, said, kind, is_off=rule.off, facts=facts, doubts=self._doubts(rule), order=order
        )

    def _doubts(self, rule: Rule) -> list[str]:
        """Names of goods in it that nothing in the catalogue has, with what may have been meant."""
        if self._unsold is None:
            self._unsold = unsold(goods_named(self.programme["earning"].rules))
        return [
            unsold_sentence(name, word, getattr(self.desk.in_use, name, ()))
            for name, words in goods_named(rule).items()
            for word in self._unsold.get(name, ())
            if word in words
        ]

    def _groups(self, group: Any) -> Told:
        names = [rule.name or rule.id for rule in self.programme["earning"].rules if rule.group == group.id]
        said = [str(sheets.CHOICES[type(group.mode)][group.mode.value]) + "."]
        said.append(formats.every(names) if names else _("No rule is in it yet."))
        return Told(group.id, group.name or group.id, said)

    def _budgets(self, budget: Budget) -> Told:
        if self._spent is None:
            self._spent = budgets.spent()
        spent = self._spent.get(budget.id, Spent())
        said = [rule_words.budget_sentence(budget, self.voice)]
        gone = self.voice.units(spent.units, budget.unit)
        facts = [(str(_("Gone out so far")), gone)]
        if budget.money_minor is not None:
            facts.append((str(_("Cost so far")), self.voice.money(int(spent.cost_minor))))
        facts.append((str(_("Left")), self.voice.units(budget.left(spent), budget.unit)))
        shares = []
        if budget.units:
            shares.append(Decimal(spent.units) / budget.units)
        if budget.money_minor:
            shares.append(spent.cost_minor / budget.money_minor)
        return Told(
            budget.id, budget.name or budget.id, said, facts=facts, used=max(shares, default=Decimal(0))
        )

    def _ladder(self, tier: Any) -> Told:
        if self._holders is None:
            self._holders = standings.holders()
        tiers = self.programme["tiers"]
        said = [tier_words.tier_sentence(tiers, tier, self.voice)]
        perks = say.perks_sentence(tier.perks)
        holders = formats.number(self._holders.get(tier.id, 0))
        return Told(tier.id, self.tiers[tier.id], [*said, perks] if perks else said,
                    facts=[(str(_("Members now")), holders)])  # fmt: skip

    def _cards(self, card: Any) -> Told:
        said = [say.card_sentence(card, self.rewards, self.voice)]
        given = [rule for rule in self.programme["earning"].rules if rule.gives == card.unit and not rule.off]
        if not given:
            said.append(_("No rule gives these stamps yet."))
        return Told(card.id, card.named(say.language()), said)

    def _units(self, unit: Any) -> Told:
        title = self.voice.unit_word(unit.id)
        return Told(unit.id, title[:1].upper() + title[1:], say.unit_sentences(unit, self.voice), unit.id)

    def _offers(self, offer: Any) -> Told:
        said = say.offer_sentences(offer, self.rewards, self.tiers, self.voice)
        calls = [rule.name or rule.id for rule in self.programme["earning"].rules
                 if any(offer.segment in getattr(one, "any_of", ()) for one in rule.when)]  # fmt: skip
        if calls:
            said.append(_("Then these rules count: {rules}.").format(rules=formats.every(calls)))
        elif not offer.reward:
            said.append(_("Nothing comes of it yet: add a rule or a reward for the segment {segment}.").format(
                segment=offer.segment))  # fmt: skip
        return Told(offer.id, offer.named(say.language()), said)

    def _plans(self, plan: Any) -> Told:
        return Told(plan.id, say.worded(plan.name, say.language(), plan.id), say.plan_sentences(plan, self.voice),
                    facts=[(str(_("Segment")), plan.place)])  # fmt: skip

    def _kinds(self, one: Any) -> Told:
        title = rule_words.say(kind_words(one.kind), self.voice)
        return Told(
            one.kind, title[:1].upper() + title[1:], [say.moderated_sentence(one, self.voice)], one.kind
        )

    def _questions(self, one: Any) -> Told:
        names = [option.named(say.language()) for option in one.options]
        said = [one.said(say.language())] if one.said(say.language()) else []
        said.append(_("To choose from: {answers}.").format(answers=formats.every(names)))
        kind = str(sheets.CHOICES[type(one.answers)][one.answers.value])
        return Told(one.id, one.named(say.language()), said, kind)

    # --- terms --------------------------------------------------------------------------------------------------

    def _counts(self) -> list[str]:
        earning = self.programme["earning"]
        return earning_sentences(msgspec.structs.replace(earning, groups=(), budgets=()), self.desk.currency,
                                 self.words)[len(earning.rules):]  # fmt: skip

    def _tier_terms(self) -> list[str]:
        tiers = self.programme["tiers"]
        by = str(sheets.CHOICES[type(tiers.by)][tiers.by.value])
        window = str(sheets.CHOICES[type(tiers.window)][tiers.window.value])
        counted = _("What counts: {what}, {when}.").format(
            what=by.lower(), when=window[:1].lower() + window[1:]
        )
        return [counted, *tier_words.terms_sentences(tiers)]

    def _identity(self) -> list[str]:
        identity = self.programme["identity"]
        said = []
        for language, name in identity.name.items():
            text = _("In {language}: {name}, {points}.")
            said.append(text.format(language=sheets.LANGUAGE_NAMES.get(language, language), name=name,
                                    points=identity.word(language, 2)))  # fmt: skip
        return said or [_("No name yet: members see the shop’s.")]


UNSOLD = {
    "skus": gettext_lazy("None of your products has the number “{name}”."),
    "categories": gettext_lazy("None of your products has the category “{name}”."),
    "brands": gettext_lazy("None of your products has the brand “{name}”."),
    "tags": gettext_lazy("None of your products has the label “{name}”."),
}


def unsold_sentence(kind: str, name: str, in_use: Sequence[str]) -> str:
    """That nothing is called so, and what that is called so may have been meant. `kind` is one of `filters.GOODS`."""
    said = str(UNSOLD[kind]).format(name=name)
    spelt = {one.casefold(): one for one in in_use}
    near = get_close_matches(name.casefold(), spelt, n=1)
    return f"{said} {_('Did you mean “{name}”?').format(name=spelt[near[0]])}" if near else said


def members_rule(rule: Rule, teller: Teller) -> str:
    """An earning rule as members read it."""
    text = rule_words.rule_sentence(rule, teller.plain)
    if isinstance(rule, PointsPerAmount) and rule.at_least_minor:
        text += " " + below(formats.short_money(rule.at_least_minor, teller.desk.currency))
    return text
