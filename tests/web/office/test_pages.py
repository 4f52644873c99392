"""The ground under all pages: parts for htmx, whole pages for history, forms that work once, errors by their fields."""

from django import forms
from django.contrib.messages import get_messages
from django.test import Client

from loyalty.core.api.models import Answer
from loyalty.core.errors import DomainError, InvalidInput
from loyalty.core.pages import show_errors
from loyalty.core.tenancy.scope import acting_for
from tests.cast import MARA
from tests.web.office.conftest import Luna, browser_of

HTMX = {"HX-Request": "true"}


def test_htmx_gets_the_part_everyone_else_the_page(lunas: Luna, owner: Client):
    url = lunas.url("members/?q=ana")
    part, page = owner.get(url, headers=HTMX), owner.get(url)
    restored = owner.get(url, headers={**HTMX, "HX-History-Restore-Request": "true"})
    assert b"<html" not in part.content and part.content.lstrip().startswith(b'<div id="list">')
    assert b"<html" in page.content and b"<html" in restored.content
    assert {"HX-Request" in answer["Vary"] for answer in (part, page, restored)} == {True}


def given(lunas: Luna, owner: Client, **sent: str):
    """Send the form that gives points."""
    return owner.post(
        lunas.member(lunas.ana, "adjust/"), {"way": "give", "amount": "10", "reason": "x", **sent}
    )


def test_the_same_form_sent_twice_works_once(lunas: Luna, owner: Client):
    answers = [given(lunas, owner, form_key="abc") for _again in range(3)]
    assert lunas.points(lunas.ana) == 160
    assert {(answer.status_code, answer["Location"]) for answer in answers} == {
        (303, lunas.member(lunas.ana))
    }
    assert "nothing was done again" in str(list(get_messages(answers[-1].wsgi_request))[-1])


def test_going_back_and_typing_something_else_is_new(lunas: Luna, owner: Client):
    given(lunas, owner, form_key="abc")
    assert given(lunas, owner, form_key="abc", amount="20").status_code == 303
    assert lunas.points(lunas.ana) == 180


def test_a_form_that_came_back_can_be_sent_again_with_its_key(lunas: Luna, owner: Client):
    assert given(lunas, owner, form_key="abc", reason="").status_code == 422
    assert given(lunas, owner, form_key="abc").status_code == 303
    assert lunas.points(lunas.ana) == 160


def test_another_colleague_may_use_the_same_key(lunas: Luna, owner: Client):
    given(lunas, owner, form_key="abc")
    given(lunas, browser_of(lunas, "manager"), form_key="abc")
    assert lunas.points(lunas.ana) == 170


def test_an_answer_is_kept_only_for_what_was_done(lunas: Luna, owner: Client):
    given(lunas, owner, form_key="abc", amount="0")
    with acting_for(lunas.merchant, by=MARA):
        assert Answer.objects.count() == 0


class _Form(forms.Form):
    per = forms.CharField(required=False)


def test_refusals_stand_beside_their_field_and_the_rest_above():
    class Refused(DomainError):
        message = "No, {why}."
        field = "per_minor"

    form = _Form({"per": "1"})
    show_errors(form, Refused(why="really"), {"per_minor": "per"})
    show_errors(form, InvalidInput([{"field": "elsewhere", "code": "x", "message": "Odd."}]))
    assert form.errors == {"per": ["No, really."], "__all__": ["Odd."]}


def test_a_refusal_that_no_form_shows_comes_back_as_a_message(lunas: Luna, owner: Client):
    page = lunas.member(lunas.ben)
    answer = owner.post(lunas.member(lunas.ben, "unblock/"), headers={"Referer": f"http://testserver{page}"})
    assert (answer.status_code, answer["Location"]) == (303, f"http://testserver{page}")
    assert "active" in str(next(iter(get_messages(answer.wsgi_request))))


def test_a_refusal_never_sends_anybody_elsewhere(lunas: Luna, owner: Client):
    answer = owner.post(lunas.member(lunas.ben, "unblock/"), headers={"Referer": "https://evil.example/"})
    assert answer["Location"] == lunas.url()


def test_theme_and_language_are_cookies_and_stay_on_this_host(client: Client, db: None):
    dark = client.post("/theme/", {"theme": "dark", "next": "/m/luna/"})
    assert (dark["Location"], dark.cookies["theme"].value) == ("/m/luna/", "dark")
    assert client.post("/theme/", {"theme": "x", "next": "//evil.example"})["Location"] == "/"
    assert client.cookies["theme"].value == ""
    swedish = client.post("/language/", {"language": "sv", "next": "/"})
    assert swedish.cookies["django_language"].value == "sv"


def test_the_front_door(client: Client, lunas: Luna, owner: Client):
    assert b"Sign in" in client.get("/").content
    assert owner.get("/")["Location"] == lunas.url()
    assert "Café Luna" in owner.get("/?choose").content.decode()


def test_somebody_without_a_shop_is_told_what_to_do(client: Client, django_user_model, db: None):
    client.force_login(django_user_model.objects.create_user("new@example.org"))
    assert "Ask an owner" in client.get("/").content.decode()


def test_a_cashier_lands_where_they_may_be(lunas: Luna):
    assert browser_of(lunas, "cashier").get("/")["Location"] == lunas.url("members/join/")
