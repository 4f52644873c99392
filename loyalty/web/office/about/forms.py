"""Forms about what one member has and did."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from loyalty.core import ids
from members.queries.rule_words import say
from members.queries.why import voice_of_scope
from members.rules.conditions.activities import KINDS, kind_words

_PLAIN = {"autocomplete": "off"}
OWN = "own"
#: What the programme records by itself.
_BY_ITSELF = ("account_created", "birthday", "profile_completed", "referral")


class ReasonForm(forms.Form):
    """Why something is taken back."""

    reason = forms.CharField(
        label=_("Reason"), max_length=300, widget=forms.TextInput(attrs=_PLAIN),
        help_text=_("The member can read it in their activity."),
    )  # fmt: skip


class GiveForm(forms.Form):
    """Which reward is given away, and why."""

    reward = forms.ChoiceField(label=_("Which reward"))
    reason = forms.CharField(
        label=_("Reason"), max_length=300, widget=forms.TextInput(attrs=_PLAIN),
        help_text=_("The member can read it with their code."),
    )  # fmt: skip

    def __init__(self, *args: Any, rewards: Iterable[tuple[str, str]], **kwargs: Any):
        super().__init__(*args, **kwargs)
        choices = self.fields["reward"]
        assert isinstance(choices, forms.ChoiceField)  # noqa: S101 - it is declared above
        choices.choices = list(rewards)

    def chosen(self) -> UUID:
        """The reward that is meant."""
        return ids.decode("rwd", self.cleaned_data["reward"])


class ActivityForm(forms.Form):
    """Something a member did that no system has told."""

    kind = forms.ChoiceField(label=_("What they did"))
    own_kind = forms.RegexField(
        label=_("Its name"),
        regex=r"^[a-z0-9][a-z0-9_.-]{0,39}$",
        required=False,
        help_text=_("As your programme’s rules call it, in small letters."),
        error_messages={"invalid": _("Use small letters, digits and dashes, at most 40.")},
        widget=forms.TextInput(attrs=_PLAIN),
    )
    note = forms.CharField(
        label=_("Note"), max_length=200, required=False, widget=forms.TextInput(attrs=_PLAIN),
        help_text=_("For colleagues; it stands with the activity."),
    )  # fmt: skip
    proof = forms.CharField(
        label=_("Proof"), max_length=500, required=False, widget=forms.TextInput(attrs=_PLAIN),
        help_text=_("A link or a few words, where your programme asks for one."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        voice = voice_of_scope()
        known = [(kind, say(kind_words(kind), voice)) for kind in KINDS if kind not in _BY_ITSELF]
        choices = self.fields["kind"]
        assert isinstance(choices, forms.ChoiceField)  # noqa: S101 - it is declared above
        choices.choices = [(kind, said[:1].upper() + said[1:]) for kind, said in known] + [
            (OWN, _("Something of your own"))
        ]

    def clean(self) -> dict[str, Any]:
        """What is one's own needs its name."""
        data = super().clean() or {}
        if data.get("kind") == OWN and not data.get("own_kind") and "own_kind" not in self.errors:
            self.add_error("own_kind", _("Say what it is called."))
        return data

    def named(self) -> str:
        """The activity's kind."""
        data = self.cleaned_data
        return str(data["own_kind"] if data["kind"] == OWN else data["kind"])


class ClaimForm(forms.Form):
    """A service that a member asks for at the counter or on the phone."""

    order = forms.CharField(
        label=_("For which order"), max_length=100, required=False, widget=forms.TextInput(attrs=_PLAIN),
        help_text=_("Its number, where the service comes once for each."),
    )  # fmt: skip
    note = forms.CharField(
        label=_("What they want"), max_length=300, required=False, widget=forms.TextInput(attrs=_PLAIN)
    )


class PlanForm(forms.Form):
    """Which paid plan a member starts."""

    plan = forms.ChoiceField(label=_("Plan"))

    def __init__(self, *args: Any, plans: Iterable[tuple[str, str]], **kwargs: Any):
        super().__init__(*args, **kwargs)
        choices = self.fields["plan"]
        assert isinstance(choices, forms.ChoiceField)  # noqa: S101 - it is declared above
        choices.choices = list(plans)
