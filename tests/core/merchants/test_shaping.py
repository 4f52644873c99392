"""What a shop decides about itself: looks, mail, privacy, places. Bad input changes nothing."""

from typing import Any

import pytest
from PIL import Image

from loyalty.core import ids
from loyalty.core.errors import InvalidInput, NotFound
from loyalty.core.events.models import Event
from loyalty.core.merchants import shaping
from loyalty.core.merchants.models import Location, Merchant
from loyalty.core.merchants.queries import locations
from loyalty.core.pictures.operations import keep_drawing
from tests.cast import AT


def shop_of(cafe: Merchant) -> Merchant:
    return Merchant.objects.get(pk=cafe.pk)


def test_the_shop_is_changed_and_the_log_says_which_fields(cafe):
    logo = keep_drawing(drawing=Image.new("RGB", (9, 9)), at=AT)
    wanted = {
        "name": "Luna & Co", "brand_colour": "#a11d33", "language": "nb", "logo": logo.pk, "sender_name": "Luna",
        "reply_to": "hej@luna.example", "controller_name": "Luna AB", "controller_contact": "hej@luna.example",
        "retention_months": 24,
    }  # fmt: skip
    shaping.edit_shop(details=wanted, at=AT)
    now = shop_of(cafe)
    assert {field: getattr(now, field) for field in wanted} == wanted
    assert Event.objects.get(kind="merchant.edited").data == {"fields": sorted(wanted)}


def test_what_is_the_same_is_no_change(cafe):
    shaping.edit_shop(details={"name": cafe.name}, at=AT)
    assert not Event.objects.filter(kind="merchant.edited").exists()


def test_the_test_shop_keeps_its_own_looks(cafe):
    shaping.edit_shop(details={"name": "Luna & Co"}, at=AT)
    assert Merchant.objects.get(sandbox_of=cafe).name == "Café Luna"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""), ("name", "x" * 121), ("name", "a\nb"), ("brand_colour", "red"), ("brand_colour", "#12345"),
        ("brand_colour", "#12345g"), ("language", "de"), ("logo", ids.new()), ("sender_name", "x" * 61),
        ("sender_name", "Luna\r\nBcc: all@example.org"), ("reply_to", "nobody"), ("reply_to", "a@b.c\nx"),
        ("controller_name", "x\x00"), ("controller_contact", "x" * 255), ("retention_months", 1),
        ("retention_months", -12), ("brand_colour", None), ("reply_to", None),
    ],
)  # fmt: skip
def test_bad_input_is_named_and_changes_nothing(cafe, field: str, value: Any):
    with pytest.raises(InvalidInput) as refused:
        shaping.edit_shop(details={"name": "Other", field: value}, at=AT)
    assert [problem["field"] for problem in refused.value.errors] == [field]
    assert shop_of(cafe).name == cafe.name


def test_places_open_close_and_get_other_names(cafe):
    harbour = shaping.open_location(code="harbour", name="Harbour", at=AT)
    shaping.rename_location(location=harbour.pk, name=" The harbour ", at=AT)
    shaping.close_location(location=harbour.pk, at=AT)
    assert [place.name for place in locations()] == ["Café Luna", "The harbour"]
    assert [place.name for place in locations(closed=False)] == ["Café Luna"]
    shaping.close_location(location=harbour.pk, at=AT, closed=False)
    assert len(locations(closed=False)) == 2
    kinds = Event.objects.filter(kind__startswith="location.").order_by("id").values_list("kind", flat=True)
    assert list(kinds) == ["location.opened", "location.renamed", "location.closed", "location.opened"]


def test_the_last_open_place_stays_open(cafe):
    with pytest.raises(shaping.LastLocation):
        shaping.close_location(location=Location.objects.get().pk, at=AT)
    assert Location.objects.get().closed_at is None


def test_one_code_one_place(cafe):
    with pytest.raises(shaping.CodeTaken):
        shaping.open_location(code="main", name="Another", at=AT)
    for code in ("", "Har Bour", "x" * 61, "-a", "å"):
        with pytest.raises(InvalidInput):
            shaping.open_location(code=code, name="Another", at=AT)
    assert Location.objects.count() == 1


def test_another_shops_place_is_not_here(cafe, other_shop):
    from loyalty.core.tenancy.scope import acting_for
    from tests.cast import OTTO

    with acting_for(other_shop, by=OTTO):
        theirs = Location.objects.get().pk
    with pytest.raises(NotFound):
        shaping.rename_location(location=theirs, name="Mine", at=AT)


def test_nobody_locks_themselves_out_by_asking_for_a_second_factor(cafe, django_user_model):
    from allauth.mfa.models import Authenticator

    mara = django_user_model.objects.create_user("mara@luna.example")
    with pytest.raises(shaping.NoSecondFactor):
        shaping.require_second_factor(on=True, user=mara.pk, at=AT)
    Authenticator.objects.create(user=mara, type="recovery_codes", data={})
    with pytest.raises(shaping.NoSecondFactor):  # they help out, and are none
        shaping.require_second_factor(on=True, user=mara.pk, at=AT)
    assert not shop_of(cafe).second_factor
    Authenticator.objects.create(user=mara, type="totp", data={})
    shaping.require_second_factor(on=True, user=mara.pk, at=AT)
    assert shop_of(cafe).second_factor
    assert Event.objects.get(kind="merchant.second_factor").data == {"on": True}
