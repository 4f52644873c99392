"""Points that come in by a file: lot by lot, with their dates; twice is once; what was used stays used."""

from datetime import UTC, datetime

import pytest

from loyalty.core import clock
from loyalty.core.ledger.checks import verify
from loyalty.core.ledger.queries import balance, balance_as_of, lots, totals
from loyalty.core.merchants.models import Merchant
from loyalty.exchange.writing import csv_bytes
from members.models import Member
from members.operations.membership import join
from members.operations.points import adjust_points, live_through
from members.queries.story import story
from tests.cast import AT, days, person, publish
from tests.exchange.conftest import Send, csv_of

HEAD = "customer number,points,earned at,expires"


def test_each_row_is_a_lot_with_its_own_dates(cafe: Merchant, ana: Member, send: Send):
    rows = ("ana,100,2025-01-10,2099-01-31", "ana,1 240,2025-03-01 14:00,never", "ana,5,,2099-06-30")
    sent = send("lots", csv_of(HEAD, *rows))
    assert sent.checked["ready"] == 3 and balance(ana.pk).available == 0
    assert sent.run().done["made"] == 3
    found = {lot.granted: lot for lot in lots(ana.pk)}
    # A day counts to its end, in Stockholm.
    assert found[100].expires_at == datetime(2099, 1, 31, 23, tzinfo=UTC)
    assert found[1240].expires_at is None
    assert balance(ana.pk).available == 1345
    assert balance_as_of(ana.pk, at=datetime(2025, 2, 1, tzinfo=UTC)).available == 100
    assert totals() == {"adjusted": 1345}  # nothing was earned for a purchase of this shop
    assert verify() == []


def test_the_same_file_twice_changes_nothing(cafe: Merchant, ana: Member, send: Send):
    content = csv_of(HEAD, "ana,100,2025-01-10,", "ana,100,2025-01-10,", "ana,7,,")
    assert send("lots", content).run().done["made"] == 3  # two of one day are two lots
    again = send("lots", content)
    assert again.checked == {"ready": 0, "known": 3, "bad": 0, "made": 0}
    assert balance(ana.pk).available == 207


@pytest.mark.parametrize("day", ["2026-03-02 00:00", "02/03/2026", "2026-03-01T23:00:20Z"])
def test_a_day_is_the_same_however_a_spreadsheet_writes_it(cafe: Merchant, ana: Member, send: Send, day: str):
    send("lots", csv_of(HEAD, "ana,100,2026-03-02,")).run()
    assert send("lots", csv_of(HEAD, f"ana,100,{day},")).checked["known"] == 1
    assert send("lots", csv_of(HEAD, "ana,100,2026-03-02 00:01,")).checked["ready"] == 1


def test_one_who_is_named_in_two_ways_has_two_lots_of_a_day(cafe: Merchant, ana: Member, send: Send):
    join(at=AT, identities={"external": "ben", "email": "b@example.org"})
    head = "customer number,email,points,earned at"
    rows = ("ben,,100,2026-03-02", ",B@Example.org,100,2/3/2026", "ben,,100,2026-03-03")
    assert send("lots", csv_of(head, *rows)).run().done["made"] == 3
    assert send("lots", csv_of(head, rows[1], rows[2], rows[0])).checked["known"] == 3


def fixed(rows: list[list[str]], **changes: str) -> bytes:
    """The rows to fix with some of their texts replaced, as they are sent again."""
    found = csv_bytes(rows, first=True).decode()
    for before, after in changes.items():
        found = found.replace(before, after)
    return found.encode()


def test_fixed_rows_are_the_lots_they_were_in_their_file(cafe: Merchant, ana: Member, send: Send):
    rows = ("ana,100,2026-03-02,", "ana,abc,2026-03-02,", "ana,100,2026-03-02,")
    sent = send("lots", csv_of(HEAD, *rows)).run()
    to_fix = sent.to_fix()
    assert to_fix[1] == ["ana", "abc", "2026-03-02", "", "2", "points: This is not a whole number."]
    again = send("lots", fixed(to_fix, abc="100"))
    assert again.run().done["made"] == 1
    assert send("lots", fixed(to_fix, abc="100")).checked["known"] == 1
    assert send("lots", csv_of(HEAD, *rows).replace(b"abc", b"100")).checked["known"] == 3
    assert balance(ana.pk).available == 300
    assert {row.sentence for row in story(ana.pk).rows} == {
        "100 points"
    }  # what was wrong is not what they were for


