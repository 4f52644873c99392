"""Every refusal of `ledger.post`, in the order in which they take precedence: the key first, then what is asked."""

from typing import Any

import pytest
from django.db import Error, transaction

from loyalty.core import ids
from loyalty.core.errors import DomainError
from loyalty.core.events.models import Event
from loyalty.core.ledger.chart import Do, MemberAccount, MerchantAccount, Shortfall
from loyalty.core.ledger.models import Account, Entry, Transfer
from loyalty.core.ledger.operations import Posted, Posting, post, post_many
from loyalty.core.ledger.queries import balance, lots
from tests.cast import AT, days

OWNER = ids.new()


def posting(do: Do, key: str, **more: Any) -> Posting:
    return Posting(**{"do": do, "key": key, "kind": "test", "event": "points.moved", "owner": OWNER, "actor": "test",
                      "at": AT, "now": AT, **more})  # fmt: skip


@pytest.fixture
def books(cafe):
    """100 points that end in ten days, 20 pending, 30 reserved of the hundred, 10 of them committed."""
    post(posting(Do.GRANT, "grant", amount=100, expires_at=AT + days(10)))
    post(posting(Do.GRANT, "later", amount=20, pending=True))
    held = post(posting(Do.SPEND, "hold", amount=30, counter=MemberAccount.RESERVED)).transfer
    used = post(posting(Do.COMMIT, "use", amount=10, of=held, counter=MerchantAccount.REDEEMED)).transfer
    by_key = {lot.transfer.key: lot.pk for lot in lots(OWNER).select_related("transfer")}
    return {
        "held": held,
        "used": used,
        "lot": by_key["grant"],
        "waiting": by_key["later"],
        "nobody": ids.new(),
    }


REFUSALS = [
    # what is asked (names are of the fixture's rows), code, what is said to be left
    ("a used key, though the amount is also too much", Do.SPEND, {"key": "grant", "amount": 999}, "key_reused", None),
    ("a used key for another unit", Do.GRANT, {"key": "grant", "amount": 100, "unit": "stamps"}, "key_reused", None),
    ("a used key for another member", Do.GRANT, {"key": "grant", "amount": 100, "owner": ids.new()}, "key_reused", None),
    ("more than is available", Do.SPEND, {"amount": 71}, "not_enough_points", 70),
    ("pending points", Do.SPEND, {"amount": 90}, "not_enough_points", 70),
    ("points that are over", Do.SPEND, {"amount": 1, "at": AT + days(10)}, "not_enough_points", 0),
    ("another unit's points", Do.SPEND, {"amount": 1, "unit": "stamps"}, "not_enough_points", 0),
    ("more than is still reserved", Do.COMMIT, {"of": "held", "amount": 21}, "nothing_left", 20),
    ("a commit of what is no reservation", Do.COMMIT, {"of": "used"}, "nothing_left", 0),
    ("a commit of nothing known", Do.COMMIT, {"of": "nobody"}, "nothing_left", 0),
    ("more than is still reserved, back", Do.RELEASE, {"of": "held", "amount": 21}, "nothing_left", 20),
    ("more back than was spent", Do.GIVE_BACK, {"of": "used", "amount": 11}, "nothing_left", 10),
    ("a reservation given back", Do.GIVE_BACK, {"of": "held"}, "nothing_left", 0),
    ("more taken back than granted", Do.TAKE_BACK, {"lot": "lot", "amount": 101}, "nothing_left", 100),
    ("counting points, where only pending ones are taken", Do.TAKE_BACK,
     {"lot": "lot", "amount": 5, "shortfall": Shortfall.ONLY_PENDING}, "nothing_left", 0),
    ("points that count already", Do.ACTIVATE, {"lot": "lot"}, "nothing_left", 0),
    ("points that live", Do.EXPIRE, {"lot": "lot", "at": AT + days(9)}, "nothing_left", 0),
    ("points that wait", Do.EXPIRE, {"lot": "waiting", "at": AT + days(99)}, "nothing_left", 0),
    ("nothing known", Do.FORFEIT, {"lot": "nobody"}, "nothing_left", 0),
]  # fmt: skip


