"""The programme in sentences, for staff and members alike: what earns, and the life of points."""

from collections.abc import Mapping

from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from loyalty.core import formats
from loyalty.core.programme.identity import Identity, PointsName
from members.queries import rule_words
from members.queries.why import Voice
from members.rules.conversion import Conversion
from members.rules.earning import Earning, PointsPerAmount, Rule
from members.rules.points_life import PointsLife

type Words = Mapping[str, str]

ROUNDINGS = {
    "down": gettext_lazy("Only full amounts count"),
    "nearest": gettext_lazy("Part amounts count to the nearest whole"),
    "up": gettext_lazy("A started amount counts in full"),
}
EXPIRIES = {
    "never": gettext_lazy("Never"),
    "rolling": gettext_lazy("Some months after they count"),
    "month_end": gettext_lazy("At the end of the month, some months after they count"),
    "fixed_date": gettext_lazy("Every year on one day"),
    "sliding": gettext_lazy("After a time without activity"),
}
PERIODS = {
    "month": gettext_lazy("month"),
    "quarter": gettext_lazy("quarter"),
    "half_year": gettext_lazy("half-year"),
    "year": gettext_lazy("year"),
}
SHORTFALLS = {
    "only_pending": gettext_lazy("Take back only what is still pending; note the rest"),
    "to_zero": gettext_lazy("Take back what the member has; note the rest"),
    "debt": gettext_lazy("Take back what the member has; the next points pay the rest"),
}
KINDS = {
    "product": gettext_lazy("products"),
    "gift_card": gettext_lazy("gift cards"),
    "shipping": gettext_lazy("shipping"),
    "tax": gettext_lazy("tax"),
    "fee": gettext_lazy("fees"),
    "tip": gettext_lazy("tips"),
}


def voice_of(currency: str, words: Words, *, plain: bool = False) -> Voice:
    """The voice of a page: its currency, its word for points, the zone the page is in. `plain` speaks to members."""
    word = PointsName(words["one"], words["other"])
    zone = timezone.get_current_timezone_name()
    identity = Identity(points={get_language() or "en": word})
    return Voice(currency, zone, identity, plain=plain, short=plain)


def rule_sentence(rule: Rule, currency: str, words: Words) -> str:
    """One earning rule in a sentence or two, for staff."""
    text = rule_words.rule_sentence(rule, voice_of(currency, words))
    if isinstance(rule, PointsPerAmount):
        text += " " + str(ROUNDINGS[rule.rounding.value]) + "."
        if rule.at_least_minor:
            text += " " + below(formats.money(rule.at_least_minor, currency))
    return text


def below(least: str) -> str:
    """What happens below the smallest purchase that earns; `least` is written out."""
    return _("Purchases below {least} earn nothing.").format(least=least)


def earning_sentences(earning: Earning, currency: str, words: Words) -> list[str]:
    """What earns, rule by rule, and which parts of a purchase count."""
    if not earning.rules:
        return [_("Nothing earns {points} yet.").format(points=words["other"])]
    voice = voice_of(currency, words)
    found = [rule_sentence(rule, currency, words) for rule in earning.rules]
    found += rule_words.group_sentences(earning, voice)
    found += [rule_words.budget_sentence(budget, voice) for budget in earning.budgets]
    kinds = ", ".join(str(KINDS[kind.value]) for kind in earning.earns) or _("nothing")
    left = ", ".join(str(name) for kind, name in KINDS.items() if kind not in earning.earns)
    text = _("What counts: {kinds}.").format(kinds=kinds)
    found.append(f"{text} " + _("What does not: {left}.").format(left=left) if left else text)
    if not earning.on_points:
        found.append(
            _("The part of a purchase paid with {points} earns nothing.").format(points=words["other"])
        )
    return found


def hold_sentence(life: PointsLife, words: Words) -> str:
    """From when points can be spent."""
    points, waits = words["other"], []
    if life.hold_event:
        waits.append(_("“{event}” has happened").format(event=life.hold_event))
    if life.hold_days:
        text = ngettext("{days} day is over", "{days} days are over", life.hold_days)
        waits.append(text.format(days=life.hold_days))
    if life.hold_until is not None:
        waits.append(_("{day} has come").format(day=formats.when(life.hold_until, "date")))
    if not waits:
        return _("New {points} can be spent at once.").format(points=points)
    if len(waits) == 1 and life.hold_days:
        text = ngettext(
            "New {points} can be spent after {days} day.",
            "New {points} can be spent after {days} days.",
            life.hold_days,
        )
        return text.format(points=points, days=life.hold_days)
    text = _("New {points} wait until {events}, then they can be spent.")
    return text.format(points=points, events=formats.every(waits))


def conversion_sentence(terms: Conversion, currency: str, words: Words) -> str:
    """What points become by themselves, and when; "" where they become nothing."""
    if terms.every.value not in PERIODS:
        return ""
    became = formats.money(terms.cashback_minor, currency) if terms.cashback_minor else _("a reward")
    text = _("At the end of each {period} every {points} become {thing}; the rest is kept.")
    return text.format(
        period=PERIODS[terms.every.value], points=formats.points(terms.points, words), thing=became
    )


def expiry_sentence(life: PointsLife, words: Words) -> str:
    """When points expire."""
    points = words["other"]
    months = ngettext("{n} month", "{n} months", life.months).format(n=life.months)
    days = ngettext("{n} day", "{n} days", life.days).format(n=life.days)
    match life.expiry.value:
        case "rolling":
            text = _("Unused {points} expire {months} after they count.")
        case "month_end":
            text = _("Unused {points} expire at the end of the month in which {months} are over.")
        case "fixed_date":
            text = _("Unused {points} expire every year on {day}, and live at least {months}.")
        case "sliding":
            text = _("Unused {points} expire after {days} without activity.")
        case _:
            text = _("{points} never expire.")
    return text.format(points=points, months=months, days=days, day=day_in_words(life.day)).capitalize()


def day_in_words(text: str) -> str:
    """The programme\'s "12-31" as people say it: "31 December"."""
    month, number = (int(part) for part in text.split("-"))
    return formats.day_of_year(month, number)


def life_sentences(life: PointsLife, words: Words) -> list[str]:
    """The life of points: when they can be spent, when they end, what a refund does."""
    refund = _("When a purchase is refunded: {what}.")
    what = str(SHORTFALLS[life.on_shortfall.value])
    return [
        hold_sentence(life, words),
        expiry_sentence(life, words),
        refund.format(what=what[:1].lower() + what[1:]),
    ]
