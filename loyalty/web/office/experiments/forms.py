"""The form an experiment is planned with: its variants, by what it is judged, for whom and for how long."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.models import Experiment
from campaigns.operations.experiments.shaping import Plan
from campaigns.queries.experiments.reading import arms_of
from campaigns.rules.experiments.metrics import GUARD_PERCENT, Measure
from campaigns.rules.wording import MOST_BODY, MOST_SUBJECT
from loyalty.web.office.experiments.targets import Target
from loyalty.web.office.experiments.telling import is_money, measure_name
from loyalty.web.office.forms.programme import MoneyField, shown_amount
from members.queries.belonging import segment_choices
from members.rules.comparisons import Arm

LETTERS = ("b", "c", "d")
SPLITS = {
    "even": gettext_lazy("All variants alike"),
    "careful": gettext_lazy("Most as now: nine of ten, the others share the tenth"),
}
_CAREFUL = 9
_PLAIN = {"autocomplete": "off"}
_NUMBER = {"inputmode": "numeric", "autocomplete": "off"}
Kind = Experiment.Kind
#: Fields of the operation's refusals, as the form calls them.
ALIASES = {
    "guardrails": "rails",
    "target": "name",
    **{
        f"variants[{number}].{field}": f"{name}_{letter}"
        for number, letter in enumerate(LETTERS, 1)
        for field, name in (("values", "value"), ("name", "name"))
    },
}


def _weeks(*days: int) -> list[tuple[int, str]]:
    return [(count, _("{n} weeks").format(n=count // 7) if count > 7 else _("One week")) for count in days]


class ExperimentForm(forms.Form):
    """Up to three variants beside what there is now. `plan()` is what the operation takes."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=100, widget=forms.TextInput(attrs=_PLAIN))
    hypothesis = forms.CharField(
        label=gettext_lazy("What do you expect?"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("Write it down before you see any result: it keeps you honest."),
    )
    split = forms.ChoiceField(
        label=gettext_lazy("Who gets which"),
        choices=list(SPLITS.items()),
        widget=forms.RadioSelect,
        initial="even",
    )
    smallest_percent = forms.IntegerField(
        label=gettext_lazy("The smallest change worth knowing, in percent"),
        min_value=1,
        max_value=100,
        initial=10,
        widget=forms.TextInput(attrs=_NUMBER),
        help_text=gettext_lazy("The smaller it is, the more members and time it takes."),
    )

    def __init__(self, *args: Any, target: Target, currency: str, language: str, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        self.target, self.currency, self.language = target, currency, language
        for letter in LETTERS:
            self._variant(letter)
        measures = [(one.value, measure_name(one)) for one in Measure]
        self.fields["metric"] = forms.ChoiceField(label=_("Judged by"), choices=measures)
        self.fields["window_days"] = forms.TypedChoiceField(
            label=_("Each member is watched for"), coerce=int, choices=_weeks(7, 14, 28, 56), initial=28,
            help_text=_("From the moment they meet their variant. Everybody counts for the same length of time."),
        )  # fmt: skip
        self.fields["planned_days"] = forms.TypedChoiceField(
            label=_("It runs for"), coerce=int, choices=_weeks(7, 14, 28, 42, 56, 84), initial=28
        )
        self.fields["rails"] = forms.MultipleChoiceField(
            label=_("What must not suffer"), choices=measures, required=False, widget=forms.CheckboxSelectMultiple,
            help_text=_("You are told when one of these gets worse by more than {n} percent.").format(n=GUARD_PERCENT),
        )  # fmt: skip
        segments = [("", _("Everybody")), *segment_choices()]
        self.fields["audience"] = forms.ChoiceField(label=_("For whom"), choices=segments, required=False)

    def _variant(self, letter: str) -> None:
        required = letter == LETTERS[0]
        name = forms.CharField(
            label=_("Name of the variant"),
            required=False,
            max_length=60,
            widget=forms.TextInput(attrs=_PLAIN),
        )
        self.fields[f"name_{letter}"] = name
        if self.target.kind == Kind.MESSAGE:
            self.fields[f"value_{letter}"] = forms.CharField(
                label=_("Subject"),
                required=False,
                max_length=MOST_SUBJECT,
                widget=forms.TextInput(attrs=_PLAIN),
            )
            self.fields[f"body_{letter}"] = forms.CharField(
                label=_("Text"), required=False, max_length=MOST_BODY, widget=forms.Textarea(attrs={"rows": 4}),
                help_text=_("Left empty, the text stays as it is now."),
            )  # fmt: skip
        elif self.target.kind == Kind.OTHER:
            name.required = required
        else:
            self.fields[f"value_{letter}"] = self._figure(required)

    def _figure(self, required: bool) -> forms.Field:
        label = self.target.label
        if is_money(self.target.knob):
            return MoneyField(label=label, currency=self.currency, required=required, min_value=0)
        if isinstance(self.target.value, str):
            return forms.DecimalField(
                label=label, required=required, max_digits=8, decimal_places=4, localize=True,
                widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
            )  # fmt: skip
        return forms.IntegerField(
            label=label,
            required=required,
            min_value=0,
            max_value=10**12,
            widget=forms.TextInput(attrs=_NUMBER),
        )

    def variants(self) -> list[dict[str, Any]]:
        """The fields of each variant, for the page."""
        return [
            {
                "letter": letter.upper(),
                "needed": letter == LETTERS[0],
                "fields": [
                    self[f"{name}_{letter}"]
                    for name in ("value", "body", "name")
                    if f"{name}_{letter}" in self.fields
                ],
            }
            for letter in LETTERS
        ]

    def _values(self, letter: str) -> dict[str, Any] | None:
        """What a variant says; None for one that nobody filled in."""
        value = self.cleaned_data.get(f"value_{letter}")
        match self.target.kind:
            case Kind.MESSAGE:
                said = {"subject": value, "body": self.cleaned_data.get(f"body_{letter}")}
                kept = {name: text for name, text in said.items() if text}
                return {"words": {self.language: kept}} if kept else None
            case Kind.OTHER:
                return {} if self.cleaned_data.get(f"name_{letter}") else None
            case Kind.REWARD:
                return None if value is None else {"cost_points": value}
        if value is None:
            return None
        return {self.target.knob: f"{value.normalize():f}" if isinstance(value, Decimal) else value}

    def plan(self) -> Plan:
        """What was typed. The form is valid."""
        said = self.cleaned_data
        arms = [Arm("a", _("As now"), 1, {})]
        for letter in LETTERS:
            values = self._values(letter)
            if values is not None:
                arms.append(Arm(letter, said.get(f"name_{letter}", ""), 1, values))
        if said["split"] == "careful":
            arms[0] = Arm("a", _("As now"), _CAREFUL * (len(arms) - 1), {})
        return Plan(
            name=said["name"], kind=self.target.kind, target=self.target.target, arms=tuple(arms),
            metric=said["metric"], hypothesis=said["hypothesis"].replace("\r\n", "\n"), audience=said["audience"],
            smallest_percent=said["smallest_percent"], window_days=said["window_days"],
            planned_days=said["planned_days"],
            guardrails=tuple((one, GUARD_PERCENT) for one in said["rails"]),
        )  # fmt: skip


def initial_of(row: Experiment, target: Target, *, currency: str, language: str) -> dict[str, Any]:
    """A planned experiment as its form shows it."""
    arms = arms_of(row)
    found: dict[str, Any] = {
        name: getattr(row, name)
        for name in (
            "name",
            "hypothesis",
            "metric",
            "smallest_percent",
            "window_days",
            "planned_days",
            "audience",
        )
    }
    found["rails"] = [one["metric"] for one in row.guardrails]
    found["split"] = "careful" if arms[0].weight > 1 else "even"
    for letter, arm in zip(LETTERS, arms[1:], strict=False):
        found[f"name_{letter}"] = arm.name
        if row.kind == Kind.MESSAGE:
            said = arm.values.get("words", {}).get(language, {})
            found |= {f"value_{letter}": said.get("subject", ""), f"body_{letter}": said.get("body", "")}
        elif arm.values:
            value = next(iter(arm.values.values()))
            found[f"value_{letter}"] = shown_amount(value, currency) if is_money(target.knob) else value
    return found