def test_a_fixed_row_of_which_nobody_knew_whose_it_was_is_not_guessed(
    cafe: Merchant, ana: Member, send: Send
):
    rows = ("ana,100,2026-03-02,", "anna,100,2026-03-02,", "ana,7,soon,")
    sent = send("lots", csv_of(HEAD, *rows)).run()
    to_fix = sent.to_fix()
    assert [row[4] for row in to_fix] == ["which_of_day", "?", "?"]
    again = send("lots", fixed(to_fix, anna="ana", soon="2026-03-03"))
    reason = (
        "Points of this member and day are here already. Say which of that day these are: 2 for the second."
    )
    assert again.bad() == [(2, "which_of_day", reason)]
    again.run()
    told = send("lots", fixed(again.to_fix(), **{"?": "2"}))
    assert told.run().done["made"] == 1
    assert balance(ana.pk).available == 207
    assert send("lots", csv_of(HEAD, "ana,100,2026-03-02,", "ana,100,2026-03-02,")).checked["known"] == 2


def test_a_row_says_which_of_its_day_it_is_only_once_and_in_numbers(cafe: Merchant, ana: Member, send: Send):
    head = f"{HEAD},which_of_day"
    rows = (
        "ana,100,2026-03-02,,2",
        "ana,100,2026-03-02 00:00,,2",
        "ana,5,2026-03-02,,0",
        "ana,5,2026-03-02,,b",
    )
    assert send("lots", csv_of(head, *rows)).bad() == [
        (3, "", "Row 2 is about the same. Keep one of the two."),
        (4, "which_of_day", "This is not a whole number."),
        (5, "which_of_day", "This is not a whole number."),
    ]


def test_who_becomes_a_member_after_the_check_is_checked_again(cafe: Merchant, ana: Member, send: Send):
    sent = send("lots", csv_of(HEAD, "ben,100,2026-03-02,", "ana,1,2026-03-02,"))
    ben = person("ben")
    sent.run()
    assert sent.bad("running") == [(2, "", "Check the file first; then import what is ready.")]
    assert balance(ben.pk).available == 0


def test_another_balance_for_the_same_lot_is_not_added_on_top(cafe: Merchant, ana: Member, send: Send):
    send("lots", csv_of("customer number,points", "ana,100")).run()
    sent = send("lots", csv_of("customer number,points", "ana,150"))
    assert sent.bad() == [
        (
            2,
            "points",
            "This was brought in before, as 100 and not 150. Adjust the member’s points, or undo that import.",
        )
    ]
    assert balance(ana.pk).available == 100


def test_a_lot_is_known_by_its_own_number_in_whatever_file_it_comes(cafe: Merchant, ana: Member, send: Send):
    send("lots", csv_of("customer number,points,transaction id", "ana,100,T-1")).run()
    sent = send(
        "lots", csv_of("transaction id;points;kundnummer;earned", "T-1;100;ana;2020-01-01", "T-2;5;ana;")
    )
    assert sent.checked == {"ready": 1, "known": 1, "bad": 0, "made": 0}


BAD = [
    ("nobody,100,,", "customer number", "No member is known by this. Import the members first."),
    ("ana,0,,", "points", "Only points above zero make a lot. Leave rows without any out of the file."),
    ("ana,-5,,", "points", "Only points above zero make a lot. Leave rows without any out of the file."),
    ("ana,10.5,,", "points", "This is not a whole number."),
    ("ana,lots,,", "points", "This is not a whole number."),
    ("ana,9999999999999,,", "points", "This number is too large."),
    ("ana,100,,2020-01-01", "expires", "These points have ended already: nothing is left of them."),
    ("ana,100,2099-01-01,", "earned at", "This day must lie between 2000 and today."),
]


