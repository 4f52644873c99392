"""Experiments in words: what is compared, by what it is judged, and what came of it."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from campaigns.models import Experiment
from campaigns.operations.experiments.shaping import rule_of
from campaigns.queries.experiments.advice import Advice
from campaigns.queries.experiments.reading import arms_of, is_over
from campaigns.queries.experiments.results import Rail, Results
from campaigns.queries.experiments.results import Row as VariantRow
from campaigns.rules.experiments import Verdict
from campaigns.rules.experiments.metrics import Measure
from campaigns.rules.experiments.reading import LEAST_UNITS
from loyalty.core import formats
from loyalty.core.pages import Here
from loyalty.web.office.frame import words
from loyalty.web.office.messages.frame import label_of
from loyalty.web.sentences import rule_sentence
from members.rules.comparisons import Arm, knobs
from rewards.queries.catalogue import reward
from rewards.queries.telling import named

STATES = {
    Experiment.State.DRAFT: (gettext_lazy("Planned"), ""),
    Experiment.State.RUNNING: (gettext_lazy("Running"), "info"),
    Experiment.State.STOPPED: (gettext_lazy("To be decided"), "warn"),
    Experiment.State.DECIDED: (gettext_lazy("Decided"), "good"),
}
KINDS = {
    Experiment.Kind.EARNING: (gettext_lazy("Earning rule"), "coins"),
    Experiment.Kind.REWARD: (gettext_lazy("Price of a reward"), "gift"),
    Experiment.Kind.MESSAGE: (gettext_lazy("Words of a message"), "mail"),
    Experiment.Kind.OTHER: (gettext_lazy("Something of your own"), "puzzle"),
}
MEASURES = {
    Measure.SPEND: gettext_lazy("What a member spends"),
    Measure.ORDERS: gettext_lazy("Purchases per member"),
    Measure.BOUGHT: gettext_lazy("Members who buy again"),
    Measure.REDEEMED: gettext_lazy("Members who take a reward"),
    Measure.POINTS: gettext_lazy("{points} given per member"),
}
KNOBS = {
    "points": gettext_lazy("How many {points}"),
    "per_minor": gettext_lazy("For every so much spent"),
    "at_least_minor": gettext_lazy("From which purchase on"),
    "amount": gettext_lazy("How many {points}"),
    "factor": gettext_lazy("How many times as much"),
    "quantity": gettext_lazy("How many of the reward"),
    "entries": gettext_lazy("How many chances"),
}


def measure_name(measure: Measure) -> str:
    """What a figure is called, with the shop's word for points."""
    return capfirst(str(MEASURES[measure]).format(points=words()["other"]))


def knob_name(path: str) -> str:
    """What a figure of a rule is called; of a step, with its number."""
    plain = path.rpartition(".")[2]
    text = str(KNOBS.get(plain, plain)).format(points=words()["other"])
    if path.startswith("steps["):
        number = int(path.removeprefix("steps[").partition("]")[0]) + 1
        return _("Step {number}: {figure}").format(number=number, figure=text)
    return text


def is_money(path: str) -> bool:
    """Whether a figure of a rule is an amount of money."""
    return path.endswith("_minor")


def figure(path: str, value: Any, currency: str) -> str:
    """A figure of a rule as it is read."""
    if is_money(path):
        return formats.money(value, currency)
    if isinstance(value, str):
        return "×" + formats.decimal(Decimal(value))
    return formats.number(value)


def target_name(row: Experiment, here: Here) -> str:
    """What an experiment compares, by name."""
    if row.kind == Experiment.Kind.EARNING:
        rule = rule_of(target=row.target)
        return rule.name or rule_sentence(rule, here.merchant.currency, words()) if rule else row.target
    if row.kind == Experiment.Kind.REWARD:
        return named(reward(UUID(row.target)))
    if row.kind == Experiment.Kind.MESSAGE:
        return label_of(row.target)
    return _("Your own systems ask for each member’s variant.")


def said_of(arm: Arm, row: Experiment, here: Here) -> str:
    """What a variant says; of the first one, what there is now."""
    currency = here.merchant.currency
    if row.kind == Experiment.Kind.EARNING:
        return _figures(arm, row, currency)
    if row.kind == Experiment.Kind.REWARD:
        price = arm.values.get("cost_points")
        if price is None:
            price = row.base if row.base is not None else reward(UUID(row.target)).cost_points
        return formats.points(price, words())
    if row.kind == Experiment.Kind.MESSAGE:
        found = [
            said.get("subject") or said.get("body", "")[:80] for said in arm.values.get("words", {}).values()
        ]
        return " · ".join(f"“{text}”" for text in found) or _("The words there are now")
    return ""


def _figures(arm: Arm, row: Experiment, currency: str) -> str:
    paths = list(dict.fromkeys(path for one in arms_of(row) for path in one.values))
    rule = rule_of(target=row.target)
    now = knobs(rule) if rule else {}
    base = row.base or {}
    told = []
    for path in paths:
        value = arm.values.get(path, base.get(path, now.get(path)))
        if value is not None:
            told.append(f"{knob_name(path)}: {figure(path, value, currency)}")
    return ", ".join(told)


