"""The guided set-up on its pages: left and continued, back and skip, previews that keep nothing, and one shop in the
end; then the checklist and going live."""

from decimal import Decimal
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from loyalty.blueprints.catalogue import blueprints
from loyalty.core.merchants.models import Merchant
from loyalty.core.people.models import User
from loyalty.core.people.operations import make_operator
from loyalty.core.programme import queries as programmes
from loyalty.core.tenancy.scope import acting_for
from loyalty.setup import queries
from loyalty.setup.answers import STEPS, Answers, read
from loyalty.setup.models import Launch, Sketch
from loyalty.web.office.setup_words import CHECKLIST, address
from members.models import Member
from rewards.models import Reward
from tests.cast import MARA
from tests.web.office.conftest import Luna, browser_of

HTMX = {"HX-Request": "true"}
GIVEN: dict[str, dict[str, Any]] = {
    "goal": {"first": "return", "second": "spend"},
    "customers": {"country": "SE", "currency": "SEK", "number": "low", "purchases_month": "400", "average": "120",
                  "budget": "low", "effort": "low"},
    "programme": {"blueprint": "simple-points"},
    "numbers": {"points": "2", "per": "10", "name_0": "Free coffee", "price_0": "60", "cost_0": "7,50"},
    "shop": {"name": "Café Luna", "slug": "", "programme_name": "Luna Club", "one": "bean", "other": "beans",
             "language": "en", "timezone": "Europe/Stockholm", "brand_colour": "#b4532a"},
    "launch": {"opens_on": "2099-01-01", "tell_by": ["poster", "till"]},
}  # fmt: skip


@pytest.fixture
def mara(db: None) -> User:
    cache.clear()
    return make_operator(email="mara@luna.example")


@pytest.fixture
def hers(mara: User) -> Client:
    """Mara's browser."""
    client = Client()
    client.force_login(mara)
    return client


def url(step: str) -> str:
    return reverse(f"start_{step}")


def kept() -> Answers:
    found = read(Sketch.objects.get().answers)
    assert found is not None
    return found


def answered(browser: Client, *steps: str) -> Any:
    """Answer these steps, one after the other; the last answer."""
    answer = None
    for step in steps:
        sketch = Sketch.objects.first()
        answer = browser.post(url(step), {**GIVEN[step], "go": "next", "sketch": sketch.pk if sketch else ""})
        assert answer.status_code == 303, (step, answer.context and answer.context["form"].errors)
    return answer


def test_the_front_page_leads_a_new_owner_into_the_set_up(hers: Client):
    assert hers.get("/")["Location"] == "/start/"
    assert hers.get("/start/")["Location"] == url("goal")
    assert hers.get("/?choose").status_code == 200


def test_six_answers_open_a_shop_to_try(hers: Client):
    ended = answered(hers, *STEPS)
    assert ended["Location"] == "/m/cafe-luna-test/"
    live = Merchant.objects.get(slug="cafe-luna")
    with acting_for(live.sandbox, by=MARA):
        programme = programmes.in_force().programme
        assert (programme["earning"].rules[0].points, programme["identity"].named("en")) == (2, "Luna Club")
        assert programme["identity"].word("en", 3) == "beans"
        assert [(row.cost_points, row.unit_cost_minor, row.name["en"]) for row in Reward.objects.all()] == [
            (60, 750, "Free coffee")]  # fmt: skip
        assert Member.objects.count() == 3
    with acting_for(live, by=MARA):
        assert programmes.in_force() is None
        assert Launch.objects.get().opens_on.year == 2099
    assert hers.get(ended["Location"]).status_code == 200


def test_the_last_button_pressed_twice_opens_one_shop(hers: Client):
    answered(hers, *STEPS[:-1])
    sent = {**GIVEN["launch"], "go": "next", "sketch": Sketch.objects.get().pk}
    first, second = (hers.post(url("launch"), sent) for _n in range(2))
    assert first["Location"] == second["Location"] == "/m/cafe-luna-test/"
    assert Merchant.objects.count() == 2


def test_it_can_be_left_and_continued_on_another_computer(hers: Client, mara: User):
    answered(hers, "goal", "customers")
    other = Client()
    other.force_login(mara)
    assert other.get("/start/")["Location"] == url("programme")
    assert other.get(url("customers")).context["form"]["average"].value() == "120"


@pytest.mark.parametrize("step", STEPS)
def test_every_question_shows_before_anything_is_answered(hers: Client, step: str):
    page = hers.get(url(step))
    assert page.status_code == 200
    assert page.content.count(b"<h1") == 1
    assert not Sketch.objects.exists()