@pytest.mark.parametrize(("row", "column", "sentence"), BAD)
def test_a_row_that_needs_a_fix_says_why(
    cafe: Merchant, ana: Member, send: Send, row: str, column: str, sentence: str
):
    sent = send("lots", csv_of(HEAD, row, "ana,1,2025-01-01,"))
    assert sent.bad() == [(2, column, sentence)]
    sent.run()
    assert balance(ana.pk).available == 1


def test_stamps_are_no_points_and_what_waits_goes_on_waiting(cafe: Merchant, ana: Member, send: Send):
    head = "customer number,points,unit,state,available from"
    rows = (
        "ana,9,stamps-coffee,open,",
        "ana,50,points,waiting,",
        "ana,60,points,waiting,2099-01-01",
        "ana,1,points,open,",
    )
    sent = send("lots", csv_of(head, *rows))
    assert [(row, column) for row, column, _text in sent.bad()] == [(2, "unit"), (3, "state")]
    sent.run()
    assert (balance(ana.pk).available, balance(ana.pk).pending) == (1, 60)


def test_without_an_end_in_the_file_points_live_as_was_chosen(cafe: Merchant, ana: Member, send: Send):
    publish(points_life={"expiry": "rolling", "months": 1200 // 100}, at=clock.now())
    ends = {}
    for number, choice in enumerate(("never", "earned", "today"), start=1):
        earned = clock.now() - days(30 + number)
        send(
            "lots",
            csv_of("customer number,points,earned at", f"ana,{number},{earned.isoformat()}"),
            ends=choice,
        ).run()
        ends[choice] = lots(ana.pk).get(granted=number).expires_at
    assert ends["never"] is None
    assert 330 < (ends["earned"] - clock.now()).days < 340
    assert 360 < (ends["today"] - clock.now()).days < 370


def test_points_that_wait_go_on_waiting_and_then_count(cafe: Merchant, ana: Member, send: Send):
    head = "customer number,points,available from"
    send("lots", csv_of(head, "ana,100,2098-01-01", "ana,1,2020-01-01")).run()
    assert (balance(ana.pk).available, balance(ana.pk).pending) == (1, 100)
    live_through(at=datetime(2098, 1, 2, tzinfo=UTC))
    assert balance(ana.pk).available == 101
    assert verify() == []


def test_the_day_from_which_points_can_be_spent_tells_how_days_are_written(
    cafe: Merchant, ana: Member, send: Send
):
    sent = send("lots", csv_of("customer number,points,available from", "ana,1,2/13/2098", "ana,2,3/2/2098"))
    sent.run()
    assert sent.done["made"] == 2
    live_through(at=datetime(2098, 3, 1, tzinfo=UTC))
    assert balance(ana.pk).available == 1


def test_an_import_is_undone_where_the_points_are_still_there(
    cafe: Merchant, ana: Member, ben: Member, send: Send
):
    content = csv_of(HEAD, "ana,100,2025-01-01,", "ben,50,2025-01-01,")
    sent = send("lots", content).run()
    adjust_points(member=ben.pk, amount=-10, reason="spent", at=clock.now())
    assert sent.undo() == {"undone": 1, "kept": 1}
    assert (balance(ana.pk).available, balance(ben.pk).available) == (0, 40)
    assert (
        sent.bad("undoing")[0][2]
        == "Some of these points have been used, moved or have ended since; they stay."
    )
    again = send("lots", content)
    assert again.checked == {"ready": 1, "known": 1, "bad": 0, "made": 0}  # what was undone can come again
    again.run()
    assert balance(ana.pk).available == 100
    assert again.undo()["undone"] == 1
    assert send("lots", content).checked["ready"] == 1
    assert verify() == []


def test_a_members_story_tells_what_they_brought(cafe: Merchant, ana: Member, send: Send):
    send("lots", csv_of("customer number,points,note", "ana,100,Birthday 2024")).run()
    (row,) = story(ana.pk).rows
    assert (row.title, row.sentence, row.change) == ("Brought from before", "Birthday 2024", 100)
