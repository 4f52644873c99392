"""The form of a challenge: one page, and only what a kind of challenge needs is shown where scripts run."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.models import Challenge
from campaigns.queries.games.challenges import badges, terms_of
from campaigns.rules.games import Measure, Milestone, Pace, Step, Terms
from loyalty.core.money import exponent
from loyalty.web.office.forms.programme import MoneyField, shown_amount
from members.queries.rule_words import say
from members.queries.why import Voice
from members.rules.conditions.activities import KINDS, kind_words
from rewards.queries.catalogue import rewards
from rewards.queries.telling import named

MILESTONES, TASKS, PRIZES = 4, 4, 4
MEASURES = (
    (Measure.PURCHASES, gettext_lazy("Purchases: make so many")),
    (Measure.AMOUNT, gettext_lazy("Money: spend so much")),
    (Measure.CATEGORIES, gettext_lazy("Variety: buy different kinds of goods")),
    (Measure.PRODUCTS, gettext_lazy("Variety: buy different articles")),
    (Measure.ACTIVITIES, gettext_lazy("Activities: reviews, photos, visits")),
    (Measure.STREAK, gettext_lazy("Streak: weeks or months in a row")),
    (Measure.SCORE, gettext_lazy("Contest: tasks with contest points")),
)
PACES = (
    (Pace.ONCE, gettext_lazy("Once, from beginning to end")),
    (Pace.WEEK, gettext_lazy("Anew each week")),
    (Pace.MONTH, gettext_lazy("Anew each month")),
    (Pace.YEAR, gettext_lazy("Anew each year")),
)
STEPS = ((Step.WEEK, gettext_lazy("Weeks")), (Step.MONTH, gettext_lazy("Months")))
NUMBER = {"inputmode": "numeric", "autocomplete": "off"}
_BY_ITSELF = ("account_created", "birthday", "referral")
PURCHASE = "-purchase"


def number(
    label: Any, *, required: bool = False, least: int = 0, most: int = 1_000_000
) -> forms.IntegerField:
    """A whole number that is typed."""
    return forms.IntegerField(
        label=label, required=required, min_value=least, max_value=most, widget=forms.TextInput(attrs=NUMBER)
    )


def moment(label: Any, *, required: bool = True) -> forms.DateTimeField:
    """A day and a time in the shop's zone."""
    widget = forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"})
    return forms.DateTimeField(label=label, required=required, widget=widget)


def reward_choices() -> list[tuple[str, str]]:
    """The rewards that can be handed out, by handle."""
    return [(row.handle, named(row)) for row in rewards()]


def activity_choices(voice: Voice) -> list[tuple[str, str]]:
    """Activities that people do themselves, in words."""
    found = [(kind, say(kind_words(kind), voice)) for kind in KINDS if kind not in _BY_ITSELF]
    return [(kind, words[:1].upper() + words[1:]) for kind, words in found]


def _names(text: str) -> list[str]:
    return [name for part in text.replace("\n", ",").split(",") if (name := part.strip())]