@pytest.mark.parametrize("step", ["goal", "customers", "programme", "numbers"])
def test_skipping_takes_what_is_suggested(hers: Client, step: str):
    answer = hers.post(url(step), {"go": "skip"})
    assert answer["Location"] == url(STEPS[STEPS.index(step) + 1])
    assert kept().done == (step,)


@pytest.mark.parametrize("step", ["shop", "launch"])
def test_a_shop_without_a_name_is_not_opened(hers: Client, step: str):
    hers.post(url(step), {"go": "skip"})
    assert hers.post(url("launch"), {"go": "next"})["Location"] == url("shop")
    assert not Merchant.objects.exists()


def test_going_back_keeps_what_was_typed(hers: Client):
    answered(hers, "goal")
    answer = hers.post(url("customers"), {**GIVEN["customers"], "average": "99", "go": "back"})
    assert answer["Location"] == url("goal")
    assert kept().customers.average_minor == 99_00
    assert kept().done == ("goal",)
    assert hers.post(url("customers"), {"go": "back"})["Location"] == url(
        "goal"
    )  # nonsense is simply left behind


@pytest.mark.parametrize(("step", "field", "value"), [
    ("goal", "first", "riches"), ("customers", "currency", "XYZ"), ("customers", "country", "ZZ"), ("customers", "average", "-1"),
    ("customers", "average", "1e99"), ("customers", "purchases_month", "many"), ("programme", "blueprint", "gold-rush"), ("numbers", "points", "0"),
    ("numbers", "per", "0"), ("numbers", "per", ""), ("numbers", "price_0", "-5"), ("numbers", "name_0", " "), ("shop", "name", ""),
    ("shop", "name", "x" * 121), ("shop", "slug", "Ä B"), ("shop", "slug", "start"), ("shop", "slug", "x" * 51), ("shop", "brand_colour", "red"),
    ("shop", "timezone", "Mars/Base"), ("shop", "language", "xx"), ("shop", "one", ""), ("launch", "opens_on", "1999-01-01"),
    ("launch", "opens_on", "soon"), ("launch", "tell_by", ["smoke"]), ("shop", "name", "a\x00b"),
])  # fmt: skip
def test_what_cannot_be_stays_on_the_page_and_is_not_kept(hers: Client, step: str, field: str, value: Any):
    answered(hers, *STEPS[: STEPS.index(step)])
    before = kept() if Sketch.objects.exists() else None
    answer = hers.post(url(step), {**GIVEN[step], field: value, "go": "next"})
    assert answer.status_code == 422
    assert answer.context["form"].errors and b"data-form-errors" in answer.content
    assert (kept() if Sketch.objects.exists() else None) == before
    assert not Merchant.objects.exists()


def test_an_address_that_is_taken_is_said_at_once(hers: Client, lunas: Luna):
    answer = hers.post(url("shop"), {**GIVEN["shop"], "slug": "luna", "go": "next"})
    assert answer.status_code == 422 and "slug" in answer.context["form"].errors
    answer = hers.post(url("shop"), {**GIVEN["shop"], "name": "Luna", "go": "next"})
    assert answer.status_code == 422 and "slug" in answer.context["form"].errors


def test_a_preview_shows_what_is_typed_and_keeps_nothing(hers: Client):
    part = hers.get(url("shop"), {"look": "", **GIVEN["shop"]}, headers=HTMX)
    assert part.status_code == 200 and b"<html" not in part.content
    assert b"Luna Club" in part.content and b"/brand/b4532a-" in part.content and b"beans" in part.content
    assert not Sketch.objects.exists()


def test_a_preview_of_nonsense_shows_what_was_there(hers: Client):
    part = hers.get(url("numbers"), {"look": "", "points": "x"}, headers=HTMX)
    assert part.status_code == 200 and b"phone" in part.content


def test_the_cost_is_in_view_while_the_numbers_change(hers: Client):
    answered(hers, "goal", "customers", "programme")
    costs = {}
    for points in ("1", "4"):
        sent = {**GIVEN["numbers"], "points": points}
        costs[points] = hers.get(url("numbers"), {"look": "", **sent}, headers=HTMX).context["cost"]
    # 120 kr give 12 points for every one per 10 kr; 60 points are a coffee that costs 7.50.
    assert (costs["1"].points, costs["4"].points) == (12, 48)
    assert costs["1"].share == Decimal("0.0125")
    assert costs["1"].month_minor == 400 * 150 and costs["4"].share == 4 * costs["1"].share


