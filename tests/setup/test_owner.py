"""An empty server has one way in: a link that works once, in time, and only while nobody owns the server."""

import io
import threading
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.urls import reverse

from loyalty.core import clock
from loyalty.core.errors import InvalidInput
from loyalty.core.people.models import User
from loyalty.core.people.operations import make_operator
from loyalty.core.people.queries import has_operator
from loyalty.setup import operations, queries
from loyalty.setup.announcing import welcome
from loyalty.setup.models import FirstLink
from tests.cast import AT, days, shop

pytestmark = pytest.mark.django_db


def address(token: str) -> str:
    return reverse("create_owner", args=[token])


def test_the_link_makes_the_owner_once():
    token = operations.make_first_link(at=AT)
    owner = operations.create_owner(token=token, email=" Mara@Luna.example ", at=AT)
    assert (owner.email, owner.is_superuser, owner.has_usable_password()) == (
        "mara@luna.example",
        True,
        False,
    )
    with pytest.raises(operations.LinkGone):
        operations.create_owner(token=token, email="mallory@example.com", at=AT)
    assert list(User.objects.values_list("email", flat=True)) == ["mara@luna.example"]


def test_only_a_digest_of_the_link_is_kept_and_it_holds_256_bits():
    token = operations.make_first_link(at=AT)
    kept = bytes(FirstLink.objects.get().digest)
    assert len(token) == 43 and len(kept) == 32
    assert token.encode() not in kept


@pytest.mark.parametrize("late", [timedelta(hours=24), days(9)])
def test_a_link_that_is_too_old_makes_nobody(late: timedelta):
    token = operations.make_first_link(at=AT)
    with pytest.raises(operations.LinkGone):
        operations.create_owner(token=token, email="mara@luna.example", at=AT + late)
    assert not has_operator()


def test_a_newer_link_takes_the_place_of_the_one_before():
    first, second = operations.make_first_link(at=AT), operations.make_first_link(at=AT)
    assert not queries.link_stands(first, at=AT)
    assert queries.link_stands(second, at=AT)


@pytest.mark.parametrize("token", ["", "x", "\u0000", "A" * 43, "ä" * 43])
def test_a_guess_makes_nobody(token: str):
    operations.make_first_link(at=AT)
    with pytest.raises(operations.LinkGone):
        operations.create_owner(token=token, email="mallory@example.com", at=AT)
    assert not User.objects.exists()


def test_what_is_no_address_leaves_the_link_good():
    token = operations.make_first_link(at=AT)
    with pytest.raises(InvalidInput):
        operations.create_owner(token=token, email="mara", at=AT)
    assert queries.link_stands(token, at=AT) and not User.objects.exists()


def test_a_server_with_a_shop_is_not_given_away():
    token = operations.make_first_link(at=AT)
    shop()
    with pytest.raises(operations.LinkGone):
        operations.create_owner(token=token, email="mallory@example.com", at=AT)
    with pytest.raises(operations.ServerClaimed):
        operations.make_first_link(at=AT)
    assert operations.offer_first_link(at=AT) is None


def test_workers_that_start_together_make_one_link():
    found = [operations.offer_first_link(at=AT + timedelta(seconds=n)) for n in range(4)]
    assert found[0] and found[1:] == [None, None, None]
    assert queries.link_stands(found[0], at=AT)
    later = operations.offer_first_link(at=AT + timedelta(minutes=5))
    assert later and not queries.link_stands(found[0], at=AT + timedelta(minutes=5))


def test_what_the_server_says_at_its_start(settings):
    said = welcome(at=clock.now())
    assert "no owner yet" in said and "/start/owner/" in said
    settings.OWNER_EMAIL = "mara@luna.example"
    assert "mara@luna.example is the owner" in welcome(at=clock.now())
    assert welcome(at=clock.now()) == ""
    assert has_operator()


def test_the_command_prints_a_link_or_makes_the_owner():
    said = io.StringIO()
    call_command("create_owner", stdout=said)
    token = said.getvalue().strip().rstrip("/").rpartition("/")[2]
    assert queries.link_stands(token, at=clock.now())
    call_command("create_owner", email="mara@luna.example", stdout=said)
    assert User.objects.get().is_superuser
    with pytest.raises(CommandError, match="owner already"):
        call_command("create_owner", stdout=said)
    with pytest.raises(CommandError, match="e-mail"):
        call_command("create_owner", email="nonsense", stdout=said)


def test_somebody_who_has_an_account_becomes_the_owner_with_it():
    known = User.objects.create_user("mara@luna.example")
    assert make_operator(email="MARA@luna.example").pk == known.pk
    assert User.objects.get().is_staff


def test_an_empty_server_says_so_and_a_claimed_one_does_not():
    assert b"no owner yet" in Client().get("/").content
    make_operator(email="mara@luna.example")
    page = Client().get("/").content
    assert b"no owner yet" not in page and b"Sign in to your shop" in page


def test_the_page_behind_the_link_makes_the_owner_and_leads_to_the_code():
    token = operations.make_first_link(at=clock.now())
    browser = Client()
    assert browser.get(address(token)).status_code == 200
    wrong = browser.post(address(token), {"email": "nonsense"})
    assert wrong.status_code == 422 and not User.objects.exists()
    done = browser.post(address(token), {"email": "mara@luna.example"})
    assert (done.status_code, done["Location"]) == (303, "/accounts/login/?next=/start/")
    assert "_auth_user_id" not in browser.session  # the link proves the server, the code proves the address
    for again in (
        browser.get(address(token)),
        browser.post(address(token), {"email": "mallory@example.com"}),
    ):
        assert again.status_code == 404
    assert User.objects.count() == 1


def test_a_page_behind_a_wrong_link_says_how_to_get_a_right_one():
    operations.make_first_link(at=clock.now())
    answer = Client().get(address("nonsense"))
    assert answer.status_code == 404
    assert b"create_owner" in answer.content and answer["Cache-Control"].startswith("max-age=0")


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_two_who_follow_the_link_at_once_make_one_owner():
    token = operations.make_first_link(at=AT)
    start, ended = threading.Barrier(2), []

    def follow(email: str) -> None:
        start.wait()
        try:
            operations.create_owner(token=token, email=email, at=AT)
            ended.append("owner")
        except operations.LinkGone:
            ended.append("late")
        finally:
            connection.close()

    threads = [threading.Thread(target=follow, args=[f"{name}@luna.example"]) for name in ("mara", "mallory")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ended) == ["late", "owner"]
    assert User.objects.count() == 1


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_twin_without_the_lock_both_would_be_owners(monkeypatch):
    """The same race, with the look at the link taken before either has used it."""
    token = operations.make_first_link(at=AT)
    looked, ended = threading.Barrier(2), []
    fits = queries.fits

    def slow(*args, **kwargs):
        answer = fits(*args, **kwargs)
        looked.wait(timeout=10)
        return answer

    monkeypatch.setattr(queries, "fits", slow)
    monkeypatch.setattr(FirstLink.objects, "select_for_update", FirstLink.objects.all)
    monkeypatch.setattr(queries, "is_claimed", lambda: False)

    def follow(email: str) -> None:
        try:
            operations.create_owner(token=token, email=email, at=AT)
            ended.append("owner")
        finally:
            connection.close()

    threads = [threading.Thread(target=follow, args=[f"{name}@luna.example"]) for name in ("mara", "mallory")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ended == ["owner", "owner"]
