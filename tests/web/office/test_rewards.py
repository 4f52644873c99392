"""The catalogue: making, changing, retiring and bringing back; what a reward gives back."""

from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from loyalty.core import ids
from loyalty.core.tenancy.scope import acting_for
from rewards.models import Reward
from rewards.operations.redemption import redeem_reward
from tests.cast import AT, MARA, days
from tests.web.office.conftest import Luna, browser_of

GOOD = {"kind": "money_off", "money_value": "50", "cost_points": "500", "name_sv": "50 kr rabatt", "name_en": "50 kr off",
        "unit_cost": "", "stock": "10", "code_valid_days": "30", "position": "0"}  # fmt: skip


def test_a_reward_is_made_with_its_words_and_terms(lunas: Luna, owner: Client):
    sent = {**GOOD, "available_from": "2026-03-01", "available_until": "2026-03-31", "channels": ["pos"]}
    assert owner.post(lunas.url("rewards/new/"), sent).status_code == 303
    with acting_for(lunas.merchant, by=MARA):
        made = Reward.objects.get(cost_points=500)
    assert (made.name, made.value, made.stock, made.channels) == (
        {"sv": "50 kr rabatt", "en": "50 kr off"}, 5000, 10, ["pos"])  # fmt: skip
    # The last day counts whole, in Stockholm's time, which is an hour later by then.
    assert (made.available_from.isoformat(), made.available_until.isoformat()) == (
        "2026-02-28T23:00:00+00:00", "2026-03-31T22:00:00+00:00")  # fmt: skip


@pytest.mark.parametrize(
    ("sent", "field"),
    [({"name_sv": ""}, "name_sv"), ({"cost_points": "-1"}, "cost_points"), ({"cost_points": "1.5"}, "cost_points"),
     ({"money_value": ""}, "money_value"), ({"money_value": "0,001"}, "money_value"), ({"kind": "gold"}, "kind"),
     ({"kind": "percent_off"}, "percent"), ({"kind": "percent_off", "percent": "101"}, "percent"), ({"stock": "-1"}, "stock"),
     ({"stock": "99999999999"}, "stock"), ({"name_en": "x" * 121}, "name_en"), ({"description_nl": "a\x00"}, "description_nl"),
     ({"available_from": "2026-03-02", "available_until": "2026-03-01"}, "available_until"), ({"channels": ["moon"]}, "channels"),
     ({"code_valid_days": ""}, "code_valid_days"), ({"limit_per_member": "0"}, "limit_per_member")],
)  # fmt: skip
def test_a_bad_reward_comes_back_and_is_not_made(lunas: Luna, owner: Client, sent: dict, field: str):
    answer = owner.post(lunas.url("rewards/new/"), {**GOOD, **sent})
    assert answer.status_code == 422 and field in answer.context["form"].errors
    assert answer.context["form"]["cost_points"].value() == sent.get("cost_points", "500")
    with acting_for(lunas.merchant, by=MARA):
        assert Reward.objects.count() == 1


def test_saving_a_reward_unchanged_changes_nothing(lunas: Luna, owner: Client):
    with acting_for(lunas.merchant, by=MARA):
        before = Reward.objects.values().get()
    form = owner.get(lunas.reward_url).context["form"]
    sent = {field.name: field.value() if field.value() is not None else "" for field in form}
    assert owner.post(lunas.reward_url, sent).status_code == 303
    with acting_for(lunas.merchant, by=MARA):
        assert Reward.objects.values().get() == before


def test_stock_cannot_fall_below_what_was_taken(lunas: Luna, owner: Client):
    with acting_for(lunas.merchant, by=MARA):
        redeem_reward(member=lunas.ana.pk, reward=lunas.reward.pk, key="k", at=AT + days(2))
    sent = {"kind": "free_product", "cost_points": "100", "name_sv": "En kaffe", "stock": "0", "code_valid_days": "30",
            "position": "0"}  # fmt: skip
    answer = owner.post(lunas.reward_url, sent)
    assert answer.status_code == 422 and "stock" in answer.context["form"].errors


def test_the_list_says_what_is_given_back_and_what_is_left(lunas: Luna, owner: Client):
    (row,) = owner.get(lunas.url("rewards/")).context["rows"]
    # 100 points are earned with 100 kr, and the coffee costs 7 kr.
    assert (row["spend_minor"], row["back"], row["left"]) == (10_000, Decimal("0.07"), None)
    assert "7.0%" in owner.get(lunas.url("rewards/")).content.decode()


def test_a_reward_is_retired_and_brought_back(lunas: Luna, owner: Client):
    done = owner.post(f"{lunas.reward_url}retire/", follow=True).content.decode()
    assert f'action="{lunas.reward_url}restore/"' in done
    assert owner.get(lunas.url("rewards/")).context["rows"] == []
    assert len(owner.get(lunas.url("rewards/?show=retired")).context["rows"]) == 1
    owner.post(f"{lunas.reward_url}restore/")
    assert len(owner.get(lunas.url("rewards/")).context["rows"]) == 1