def test_another_programme_forgets_numbers_that_were_not_about_it(hers: Client):
    answered(hers, "goal", "customers", "programme", "numbers")
    hers.post(url("programme"), {"blueprint": "stamp-card", "go": "next"})
    form = hers.get(url("numbers")).context["form"]
    assert form["needed"].value() == 9 and "points" not in form.fields


def test_names_that_nobody_typed_change_with_the_programme_and_the_language(hers: Client):
    answered(hers, "goal", "customers", "programme")
    usual = hers.get(url("shop")).context["form"]
    said = {name: usual[name].value() for name in GIVEN["shop"]} | {"name": "Luna"}
    assert hers.post(url("shop"), {**said, "language": "sv", "go": "next"}).status_code == 303
    assert hers.get(url("shop")).context["form"]["programme_name"].value() == "Vår klubb"
    hers.post(url("programme"), {"blueprint": "stamp-card", "go": "next"})
    assert hers.get(url("shop")).context["form"]["programme_name"].value() == "Kaffekortet"


def test_starting_over_forgets_everything(hers: Client):
    answered(hers, "goal", "customers")
    assert hers.post(reverse("start_anew"))["Location"] == url("goal")
    assert not Sketch.objects.exists()


@pytest.mark.parametrize("name", [one.id for one in blueprints()])
@pytest.mark.parametrize("language", ["en", "sv", "nb", "nl"])
def test_every_programme_can_be_previewed_and_adjusted_in_every_language(
    hers: Client, name: str, language: str
):
    hers.post(url("programme"), {"blueprint": name, "go": "next"})
    page = hers.get(url("numbers"), headers={"Accept-Language": language})
    form = page.context["form"]
    sent = {field.html_name: field.value() or "" for field in form}
    answer = hers.post(url("numbers"), {**sent, "go": "next"}, headers={"Accept-Language": language})
    assert answer.status_code == 303, answer.context["form"].errors


def test_people_who_may_not_open_shops_are_kept_out(lunas: Luna, ottos: Luna, settings: Any):
    assert Client().get("/start/")["Location"] == "/accounts/login/?next=/start/"
    statuses = {role: browser_of(lunas, role).get(url("goal")).status_code
                for role in ("owner", "manager", "cashier", "analyst")}  # fmt: skip
    assert statuses == {"owner": 200, "manager": 403, "cashier": 403, "analyst": 403}
    settings.OWNERS_OPEN_SHOPS = False
    assert browser_of(lunas, "owner").get(url("goal")).status_code == 403
    assert browser_of(lunas, "owner").post(url("shop"), GIVEN["shop"]).status_code == 403
    assert b"Open another shop" not in browser_of(lunas, "owner").get("/?choose").content


def test_an_owner_opens_a_further_shop(lunas: Luna):
    browser = browser_of(lunas, "owner")
    assert b"Open another shop" in browser.get("/?choose").content
    assert answered(browser, *STEPS)["Location"] == "/m/cafe-luna-test/"


# --- the checklist ------------------------------------------------------------------------------------------


@pytest.fixture
def opened(hers: Client) -> str:
    """The address of the overview of a test shop that was just set up."""
    return answered(hers, *STEPS)["Location"]


def test_the_overview_says_what_is_next_and_leads_there(hers: Client, opened: str):
    card = hers.get(opened).context["checklist"]
    assert (card["done"], card["total"], card["upcoming"]["name"]) == (0, 7, "member")
    assert card["upcoming"]["url"] == "/cafe-luna-test/"
    assert hers.get(card["upcoming"]["url"]).status_code == 200


def test_every_step_that_has_a_page_leads_to_one(hers: Client, opened: str):
    steps = hers.get(f"{opened}setup/").context["checklist"]["steps"]
    assert {hers.get(step["url"], follow=True).status_code for step in steps if step["url"]} == {200}
    assert {step["name"] for step in steps if step["url"]} >= {"member", "connect", "live"}


def test_a_page_that_is_not_built_yet_is_left_out():
    assert address("office:no_such_page", "luna") == ""
    assert address("/no-such-place/") == ""
    assert address("office:go_live", "luna") == "/m/luna/live/"
    assert {where for _label, _text, _name, where in CHECKLIST.values()} == {"test", "live"}


