"""The forms of the guided set-up: each is filled from the answers, and gives the answers with its own part in them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, ClassVar

import msgspec
from django import forms
from django.conf import settings
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from phonenumbers import SUPPORTED_REGIONS

from loyalty.blueprints.catalogue import blueprints
from loyalty.blueprints.shape import Goal, Level
from loyalty.core import formats
from loyalty.core.errors import InvalidInput, NotFound
from loyalty.core.merchants.operations import LONGEST_SLUG, RESERVED_SLUGS
from loyalty.core.merchants.queries import merchant_by_slug
from loyalty.core.money import MAX_POINTS, is_currency
from loyalty.setup.answers import (
    TELL_BY,
    Answers,
    Customers,
    Launching,
    Numbers,
    RewardNumbers,
    ShopFacts,
    Wishes,
)
from loyalty.setup.places import currency_of, zone_of
from loyalty.setup.tailoring import Tailored, adjustable, basis, chosen, numbers_of, tailored, words_of
from loyalty.web import brand
from loyalty.web.office import setup_words
from loyalty.web.office.forms.programme import MoneyField, shown_amount
from loyalty.web.office.forms.zones import zones

_NUMBER = {"inputmode": "numeric", "autocomplete": "off"}
replace = msgspec.structs.replace


def _whole(label: Any, low: int, high: int, **kwargs: Any) -> forms.IntegerField:
    widget = forms.TextInput(attrs=_NUMBER)
    return forms.IntegerField(label=label, min_value=low, max_value=high, widget=widget, **kwargs)


def _choices(words: dict[Any, Any]) -> list[tuple[str, Any]]:
    return [(str(key), text) for key, text in words.items()]


class StepForm(forms.Form):
    """Base of every step. `made` is the answers with this step's part; None while what was typed makes no programme."""

    step: ClassVar[str]
    made: Answers | None = None

    def __init__(self, data: Any = None, *, answers: Answers, at: datetime):
        self.answers, self.at = answers, at
        super().__init__(data, initial=self.known())

    def known(self) -> dict[str, Any]:
        """What was answered before, by field."""
        return {}

    def given(self, data: dict[str, Any]) -> Answers:
        """The answers with what was typed."""
        raise AssertionError("each step says what it gives")

    def clean(self) -> dict[str, Any]:
        """Only what makes a programme is an answer."""
        data = super().clean() or {}
        if not self.errors:
            made = self.given(data)
            try:
                tailored(made, at=self.at).parsed()
            except InvalidInput as error:
                for problem in error.errors:
                    self.add_error(None, problem["message"])
            else:
                self.made = made
        return data


class GoalForm(StepForm):
    """What the programme is for."""

    step = "goal"
    first = forms.ChoiceField(
        label=gettext_lazy("What matters most"),
        choices=[(goal.value, words[1]) for goal, words in setup_words.GOALS.items()],
        widget=forms.RadioSelect,
    )
    second = forms.ChoiceField(
        label=gettext_lazy("And then"),
        choices=[
            ("", gettext_lazy("Nothing else")),
            *((g.value, w[1]) for g, w in setup_words.GOALS.items()),
        ],
        required=False,
    )

    def known(self) -> dict[str, Any]:
        goals = [*self.answers.wishes.goals, "", ""]
        return {"first": goals[0] or Goal.RETURN, "second": goals[1]}

    def given(self, data: dict[str, Any]) -> Answers:
        wanted = [Goal(data[name]) for name in ("first", "second") if data[name]]
        return replace(self.answers, wishes=Wishes(tuple(dict.fromkeys(wanted))))


class CustomersForm(StepForm):
    """Where the shop is, who comes, and what it can give."""

    step = "customers"
    number = forms.ChoiceField(
        label=gettext_lazy("How many customers"),
        choices=_choices(setup_words.NUMBERS),
        widget=forms.RadioSelect,
    )
    purchases_month = _whole(gettext_lazy("Purchases in a month"), 0, 100_000_000, required=False)
    budget = forms.ChoiceField(
        label=gettext_lazy("What it may cost"),
        choices=_choices(setup_words.BUDGETS),
        widget=forms.RadioSelect,
    )
    effort = forms.ChoiceField(
        label=gettext_lazy("Who looks after it"),
        choices=_choices(setup_words.EFFORTS),
        widget=forms.RadioSelect,
    )

    def __init__(self, data: Any = None, *, answers: Answers, at: datetime):
        super().__init__(data, answers=answers, at=at)
        asked = (data or {}).get("currency", answers.customers.currency)
        currency = asked if is_currency(asked) else answers.customers.currency
        self.fields["average"] = MoneyField(
            label=_("A usual purchase"), currency=currency, min_value=0, required=False
        )
        self.fields["country"] = forms.ChoiceField(label=_("Country"), choices=countries())
        used = currencies(answers.customers.currency)
        self.fields["currency"] = forms.ChoiceField(label=_("Currency"), choices=used)

    def known(self) -> dict[str, Any]:
        said = self.answers.customers
        return {
            "country": said.country, "currency": said.currency, "number": said.number, "budget": said.budget,
            "effort": said.effort, "purchases_month": said.purchases_month or "",
            "average": shown_amount(said.average_minor, said.currency) if said.average_minor else "",
        }  # fmt: skip

    def given(self, data: dict[str, Any]) -> Answers:
        said = Customers(
            country=data["country"], currency=data["currency"], number=Level(data["number"]),
            purchases_month=data["purchases_month"] or 0, average_minor=data["average"] or 0,
            budget=Level(data["budget"]), effort=Level(data["effort"]),
        )  # fmt: skip
        shop, before = self.answers.shop, self.answers.customers.country
        if said.country != before and shop.timezone in ("", zone_of(before)):
            shop = replace(shop, timezone=zone_of(said.country))
        return replace(self.answers, customers=said, shop=shop)