def test_who_may_only_look_sees_the_reward_and_no_way_to_save(lunas: Luna):
    page = browser_of(lunas, "analyst").get(lunas.reward_url).content.decode()
    assert "En kaffe" in page and "data-save-bar" not in page and "retire" not in page


KINDS = {
    "money_off": {"money_value": "50", "at_least": "200"}, "gift_card": {"money_value": "100", "from_pool": "on"},
    "percent_off": {"percent": "12.5", "most_off": "80,50"}, "free_shipping": {"methods": "parcel, letter"},
    "sample": {"product_sku": "s-1", "skus": "s-2, s-3"}, "exclusive_product": {"product_sku": "cup"},
    "donation": {"money_value": "25", "charity": "Sea Rescue", "url": "https://example.org/sea"},
    "partner": {"partner": "The bookshop", "low_at": "3"}, "coupon": {"low_at": "0"},
    "workshop": {"free_until_hours": "48", "bring": "An apron"}, "experience": {"free_until_hours": "0"},
    "early_access": {"opens_at": "2026-05-01T10:00", "public_at": "2026-05-03T10:00"},
    "pay_with_points": {"rate_points": "100", "rate_money": "10", "most_percent": "25", "least_points": "50"},
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_made_and_saved_again_as_it_was(lunas: Luna, owner: Client, kind: str):
    sent = {**GOOD, "kind": kind, "money_value": "", **KINDS[kind], "limit_week": "2", "tiers": "gold, silver",
            "birthday": "on", "days_before": "3", "delivery": "collected"}  # fmt: skip
    assert owner.post(lunas.url("rewards/new/"), sent).status_code == 303
    with acting_for(lunas.merchant, by=MARA):
        made = Reward.objects.values().get(kind=kind)
        page = f"{lunas.url('rewards/')}{ids.encode('rwd', made['id'])}/"
    assert made["limits"] == [{"period": "week", "times": 2}]
    assert (made["audience"]["tiers"], made["delivery"]) == (["gold", "silver"], "collected")
    assert made["audience"]["birthday"] == {"days_before": 3, "days_after": 0}
    form = owner.get(page).context["form"]
    with timezone.override("Europe/Stockholm"):  # as the page was written
        again = {field.name: field.value() if field.value() is not None else "" for field in form}
    again |= {name: "on" for name in ("birthday", "from_pool", "gift_only") if again[name]}
    again = {name: value for name, value in again.items() if value is not False}
    for name in ("opens_at", "public_at"):
        again[name] = f"{again[name]:%Y-%m-%dT%H:%M}" if again[name] else ""
    assert owner.post(page, again).status_code == 303
    with acting_for(lunas.merchant, by=MARA):
        assert Reward.objects.values().get(kind=kind) == made


def test_what_a_kind_says_is_kept_in_its_terms(lunas: Luna, owner: Client):
    owner.post(lunas.url("rewards/new/"), {**GOOD, "kind": "pay_with_points", **KINDS["pay_with_points"]})
    with acting_for(lunas.merchant, by=MARA):
        made = Reward.objects.get(kind="pay_with_points")
    assert (made.cost_points, made.terms) == (
        0, {"points": 100, "minor": 1000, "most_percent": 2500, "least_points": 50, "most_points": None},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "sent", "field"),
    [("donation", {"charity": ""}, "charity"), ("partner", {"partner": ""}, "partner"), ("gift_card", {"money_value": ""}, "money_value"),
     ("early_access", {"public_at": "2026-04-01T10:00"}, "public_at"), ("early_access", {"opens_at": ""}, "opens_at"),
     ("pay_with_points", {"rate_money": ""}, "rate_money"), ("pay_with_points", {"most_points": "9"}, "most_points"),
     ("donation", {"url": "http://example.org"}, "url"), ("custom", {"not_segments": "a", "segments": "a"}, "not_segments"),
     ("custom", {"tiers": "x" * 61}, "tiers"), ("custom", {"limit_day": "0"}, "limit_day"), ("custom", {"delivery": "drone"}, "delivery")],
)  # fmt: skip
def test_what_a_kind_needs_is_asked_for_beside_its_field(
    lunas: Luna, owner: Client, kind: str, sent: dict, field: str
):
    answer = owner.post(lunas.url("rewards/new/"), {**GOOD, "kind": kind, **KINDS.get(kind, {}), **sent})
    assert answer.status_code == 422 and field in answer.context["form"].errors
    with acting_for(lunas.merchant, by=MARA):
        assert Reward.objects.count() == 1
