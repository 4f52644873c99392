"""What a campaign is asked with, and the way from its content to the form and back."""

from typing import Any

import msgspec
from django import forms
from django.utils.translation import gettext as said
from django.utils.translation import gettext_lazy as _

from campaigns.rules.campaigning import MIDNIGHT, CampaignContent, CampaignLetter, CampaignOffer
from loyalty.core.merchants.models import Merchant
from loyalty.core.money import MAX_POINTS
from loyalty.web.office.forms.programme import MoneyField, shown_amount
from loyalty.web.office.frame import language_of
from members.queries.belonging import segment_choices
from members.queries.tier_words import tier_name
from members.queries.tiers import ladder_in_force
from members.rules.conditions import Weekday
from rewards.queries.catalogue import rewards
from rewards.queries.telling import named

_NUMBER = {"inputmode": "numeric", "autocomplete": "off"}
_MOMENT = {"type": "datetime-local"}
DAYS = {
    "mon": _("Monday"), "tue": _("Tuesday"), "wed": _("Wednesday"), "thu": _("Thursday"), "fri": _("Friday"),
    "sat": _("Saturday"), "sun": _("Sunday"),
}  # fmt: skip
BRAKES = (
    (200, _("When it has spent twice what was planned by then")),
    (150, _("When it has spent half as much again as planned by then")),
    (300, _("When it has spent three times what was planned by then")),
    (0, _("Never: only the budget stops it")),
)
#: Fields of the content, as the form calls them.
ALIASES = {"offer.name": "offer_name", "offer.text": "offer_text", "offer.days": "offer_days",
           "offer.reward": "offer_reward"}  # fmt: skip


def _count(label: Any, most: int = MAX_POINTS, **more: Any) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        min_value=1,
        max_value=most,
        required=False,
        widget=forms.TextInput(attrs=_NUMBER),
        **more,
    )


def _moment(label: Any, **more: Any) -> forms.DateTimeField:
    widget = forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs=_MOMENT)
    return forms.DateTimeField(label=label, required=False, widget=widget, **more)


def _time(label: Any) -> forms.TimeField:
    widget = forms.TimeInput(format="%H:%M", attrs={"type": "time"})
    return forms.TimeField(label=label, required=False, widget=widget)