class ProgrammeForm(StepForm):
    """Which ready-made programme to start from."""

    step = "programme"
    blueprint = forms.ChoiceField(
        label=gettext_lazy("Programme"),
        choices=lambda: [(one.id, one.id) for one in blueprints()],
        widget=forms.RadioSelect,
    )

    def known(self) -> dict[str, Any]:
        return {"blueprint": chosen(self.answers).id}

    def given(self, data: dict[str, Any]) -> Answers:
        return replace(self.answers, blueprint=data["blueprint"])


class NumbersForm(StepForm):
    """The few numbers of the chosen programme that decide what it costs."""

    step = "numbers"

    def __init__(self, data: Any = None, *, answers: Answers, at: datetime):
        self.found: Tailored = tailored(answers, at=at)
        self.numbers = numbers_of(self.found)
        super().__init__(data, answers=answers, at=at)
        currency = answers.customers.currency
        if self.numbers.points:
            self.fields["points"] = _whole(dict(words_of(self.found))["other"].capitalize(), 1, 1_000_000)
            self.fields["per"] = MoneyField(label=_("For every"), currency=currency, min_value=0)
        if self.numbers.needed:
            self.fields["needed"] = _whole(_("Stamps until the reward"), 2, 50)
        for index, one in enumerate(adjustable(self.found)):
            price = self.numbers.rewards[one["handle"]].cost_points
            self.fields[f"name_{index}"] = forms.CharField(label=_("What members get"), max_length=120)
            if price:
                self.fields[f"price_{index}"] = _whole(_("For how many"), 1, MAX_POINTS)
            self.fields[f"cost_{index}"] = MoneyField(
                label=_("Costs you"), currency=currency, min_value=0, required=False
            )

    @property
    def rewards(self) -> list[dict[str, Any]]:
        """The fields of each reward, for the page."""
        made = []
        for index, _one in enumerate(adjustable(self.found)):
            price = f"price_{index}"
            made.append({"name": self[f"name_{index}"], "cost": self[f"cost_{index}"],
                         "price": self[price] if price in self.fields else None})  # fmt: skip
        return made

    def known(self) -> dict[str, Any]:
        currency, numbers = self.answers.customers.currency, self.numbers
        filled: dict[str, Any] = {
            "points": numbers.points,
            "per": shown_amount(numbers.per_minor, currency),
            "needed": numbers.needed,
        }
        for index, one in enumerate(adjustable(self.found)):
            said = numbers.rewards[one["handle"]]
            filled[f"name_{index}"], filled[f"price_{index}"] = said.name, said.cost_points
            filled[f"cost_{index}"] = (
                shown_amount(said.unit_cost_minor, currency) if said.unit_cost_minor else ""
            )
        return filled

    def clean_per(self) -> int:
        """Points for nothing would be points without end."""
        if not self.cleaned_data["per"]:
            raise forms.ValidationError(_("Give an amount above zero."))
        return int(self.cleaned_data["per"])

    def given(self, data: dict[str, Any]) -> Answers:
        rewards = {
            one["handle"]: RewardNumbers(
                data[f"name_{index}"].strip(), data.get(f"price_{index}"), data[f"cost_{index}"] or 0
            )
            for index, one in enumerate(adjustable(self.found))
        }
        numbers = Numbers(
            basis(self.answers),
            data.get("points") or 0,
            data.get("per") or 0,
            data.get("needed") or 0,
            rewards,
        )
        return replace(self.answers, numbers=numbers)