class ChallengeForm(forms.Form):
    """Name, what is counted, when, and what the milestones give."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    text = forms.CharField(
        label=gettext_lazy("A sentence about it"), max_length=300, required=False,
        help_text=gettext_lazy("Members read it below the name."),
    )  # fmt: skip
    measure = forms.ChoiceField(label=gettext_lazy("What counts"), choices=MEASURES)
    per = forms.ChoiceField(label=gettext_lazy("How often"), choices=PACES)
    step = forms.ChoiceField(label=gettext_lazy("In a row"), choices=STEPS, required=False)
    grace = number(gettext_lazy("May be missed at a time"), most=12)
    activities = forms.MultipleChoiceField(
        label=gettext_lazy("These activities"), required=False, widget=forms.CheckboxSelectMultiple
    )
    categories = forms.CharField(
        label=gettext_lazy("Only these kinds of goods"), required=False, max_length=2000,
        help_text=gettext_lazy("As your shop names its categories, with commas between. Empty: everything."),
    )  # fmt: skip
    skus = forms.CharField(
        label=gettext_lazy("Only these articles"), required=False, max_length=2000,
        help_text=gettext_lazy("Article numbers, with commas between."),
    )  # fmt: skip
    brands = forms.CharField(label=gettext_lazy("Only these brands"), required=False, max_length=2000)
    tags = forms.CharField(label=gettext_lazy("Only what is tagged"), required=False, max_length=2000)
    starts_at = moment(gettext_lazy("Begins"))
    ends_at = moment(gettext_lazy("Ends"), required=False)
    board = forms.BooleanField(
        label=gettext_lazy("Show a board"), required=False,
        help_text=gettext_lazy("Members appear under made-up names, unless they choose their own, and can stay out."),
    )  # fmt: skip

    def __init__(self, *args: Any, currency: str, voice: Voice, terms: Terms | None = None, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.currency = currency
        # One that was made elsewhere may have more of them than the form begins with.
        self.rows = max(MILESTONES, len(terms.milestones) if terms else 0)
        self.jobs = max(TASKS, len(terms.tasks) if terms else 0)
        self.fields["at_least"] = MoneyField(
            label=_("A purchase counts from"), currency=currency, min_value=0, required=False
        )
        kinds = activity_choices(voice)
        self.fields["activities"].choices = kinds  # type: ignore[attr-defined]
        tasks = [("", _("No task")), (PURCHASE, _("For a purchase")), *kinds]
        for n in range(self.jobs):
            self.fields[f"t{n}_what"] = forms.ChoiceField(label=_("Task"), choices=tasks, required=False)
            self.fields[f"t{n}_gives"] = number(_("Contest points"), least=1, most=1000)
            self.fields[f"t{n}_most"] = number(_("At most so often"), least=1, most=1000)
        prizes = [("", _("No reward")), *reward_choices()]
        marks = [("", _("No badge")), *((row.handle, row.name) for row in badges())]
        for n in range(self.rows):
            self.fields[f"m{n}_needed"] = MoneyField(
                label=_("Reached at"), currency=currency, min_value=0, required=n == 0
            )
            self.fields[f"m{n}_points"] = number(_("Points"))
            self.fields[f"m{n}_reward"] = forms.ChoiceField(label=_("Reward"), choices=prizes, required=False)
            self.fields[f"m{n}_badge"] = forms.ChoiceField(label=_("Badge"), choices=marks, required=False)
            self.fields[f"m{n}_draw"] = forms.CharField(
                label=_("Chances in the draw"), max_length=60, required=False
            )
            self.fields[f"m{n}_entries"] = number(_("How many chances"), most=1000)

    def milestones(self) -> list[dict[str, forms.BoundField]]:
        """The fields of each milestone, for the page."""
        names = ("needed", "points", "reward", "badge", "draw", "entries")
        return [{name: self[f"m{n}_{name}"] for name in names} for n in range(self.rows)]

    def tasks(self) -> list[dict[str, forms.BoundField]]:
        """The fields of each task."""
        return [{name: self[f"t{n}_{name}"] for name in ("what", "gives", "most")} for n in range(self.jobs)]

    def clean(self) -> dict[str, Any]:
        """What is reached at is money or a whole number, by what is counted."""
        data = super().clean() or {}
        unit = 10 ** exponent(self.currency)
        for n in range(self.rows):
            needed = data.get(f"m{n}_needed")
            if needed is None or data.get("measure") == Measure.AMOUNT:
                continue
            if needed % unit:
                self.add_error(f"m{n}_needed", _("Give a whole number."))
            data[f"m{n}_needed"] = needed // unit
        return data

    def details(self) -> dict[str, Any]:
        """As the operation takes them."""
        data, measure = self.cleaned_data, Measure(self.cleaned_data["measure"])
        streak, contest = measure is Measure.STREAK, measure is Measure.SCORE
        terms: dict[str, Any] = {
            "measure": measure.value,
            "per": Pace.ONCE.value if streak else data["per"],
            "at_least_minor": data["at_least"] or 0,
            "only": {name: _names(data[name]) for name in ("categories", "skus", "brands", "tags")},
            "activities": data["activities"] if streak or measure is Measure.ACTIVITIES else [],
            "step": data["step"] or Step.WEEK.value,
            "grace": (data["grace"] or 0) if streak else 0,
            "tasks": self._tasks() if contest else [],
            "milestones": [self._milestone(n) for n in range(self.rows) if data[f"m{n}_needed"]],
        }
        return {
            "name": data["name"], "text": data["text"], "terms": terms, "board": data["board"],
            "starts_at": data["starts_at"], "ends_at": data["ends_at"],
        }  # fmt: skip

    def _tasks(self) -> list[dict[str, Any]]:
        data = self.cleaned_data
        return [
            {
                "activity": "" if data[f"t{n}_what"] == PURCHASE else data[f"t{n}_what"],
                "gives": data[f"t{n}_gives"] or 1,
                "at_most": data[f"t{n}_most"],
            }
            for n in range(self.jobs)
            if data[f"t{n}_what"]
        ]

    def _milestone(self, n: int) -> dict[str, Any]:
        data = self.cleaned_data
        entries = data[f"m{n}_entries"] or (1 if data[f"m{n}_draw"] else 0)
        return {
            "needed": data[f"m{n}_needed"], "points": data[f"m{n}_points"] or 0, "reward": data[f"m{n}_reward"],
            "badge": data[f"m{n}_badge"], "draw": data[f"m{n}_draw"].strip(), "entries": entries,
        }  # fmt: skip


ALIASES = {
    "terms.activities": "activities", "terms.tasks": "t0_what", "terms.milestones": "m0_needed",
    "terms.grace": "grace", "terms.at_least_minor": "at_least", "terms.only": "categories",
    **{f"terms.milestones[{n}].{name}": f"m{n}_{name}" for n in range(10)
       for name in ("needed", "points", "reward", "badge", "draw", "entries")},
    **{f"terms.tasks[{n}]": f"t{n}_gives" for n in range(10)},
}  # fmt: skip
"""Which field of the form a refusal of the operation is about."""


def initial_of(row: Challenge, currency: str) -> dict[str, Any]:
    """A challenge as the form shows it."""
    return {"name": row.name, "text": row.text, "board": row.board, "starts_at": row.starts_at,
            "ends_at": row.ends_at, **terms_shown(terms_of(row), currency)}  # fmt: skip


def terms_shown(terms: Terms, currency: str) -> dict[str, Any]:
    """Terms as the form shows them."""
    found: dict[str, Any] = {
        "measure": terms.measure.value, "per": terms.per.value, "step": terms.step.value, "grace": terms.grace or "",
        "activities": list(terms.activities),
        "at_least": shown_amount(terms.at_least_minor, currency) if terms.at_least_minor else "",
        **{name: ", ".join(getattr(terms.only, name)) for name in ("categories", "skus", "brands", "tags")},
    }  # fmt: skip
    for n, task in enumerate(terms.tasks):
        found |= {
            f"t{n}_what": task.activity or PURCHASE,
            f"t{n}_gives": task.gives,
            f"t{n}_most": task.at_most,
        }
    for n, one in enumerate(terms.milestones):
        found |= _milestone_shown(n, one, terms, currency)
    return found


def _milestone_shown(n: int, one: Milestone, terms: Terms, currency: str) -> dict[str, Any]:
    of_money = terms.measure is Measure.AMOUNT
    return {
        f"m{n}_needed": shown_amount(one.needed, currency) if of_money else one.needed,
        f"m{n}_points": one.points or "", f"m{n}_reward": one.reward, f"m{n}_badge": one.badge,
        f"m{n}_draw": one.draw, f"m{n}_entries": one.entries or "",
    }  # fmt: skip


def begins(at: datetime) -> datetime:
    """When a new one begins unless somebody says otherwise: at the next full minute."""
    return at.replace(second=0, microsecond=0)