def test_ticking_and_putting_away(hers: Client, opened: str):
    hers.post(f"{opened}setup/tick/", {"step": "poster", "ticked": "yes"})
    assert hers.get(opened).context["checklist"]["done"] == 1
    hers.post(f"{opened}setup/tick/", {"step": "poster", "ticked": "no"})
    assert hers.get(opened).context["checklist"]["done"] == 0
    assert hers.post(f"{opened}setup/hide/", {"hidden": "yes"})["Location"] == opened
    assert hers.get(opened).context["checklist"] is None
    assert hers.get(f"{opened}setup/").status_code == 200
    hers.post(f"{opened}setup/hide/", {"hidden": "no"})
    assert hers.get(opened).context["checklist"]["done"] == 0


@pytest.mark.parametrize("step", ["live", "", "nonsense", "\x00"])
def test_a_step_nobody_ticks_is_not_found(hers: Client, opened: str, step: str):
    assert hers.post(f"{opened}setup/tick/", {"step": step, "ticked": "yes"}).status_code == 404
    assert hers.get(opened).context["checklist"]["done"] == 0


# --- going live ---------------------------------------------------------------------------------------------


def test_going_live_opens_the_programme_to_everybody(hers: Client, opened: str, form_key: Any):
    page = hers.get(f"{opened}live/")
    assert page.context["stops"] == [] and page.context["anything"]
    sent = {"form_key": form_key(page), "confirmed": ["no_email"]}
    answer = hers.post(f"{opened}live/", sent)
    assert answer["Location"] == "/m/cafe-luna/"
    assert (
        hers.post(f"{opened}live/", sent)["Location"] == "/m/cafe-luna/"
    )  # the second click gets the first's answer
    live = Merchant.objects.get(slug="cafe-luna")
    with acting_for(live, by=MARA):
        assert programmes.history().count() == 1
    assert b"Get my card" in Client().get("/cafe-luna/").content
    assert hers.get("/m/cafe-luna/").context["checklist"]["done"] == 1
    assert b"Everything is live" in hers.get(f"{opened}live/").content


def test_before_that_the_live_portal_is_closed(hers: Client, opened: str):
    assert b"Get my card" not in Client().get("/cafe-luna/").content


def test_what_stands_in_the_way_is_listed_with_the_way_out(hers: Client, opened: str):
    live = Merchant.objects.get(slug="cafe-luna")
    with acting_for(live.sandbox, by=MARA):
        Reward.objects.update(retired_at=live.opened_at)
    page = hers.get(f"{opened}live/")
    assert [one["code"] for one in page.context["stops"]] == ["no_reward"]
    assert hers.get(page.context["stops"][0]["url"]).status_code == 200
    refused = hers.post(f"{opened}live/", {"confirmed": ["no_reward"]})
    assert refused.status_code == 422
    with acting_for(live, by=MARA):
        assert programmes.in_force() is None


def test_what_has_to_be_confirmed_is_not_taken_for_granted(hers: Client, opened: str):
    live = Merchant.objects.get(slug="cafe-luna")
    with acting_for(live.sandbox, by=MARA):
        Reward.objects.update(unit_cost_minor=900_00)
    refused = hers.post(f"{opened}live/", {})
    assert refused.status_code == 422
    assert [(one["code"], one["checked"]) for one in refused.context["confirm"]] == [("costly", False)]
    with acting_for(live, by=MARA):
        assert programmes.in_force() is None
    assert hers.post(f"{opened}live/", {"confirmed": ["costly"]}).status_code == 303


def test_who_may_not_publish_at_both_does_not_take_live(hers: Client, opened: str, lunas: Luna):
    live = Merchant.objects.get(slug="cafe-luna")
    from loyalty.core.merchants.operations import add_staff
    from tests.cast import AT

    with acting_for(live.sandbox, by=MARA):
        add_staff(email="tester@luna.example", role="owner", at=AT)
    tester = Client()
    tester.force_login(User.objects.get(email="tester@luna.example"))
    assert tester.get(opened).status_code == 200
    assert tester.get(f"{opened}live/").status_code == 404  # owns the test shop only
    with acting_for(live, by=MARA):
        add_staff(email="tester@luna.example", role="analyst", at=AT)
    assert tester.post(f"{opened}live/", {}).status_code == 403
    assert browser_of(lunas, "owner").post(f"{opened}live/", {}).status_code == 404
    with acting_for(live, by=MARA):
        assert programmes.in_force() is None
    assert queries.may_open_shops(User.objects.get(email="tester@luna.example"))
