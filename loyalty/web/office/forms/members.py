"""Forms about one member."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from loyalty.core.errors import DomainError
from loyalty.core.money import MAX_POINTS
from members.models import Identity, Member
from members.queries import directory

_DATE = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
IDENTITIES = ("email", "phone", "external", "card")
ALIASES = {"identities": "email", "external_id": "external"}


class DetailsForm(forms.Form):
    """Who a member is and how they are recognised."""

    given_name = forms.CharField(label=_("Given name"), max_length=80, required=False)
    family_name = forms.CharField(label=_("Family name"), max_length=80, required=False)
    email = forms.CharField(
        label=_("E-mail"),
        max_length=254,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "email", "autocomplete": "off"}),
    )
    phone = forms.CharField(
        label=_("Phone"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
        help_text=_("Numbers without a country code are read as your country’s."),
    )
    external = forms.CharField(
        label=_("Your own customer number"),
        max_length=100,
        required=False,
        help_text=_("What your shop system calls this person."),
    )
    card = forms.CharField(
        label=_("Card"),
        max_length=100,
        required=False,
        help_text=_("Scan or type a printed card. Leave it empty and a code is made."),
    )
    birthday = forms.DateField(label=_("Birthday"), required=False, widget=_DATE)
    language = forms.ChoiceField(
        label=_("Language"), required=False, choices=[("", _("The shop’s language")), *settings.LANGUAGES]
    )
    news_by_email = forms.BooleanField(label=_("Wants news by e-mail"), required=False)
    news_by_sms = forms.BooleanField(label=_("Wants news by text message"), required=False)

    @staticmethod
    def known(row: directory.Row) -> dict[str, Any]:
        """What is known of a member, by field."""
        profile = row.profile
        known: dict[str, Any] = {kind: row.identities.get(kind, "") for kind in IDENTITIES}
        known["language"] = row.member.language
        if profile is not None:
            for name in ("given_name", "family_name", "birthday", "news_by_email", "news_by_sms"):
                known[name] = getattr(profile, name)
        return known

    def details(self) -> dict[str, Any]:
        """The profile's fields, as operations take them."""
        names = ("given_name", "family_name", "birthday", "news_by_email", "news_by_sms")
        return {name: self.cleaned_data[name] for name in names}

    def given(self) -> dict[str, str]:
        """Ways to recognise the member by kind; "" where there is none."""
        return {kind: self.cleaned_data[kind] for kind in IDENTITIES}


class EditForm(DetailsForm):
    """Cards are not edited by hand: a second card comes by merging, a lost one is replaced at the till."""

    card = None  # type: ignore[assignment]

    def identities(self) -> dict[str, str | None]:
        """E-mail, phone and own number; None removes one."""
        return {kind: self.cleaned_data[kind] or None for kind in IDENTITIES if kind != "card"}


class AdjustForm(forms.Form):
    """Give or take points by hand."""

    way = forms.ChoiceField(
        label=_("What to do"),
        choices=[("give", _("Give")), ("take", _("Take"))],
        widget=forms.RadioSelect,
        initial="give",
    )
    amount = forms.IntegerField(
        label=_("How many"),
        min_value=1,
        max_value=MAX_POINTS,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        help_text=_("The member can read it in their activity."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def signed(self) -> int:
        """The change: positive gives, negative takes."""
        amount: int = self.cleaned_data["amount"]
        return amount if self.cleaned_data["way"] == "give" else -amount


class BlockForm(forms.Form):
    """Why somebody may not take part for now."""

    reason = forms.CharField(
        label=_("Reason"), max_length=300, help_text=_("Only staff see it, in the audit log.")
    )


class MergeForm(forms.Form):
    """Which other member is the same person."""

    other = forms.CharField(
        label=_("The other account"),
        max_length=254,
        help_text=_("Its e-mail address, phone number, card or customer number, written in full."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    confirmed = forms.BooleanField(
        required=False, label=_("I have looked at both: it is the same person, and this cannot be taken back")
    )

    def clean_other(self) -> Member:
        """The member that is meant; exactly one."""
        text = self.cleaned_data["other"]
        for kind in (Identity.Kind.CARD, Identity.Kind.EMAIL, Identity.Kind.PHONE, Identity.Kind.EXTERNAL):
            try:
                return directory.by_identity(kind, text)
            except DomainError:
                continue
        raise forms.ValidationError(_("Nobody is known by this. Copy it from the other account’s page."))


class EraseForm(forms.Form):
    """Erasing needs the name (or what stands for it) typed: it cannot be undone."""

    typed = forms.CharField(max_length=254, widget=forms.TextInput(attrs={"autocomplete": "off"}))

    def __init__(self, *args: Any, name: str, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.name = name
        self.fields["typed"].label = _("Type “{name}” to confirm").format(name=name)

    def clean_typed(self) -> str:
        """The typed name, equal but for spaces and capitals."""
        typed: str = self.cleaned_data["typed"]
        if " ".join(typed.casefold().split()) != " ".join(self.name.casefold().split()):
            raise forms.ValidationError(_("This is not the name. Nothing was erased."))
        return typed