class CampaignForm(forms.Form):
    """Everything of a campaign but its rules. Words are in the shop's own language; others are kept as they are."""

    name = forms.CharField(
        label=_("Name"), max_length=100, help_text=_("Members read it beside what they get.")
    )
    note = forms.CharField(label=_("What it is for"), max_length=300, required=False)
    segment = forms.ChoiceField(label=_("Segment"), required=False)
    tier = forms.ChoiceField(label=_("Tier"), required=False)
    starts_at = _moment(_("Starts"), help_text=_("Nothing filled in: when you launch it."))
    ends_at = _moment(_("Ends"))
    days = forms.MultipleChoiceField(
        label=_("Only on these days"), choices=list(DAYS.items()), required=False,
        widget=forms.CheckboxSelectMultiple, help_text=_("None chosen: every day."),
    )  # fmt: skip
    from_time = _time(_("From"))
    until_time = _time(_("Until"))
    has_offer = forms.BooleanField(
        label=_("Members activate it first"), required=False,
        help_text=_("It waits on their phone, and counts for who taps on it."),
    )  # fmt: skip
    offer_name = forms.CharField(label=_("Name of the offer"), max_length=100, required=False)
    offer_text = forms.CharField(label=_("What members read"), max_length=300, required=False)
    offer_days = _count(_("Active for"), 3660)
    offer_reward = forms.ChoiceField(label=_("Handed out at once"), required=False)
    rewards = forms.MultipleChoiceField(
        label=_("Rewards for them alone"), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("While it runs nobody else can take these."),
    )  # fmt: skip
    early_until = _moment(
        _("Everybody else from"), help_text=_("Early access: filled in, the rest follow then.")
    )
    partner = forms.CharField(label=_("Partner"), max_length=100, required=False)
    match_percent = forms.IntegerField(
        label=_("You add to donations"), min_value=0, max_value=1000, required=False,
        widget=forms.TextInput(attrs=_NUMBER), help_text=_("100 doubles what members give with these rewards."),
    )  # fmt: skip
    subject = forms.CharField(label=_("Subject"), max_length=200, required=False)
    body = forms.CharField(
        label=_("Text"), max_length=20_000, required=False, widget=forms.Textarea(attrs={"rows": 6})
    )
    budget_points = _count(_("At most in all"))
    most_rewards = _count(_("Rewards handed out at most"), 1_000_000)
    member_points = _count(_("For one member at most"))
    member_times = _count(_("How often for one member"), 1_000_000)
    brake_percent = forms.TypedChoiceField(label=_("Stop it by itself"), choices=BRAKES, coerce=int)

    def __init__(self, *args: Any, merchant: Merchant, point_cost: str = "", **kwargs: Any):
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        self.merchant, self.point_cost = merchant, point_cost
        self.language = language_of(merchant.language)
        self.fields["budget_minor"] = MoneyField(
            label=_("Money it may cost"), currency=merchant.currency, required=False, min_value=0,
            help_text=_("Counted at what a point costs you."),
        )  # fmt: skip
        ladder, every = ladder_in_force(), ("", said("Everybody"))
        catalogue = [(row.handle, named(row)) for row in rewards()[:200]]
        choices = {
            "segment": [every, *segment_choices()],
            "tier": [("", said("Any tier")), *((one.id, tier_name(ladder, one.id)) for one in ladder.ladder)],
            "rewards": catalogue,
            "offer_reward": [("", said("Nothing")), *catalogue],
        }
        for name, found in choices.items():
            self.fields[name].choices = found  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """An offer has a name, a message both its parts."""
        data = super().clean() or {}
        if data.get("has_offer") and not data.get("offer_name"):
            data["offer_name"] = data.get("name", "")
        for name, other in (("subject", "body"), ("body", "subject")):
            if data.get(other) and not data.get(name) and name not in self.errors:
                self.add_error(name, said("Write this too."))
        if data.get("budget_minor") and not self.point_cost and not data.get("match_percent"):
            self.add_error(
                "budget_minor", said("Nobody knows what a point costs: say what a reward costs you first.")
            )
        return data

    def content(self, base: CampaignContent | None, rules: list[dict[str, Any]]) -> dict[str, Any]:
        """What was typed, as the campaign's content; what the form does not show is as it was in `base`."""
        data = self.cleaned_data
        kept: dict[str, Any] = msgspec.to_builtins(base) if base else {}
        for name in (
            "name", "note", "segment", "tier", "days", "rewards", "partner", "budget_points", "budget_minor",
            "most_rewards", "member_points", "member_times", "brake_percent",
        ):  # fmt: skip
            kept[name] = data[name]
        for name in ("starts_at", "ends_at", "early_until"):
            kept[name] = data[name].isoformat() if data[name] else None
        for name in ("from_time", "until_time"):
            kept[name] = f"{data[name]:%H:%M}" if data[name] else MIDNIGHT
        kept["budget_minor"] = data["budget_minor"] or None
        kept["point_cost"] = (base.point_cost if base and base.point_cost else "") or self.point_cost
        kept["match_percent"], kept["rules"] = data["match_percent"] or 0, rules
        kept["offer"] = self._offer(base) if data["has_offer"] else None
        kept["words"] = self._words(base)
        return kept

    def _offer(self, base: CampaignContent | None) -> dict[str, Any]:
        data, before = self.cleaned_data, (base.offer if base else None) or CampaignOffer()
        text = {**before.text, self.language: data["offer_text"]}
        return {
            "name": {**before.name, self.language: data["offer_name"]},
            "text": {language: words for language, words in text.items() if words},
            "days": data["offer_days"], "reward": data["offer_reward"],
        }  # fmt: skip

    def _words(self, base: CampaignContent | None) -> dict[str, Any]:
        data = self.cleaned_data
        found: dict[str, Any] = msgspec.to_builtins(base.words) if base else {}
        found.pop(self.language, None)
        if data["subject"]:
            found[self.language] = {"subject": data["subject"], "body": data["body"]}
        return found


def initial_of(content: CampaignContent, merchant: Merchant) -> dict[str, Any]:
    """A campaign's content as its form shows it."""
    language = language_of(merchant.language)
    offer, letter = content.offer or CampaignOffer(), content.words.get(language, CampaignLetter())
    found: dict[str, Any] = {name: getattr(content, name) for name in CampaignContent.__struct_fields__}
    whole_day = content.from_time == content.until_time
    found |= {
        "days": [Weekday(day).value for day in content.days], "rewards": list(content.rewards),
        "from_time": None if whole_day else content.from_time, "until_time": None if whole_day else content.until_time,
        "has_offer": content.offer is not None, "offer_name": offer.name.get(language, ""),
        "offer_text": offer.text.get(language, ""), "offer_days": offer.days, "offer_reward": offer.reward,
        "subject": letter.subject, "body": letter.body, "match_percent": content.match_percent or None,
    }  # fmt: skip
    if content.budget_minor is not None:
        found["budget_minor"] = shown_amount(content.budget_minor, merchant.currency)
    return found


class RefuseForm(forms.Form):
    """Why a campaign goes back to whoever asked for it."""

    note = forms.CharField(label=_("What should change"), max_length=300, required=False)


class LimitsForm(forms.Form):
    """From when on two people decide."""

    approve_points = forms.IntegerField(
        label=_("More points than"), min_value=0, max_value=MAX_POINTS, required=False,
        widget=forms.TextInput(attrs=_NUMBER),
    )  # fmt: skip

    def __init__(self, *args: Any, currency: str, **kwargs: Any):
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        self.fields["approve_minor"] = MoneyField(
            label=_("More money than"), currency=currency, required=False, min_value=0
        )