@pytest.mark.parametrize(
    ("do", "asked", "code", "left"), [row[1:] for row in REFUSALS], ids=[row[0] for row in REFUSALS]
)
def test_a_refusal_says_why_and_writes_nothing(books, do, asked, code, left):
    asked = {
        name: books.get(value, value) if isinstance(value, str) else value for name, value in asked.items()
    }
    before = list(Account.objects.order_by("pk").exclude(version=0).values("pk", "balance", "version"))
    counts = Transfer.objects.count(), Entry.objects.count(), Event.objects.count()
    with pytest.raises(DomainError) as refusal:
        post(posting(do, asked.pop("key", "fresh"), **{"counter": MerchantAccount.REDEEMED, **asked}))
    assert refusal.value.code == code
    assert refusal.value.params.get("available") == left
    assert str(refusal.value)
    assert (
        list(Account.objects.order_by("pk").exclude(version=0).values("pk", "balance", "version")) == before
    )
    assert (Transfer.objects.count(), Entry.objects.count(), Event.objects.count()) == counts


@pytest.mark.parametrize(
    ("do", "asked"),
    [
        (Do.GRANT, {"amount": None}),
        (Do.SPEND, {"amount": None}),
        (Do.SPEND, {"amount": None, "counter": MemberAccount.RESERVED}),
        (Do.TAKE_BACK, {"amount": None, "lot": "lot"}),
        (Do.TAKE_BACK, {"amount": 5, "lot": "nobody"}),
        (Do.GRANT, {"amount": 0}),
        (Do.GRANT, {"amount": -5}),
        (Do.GRANT, {"amount": 10**12 + 1}),
        ("borrow", {"amount": 5}),
    ],
)
def test_nonsense_is_a_bug_and_surfaces(books, do, asked):
    asked = {
        name: books.get(value, value) if isinstance(value, str) else value for name, value in asked.items()
    }
    with pytest.raises(Error), transaction.atomic():
        post(posting(do, "fresh", **{"counter": MerchantAccount.REDEEMED, **asked}))
    assert balance(OWNER).available == 70


def test_a_batch_answers_each_and_a_refusal_does_not_stop_the_rest(cafe):
    answers = post_many([
        posting(Do.GRANT, "a", amount=10),
        posting(Do.SPEND, "b", amount=11, counter=MerchantAccount.REDEEMED),
        posting(Do.GRANT, "a", amount=10),
        posting(Do.GRANT, "a", amount=12),
        posting(Do.SPEND, "b", amount=4, counter=MerchantAccount.REDEEMED),
    ])  # fmt: skip
    assert [one.code if isinstance(one, DomainError) else one.replayed for one in answers] == [
        False, "not_enough_points", True, "key_reused", False,
    ]  # fmt: skip
    assert balance(OWNER).available == 6
    assert post_many([]) == []


def test_a_posting_answers_what_it_did(books):
    answer = post(posting(Do.SPEND, "fresh", amount=20, counter=MerchantAccount.REDEEMED))
    assert answer == Posted(answer.transfer, False, 20, 0, 50)
    assert Transfer.objects.get(pk=answer.transfer).key == "fresh"
    event = Event.objects.get(data__transfer=str(answer.transfer))
    assert (event.kind, event.subject, event.data["amount"], event.data["balance"]) == (
        "points.moved",
        OWNER,
        20,
        50,
    )


def test_activity_restarts_only_lots_on_sliding_terms(cafe):
    post(posting(Do.GRANT, "slides", amount=10, expires_at=AT + days(5), slides_days=30))
    post(posting(Do.GRANT, "stays", amount=10, expires_at=AT + days(5)))
    post(posting(Do.GRANT, "moves", amount=10, slide_to=AT + days(30)))
    assert {lot.transfer.key: lot.expires_at for lot in lots(OWNER)} == {
        "slides": AT + days(30), "stays": AT + days(5), "moves": None,
    }  # fmt: skip
