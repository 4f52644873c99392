"""Filling facts: twice is once, an interval half done is done again, and whoever is stopped leaves nothing wrong."""

from datetime import date

import pytest
from django.db import IntegrityError

from analytics import tasks
from analytics.models import Fact, Mark, Stale
from analytics.operations import filling
from analytics.queries import freshness
from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy.scope import acting_for
from members.models import Member
from tests.analytics.spring import NOW, fill, told
from tests.cast import AT, MARA, buy, days, person


@pytest.fixture
def year(ana: Member, ben: Member) -> None:
    """An order every eleven days, by turns."""
    for number in range(16):
        buy(
            (ana, ben, None)[number % 3],
            100 + number,
            at=AT + days(11 * number),
            channel=("web", "pos")[number % 2],
        )


def kept() -> list[tuple[object, ...]]:
    """Every fact there is."""
    columns = ("family", "grain", "first", "cut", "name", "measure", "amount")
    return sorted(Fact.objects.values_list(*columns))


def test_filling_twice_is_filling_once(year: None) -> None:
    fill()
    once = kept()
    assert {family for family, *_rest in once} >= {"orders", "buyers", "members", "points"}
    fill()
    assert kept() == once


def test_any_interval_can_be_filled_again(year: None) -> None:
    fill()
    once = kept()
    Fact.objects.filter(first__gte=date(2026, 4, 1), first__lt=date(2026, 5, 1)).delete()
    Fact.objects.filter(first=date(2026, 3, 2), measure="revenue").update(amount=7)
    filling.refill(first=date(2026, 3, 1), last=date(2026, 4, 30))
    fill()
    assert kept() == once


def test_long_histories_are_summed_in_several_batches(year: None, monkeypatch: pytest.MonkeyPatch) -> None:
    fill()
    once = kept()
    Fact.objects.all().delete()
    monkeypatch.setattr(filling, "BATCH_DAYS", 30)
    filling.refill(first=date(2026, 1, 1), last=date(2026, 9, 30))
    batches = 1
    while filling.sum_batch(at=NOW):
        batches += 1
    assert batches >= 9
    assert kept() == once


@pytest.mark.parametrize("step", [1, 2, 5, 9, 12])
def test_whoever_is_stopped_half_way_leaves_nothing_half_done(
    year: None, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    fill()
    once = kept()
    Fact.objects.filter(family="buyers").update(amount=0)
    filling.refill(first=date(2026, 3, 1), last=date(2026, 3, 31))
    waiting, wrong = Stale.objects.count(), kept()
    steps = iter(range(1, 1000))
    real = filling.keep_sums

    def killed(**asked: object) -> None:
        if next(steps) == step:
            raise KeyboardInterrupt
        real(**asked)  # type: ignore[arg-type]

    monkeypatch.setattr(filling, "keep_sums", killed)
    with pytest.raises(KeyboardInterrupt):
        filling.sum_batch(at=NOW)
    assert (Stale.objects.count(), kept()) == (waiting, wrong)
    monkeypatch.setattr(filling, "keep_sums", real)
    filling.refill(first=date(2026, 1, 1), last=date(2026, 9, 30))
    fill()
    assert kept() == once


def test_twin_without_taking_the_old_sums_away_it_would_be_noticed(
    year: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill()
    filling.refill(first=date(2026, 3, 1), last=date(2026, 3, 31))
    found = type(Fact.objects.none())
    monkeypatch.setattr(found, "delete", lambda self: (0, {}))
    with pytest.raises(IntegrityError):
        filling.sum_batch(at=NOW)


def test_only_what_was_touched_is_summed_again(year: None, ana: Member) -> None:
    fill()
    buy(ana, 10, at=AT + days(3))
    filling.note_changes(at=NOW)
    marked = set(Stale.objects.filter(family="orders").values_list("day", flat=True))
    assert marked == {(AT + days(3)).date()}
    assert set(Stale.objects.filter(family="refunds")) == set()


def test_the_mark_waits_for_nobody_and_forgets_nothing(year: None, ana: Member) -> None:
    filling.note_changes(at=NOW)
    before = Mark.objects.get().number
    filling.note_changes(at=NOW)
    assert Mark.objects.get().number == before
    buy(ana, 10, at=NOW)
    filling.note_changes(at=NOW)
    assert Mark.objects.get().number > before


def test_a_large_shop_is_read_as_it_was_summed_last(
    year: None, ana: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = AT + days(170)
    fill(at)
    monkeypatch.setattr(freshness, "LIVE_BELOW", 1)
    before = told("orders", at=at).value
    buy(ana, 10, at=AT + days(1))
    assert told("orders", at=at).value == before
    found = freshness.freshness(zone="Europe/Stockholm", at=at + days(1))
    assert (found.is_live, found.as_of) == (False, at)
    fill(at)
    assert told("orders", at=at).value == before + 1


def test_the_task_fills_every_shop_and_one_that_fails_stops_no_other(
    luna: Merchant, other_shop: Merchant, monkeypatch: pytest.MonkeyPatch
) -> None:
    for merchant in (luna, other_shop):
        with acting_for(merchant, by=MARA):
            person("somebody", at=AT)
    real = tasks.fill_of

    def failing(merchant: Merchant) -> int:
        if merchant == luna:
            raise RuntimeError("broken")
        return real(merchant)

    monkeypatch.setattr(tasks, "fill_of", failing)
    assert tasks.fill_facts() >= 1
    with acting_for(luna, by=MARA):
        assert not Mark.objects.exists()
    with acting_for(other_shop, by=MARA):
        assert Mark.objects.get().filled_at is not None
        assert Fact.objects.filter(measure="joined").exists()