class ShopForm(StepForm):
    """The name, the address, the look and the words."""

    step = "shop"
    name = forms.CharField(label=gettext_lazy("Name of the shop"), max_length=120)
    slug = forms.CharField(
        label=gettext_lazy("Address"), max_length=LONGEST_SLUG, required=False,
        help_text=gettext_lazy("Small letters, digits and dashes. Made from the name when you leave it empty."),
    )  # fmt: skip
    programme_name = forms.CharField(
        label=gettext_lazy("Name of the programme"), max_length=120, required=False
    )
    one = forms.CharField(label=gettext_lazy("Your word for one point"), max_length=30, required=False)
    other = forms.CharField(label=gettext_lazy("And for many"), max_length=30, required=False)
    language = forms.ChoiceField(label=gettext_lazy("Language of your members"), choices=settings.LANGUAGES)
    timezone = forms.ChoiceField(label=gettext_lazy("Time zone"), choices=zones)
    brand_colour = forms.CharField(
        label=gettext_lazy("Your colour"), max_length=7, widget=forms.TextInput(attrs={"type": "color"})
    )

    def known(self) -> dict[str, Any]:
        said = self.answers.shop
        return {
            "name": said.name, "slug": said.slug, "brand_colour": said.colour or brand.HOUSE_COLOUR,
            "timezone": said.timezone or zone_of(self.answers.customers.country), **self._said(said),
        }  # fmt: skip

    def _said(self, shop: ShopFacts) -> dict[str, str]:
        """The programme's name and words with these facts of the shop."""
        found = tailored(replace(self.answers, shop=shop), at=self.at)
        named = found.parsed()["identity"].named(found.language)
        return {"programme_name": named, **dict(words_of(found)), "language": found.language}

    def clean_brand_colour(self) -> str:
        """As #rrggbb; every colour that has to go with it is worked out from it."""
        try:
            return brand.normalise(self.cleaned_data["brand_colour"])
        except brand.BadColour as error:
            raise forms.ValidationError(str(error)) from None

    def clean(self) -> dict[str, Any]:
        """The address is free, and a word for points is whole."""
        data = super().clean()
        if "name" in data and "slug" in data:
            self._check_slug(data["slug"] or slugify(data["name"])[:LONGEST_SLUG].strip("-"))
        if bool(data.get("one")) != bool(data.get("other")):
            self.add_error("one" if not data.get("one") else "other", _("Give both words, or neither."))
        return data

    def _check_slug(self, slug: str) -> None:
        if not slug or slugify(slug) != slug or slug in RESERVED_SLUGS:
            self.add_error("slug", _("Use at most 50 small letters, digits and dashes."))
            return
        for taken in (slug, f"{slug}-test"):
            try:
                merchant_by_slug(taken)
            except NotFound:
                continue
            self.add_error("slug", _("Another shop already has this address. Choose a different one."))
            return

    def given(self, data: dict[str, Any]) -> Answers:
        shop = ShopFacts(
            name=data["name"], slug=data["slug"], timezone=data["timezone"], language=data["language"],
            colour=data["brand_colour"], programme_name=data["programme_name"], one=data["one"], other=data["other"],
        )  # fmt: skip
        # What a blueprint says is not an answer: another blueprint, or another language, says it differently.
        shown, usual = (
            self.known(),
            self._said(replace(self.answers.shop, programme_name="", one="", other="")),
        )
        for names in (("programme_name",), ("one", "other")):
            typed = [data[name] for name in names]
            stale = data["language"] != shown["language"] and typed == [shown[name] for name in names]
            if stale or typed == [usual[name] for name in names]:
                shop = replace(shop, **dict.fromkeys(names, ""))
        return replace(self.answers, shop=shop)


class LaunchForm(StepForm):
    """When the programme opens, and how people hear of it."""

    step = "launch"
    opens_on = forms.DateField(
        label=gettext_lazy("When do you want to open?"), required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("Leave it empty if you do not know yet."),
    )  # fmt: skip
    tell_by = forms.MultipleChoiceField(
        label=gettext_lazy("How do you tell people?"), choices=[(one, setup_words.TELL_BY[one]) for one in TELL_BY],
        required=False, widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip

    def known(self) -> dict[str, Any]:
        return {"opens_on": self.answers.launch.opens_on, "tell_by": list(self.answers.launch.tell_by)}

    def clean_opens_on(self) -> Any:
        """A day that is still to come, or none."""
        day = self.cleaned_data["opens_on"]
        if day and day < self.at.date():
            raise forms.ValidationError(_("Choose a day that is still to come."))
        return day

    def given(self, data: dict[str, Any]) -> Answers:
        return replace(self.answers, launch=Launching(data["opens_on"], tuple(data["tell_by"])))


FORMS: dict[str, type[StepForm]] = {
    form.step: form for form in (GoalForm, CustomersForm, ProgrammeForm, NumbersForm, ShopForm, LaunchForm)
}


class OwnerForm(forms.Form):
    """Who runs this server."""

    email = forms.EmailField(
        label=gettext_lazy("Your e-mail"), max_length=254,
        help_text=gettext_lazy("You sign in with a code that we send there. There is no password."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )  # fmt: skip


def countries() -> list[tuple[str, str]]:
    """Countries in the page's language, in its order."""
    names = formats.locale().territories
    return _sorted((code, str(names[code])) for code in SUPPORTED_REGIONS if code in names)


def currencies(known: str) -> list[tuple[str, str]]:
    """Currencies that are in use somewhere, in the page's language, with the code in front; `known` is among them."""
    used = {currency_of(code) for code in SUPPORTED_REGIONS} | {known}
    names = formats.locale().currencies
    return sorted((code, f"{code} · {names.get(code, code)}") for code in used if is_currency(code))


def _sorted(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return sorted(pairs, key=lambda pair: pair[1].casefold())