@dataclass(frozen=True, slots=True)
class Shown:
    """How a measure's figures are written."""

    measure: Measure
    currency: str

    def value(self, value: float) -> str:
        """One of them: money, a share, or a number."""
        match self.measure:
            case Measure.SPEND:
                return formats.money(round(value), self.currency)
            case Measure.BOUGHT | Measure.REDEEMED:
                return formats.percent(Decimal(str(round(value, 5))))
            case Measure.POINTS:
                return formats.decimal(Decimal(str(round(value, 1))))
        return formats.decimal(Decimal(str(round(value, 3))))

    def change(self, value: float) -> str:
        """A difference, with its sign."""
        sign = "+\u2060" if value > 0 else "−\u2060" if value < 0 else ""  # and no new line after it
        return sign + self.value(abs(value))


def state_of(row: Experiment, here: Here) -> tuple[str, str]:
    """How far it is, and the colour of that."""
    state = Experiment.State(row.state)
    if state == Experiment.State.RUNNING and is_over(row, here.at):
        state = Experiment.State.STOPPED
    label, badge = STATES[state]
    return str(label), badge


def name_of(arm: Arm) -> str:
    """What people call a variant."""
    return arm.name or _("Variant {letter}").format(letter=arm.key.upper())


def verdict(row: VariantRow, shown: Shown) -> tuple[str, str]:
    """What is known of a variant by now, in a sentence, and the colour of that."""
    reading = row.reading
    if reading is None or reading.interval is None or reading.estimate is None:
        missing = reading.missing if reading else LEAST_UNITS
        text = ngettext(
            "Not enough data yet: {n} more member has to be watched to the end.",
            "Not enough data yet: {n} more members have to be watched to the end.",
            missing,
        )
        return text.format(n=formats.number(missing)), ""
    between = {"low": shown.change(reading.interval.low), "high": shown.change(reading.interval.high),
               "change": shown.change(reading.estimate)}  # fmt: skip
    match reading.verdict:
        case Verdict.BETTER:
            return _("Better: {change} per member, and surely between {low} and {high}.").format(
                **between
            ), "good"
        case Verdict.WORSE:
            return _("Worse: {change} per member, and surely between {low} and {high}.").format(
                **between
            ), "bad"
        case Verdict.EQUAL:
            return _("No difference that would matter: it lies between {low} and {high}.").format(
                **between
            ), "info"
    return _("Nothing can be said yet: it may lie anywhere between {low} and {high}.").format(**between), ""


def headline(found: Results, shown: Shown) -> str:
    """What came of it by now, in one sentence above everything else."""
    if found.uneven:
        return _("Something is broken: nothing measured here counts.")
    best = [row for row in found.rows if row.reading and row.reading.verdict == Verdict.BETTER]
    if best:
        winner = max(best, key=lambda row: abs(row.reading.estimate or 0) if row.reading else 0)
        return _("“{name}” does better.").format(name=name_of(winner.arm))
    readings = [row.reading for row in found.rows if row.reading]
    if any(reading.verdict == Verdict.NOT_ENOUGH_DATA for reading in readings):
        return _("Not enough data yet.")
    if readings and all(reading.verdict == Verdict.WORSE for reading in readings):
        return _("Leave it as it is: nothing does better.")
    if readings and all(reading.verdict in (Verdict.WORSE, Verdict.EQUAL) for reading in readings):
        return _("It makes no difference that would matter.")
    return _("Nothing can be said for sure yet.")


def rail_text(rail: Rail) -> tuple[str, str]:
    """How a guardrail stands, and the colour of that."""
    if rail.is_broken:
        return _("does harm"), "bad"
    if any(holds is None for _row, holds in rail.rows):
        return _("not enough data yet"), ""
    return _("no harm seen"), "good"


def advice_text(advice: Advice, row: Experiment, shown: Shown) -> list[str]:
    """How many members it takes and how long that is, in a few sentences."""
    if advice.plan is None:
        return [
            _("Your past purchases do not tell enough to say how long it takes: {n} members bought in the four weeks "
              "we looked at.").format(n=formats.number(advice.members)),
            _("You can start all the same. The results say plainly when it is too early."),
        ]  # fmt: skip
    said = [
        _("Today it is {base}. To see a change of {percent} percent, each variant takes {n} members.").format(
            base=shown.value(advice.base), percent=row.smallest_percent,
            n=formats.number(advice.plan.per_variant),
        ),
    ]  # fmt: skip
    if advice.days is None:
        return [*said, _("Nobody has come lately, so there is no telling how long that is.")]
    said.append(
        _("About {daily} members a day would take part. That is {days} days in all, with the days in which the last of "
          "them are watched.").format(daily=formats.number(round(advice.daily)), days=formats.number(advice.days))
    )  # fmt: skip
    if advice.seen_percent is not None and advice.seen_percent != row.smallest_percent:
        text = _("In the {days} days you planned, a change of {percent} percent or more can be seen.")
        said.append(text.format(days=row.planned_days, percent=advice.seen_percent))
    if advice.is_too_long:
        said.append(_("That is too long: your shop will have changed more than the experiment has. Look for a larger "
                      "change, or compare fewer variants."))  # fmt: skip
    if advice.explained >= 0.05:
        said.append(_("What members did before takes {part} of the noise out.").format(
            part=formats.percent(Decimal(str(round(advice.explained, 2))))))  # fmt: skip
    return said
