"""Members who come in by a file: who joins, who is here, who needs a fix; twice is once; undone where nothing happened."""

import io
from datetime import UTC, date
from zoneinfo import ZoneInfo

import pytest

from loyalty.core.events.models import Event
from loyalty.core.ledger.checks import verify
from loyalty.core.ledger.queries import balance
from loyalty.core.merchants.models import Merchant
from loyalty.exchange.kinds.base import Line
from loyalty.exchange.kinds.parsing import instant
from loyalty.exchange.writing import write_xlsx
from members.models import Consent, Identity, Member, Profile
from members.operations.joining import Newcomer, join_many
from members.operations.merging import merge
from members.operations.privacy import erase_member, export_member
from members.queries.directory import by_identity
from tests.cast import AT, buy, person, publish
from tests.exchange.conftest import Send, csv_of

HEAD = "Email;First Name;Last Name;Birthday;Accepts Marketing;Consent date"
WELCOME = {
    "type": "fixed", "id": "hello", "amount": 50,
    "when": [{"type": "activity", "kinds": ["account_created"]}],
}  # fmt: skip


def test_members_come_in_with_all_that_is_known_of_them(cafe: Merchant, send: Send):
    sent = send(
        "members", csv_of(HEAD, "Asa@Example.org;Åsa;Öberg;31/12/1990;yes;1/3/2026", "b@example.org;Bo;;;no;")
    )
    assert sent.checked == {"ready": 2, "known": 0, "bad": 0, "made": 0}
    assert Member.objects.count() == 0  # looking changes nothing
    assert sent.run().done == {"ready": 0, "known": 0, "bad": 0, "made": 2}
    asa = by_identity("email", "asa@example.org")
    profile = Profile.objects.get(member=asa)
    assert (str(profile), profile.birthday, profile.search_family) == (
        "Åsa Öberg",
        date(1990, 12, 31),
        "oberg",
    )
    assert (profile.news_by_email, profile.news_by_sms, asa.channel) == (True, False, "import")
    assert len(Identity.objects.get(member=asa, kind="card").value) == 12
    consent = Consent.objects.get(member=asa)
    assert (consent.given, consent.given_at.date().isoformat(), consent.source) == (
        True,
        "2026-02-28",
        "import",
    )
    assert set(Event.objects.filter(subject=asa.pk).values_list("kind", flat=True)) == {"member.imported"}
    assert verify() == []


def test_the_same_file_twice_changes_nothing(cafe: Merchant, send: Send):
    content = csv_of("email,first name", "a@example.org,A", "b@example.org,B")
    send("members", content).run()
    before = list(Member.objects.order_by("pk").values_list("pk"))
    again = send("members", content)
    assert again.checked == {"ready": 0, "known": 2, "bad": 0, "made": 0}
    other = send("members", csv_of("email,first name", "a@example.org,Somebody else"))
    assert other.checked["known"] == 1
    assert list(Member.objects.order_by("pk").values_list("pk")) == before
    assert Profile.objects.get(member=by_identity("email", "a@example.org")).given_name == "A"


BAD = [
    ("nonsense;A;;;;", "Email", "This is not an e-mail address."),
    (";A;;;;", "", "The row names nobody: no customer number, e-mail, phone or card."),
    ("c@example.org;A;;31/02/1990;;", "Birthday", "There is no such day."),
    ("c@example.org;A;;soon;;", "Birthday", "This is not a day. Write it like 2026-03-02, with or without a time."),
    ("c@example.org;A;;1980-02-03 or 04;;", "Birthday",
     "This is not a day. Write it like 2026-03-02, with or without a time."),
    ("c@example.org;A;;1/1/2999;;", "Birthday", "The year must lie between 1900 and 2100."),
    ("c@example.org;A;;;perhaps;", "Accepts Marketing", "Write yes or no."),
    ("c@example.org;A;;;yes;", "Accepts Marketing",
     "A yes to news has to be shown: say when or how they agreed, or leave this out."),
    ("c@example.org;A;;;yes;1/1/2050", "Consent date", "This day is still to come."),
    (f"c@example.org;{'x' * 81};;;;", "First Name", "At most 80 characters."),
]  # fmt: skip


MOMENTS = [
    ("2026-03-02", "2026-03-01T23:00"), ("2026-03-02 00:00", "2026-03-01T23:00"), ("02.03.2026 10:15", "2026-03-02T09:15"),
    ("2026-03-02 23:30:00+00", "2026-03-02T23:30"), ("2026-03-02 23:30:00 GMT", "2026-03-02T23:30"),
    ("2026-03-02T23:30:00.123Z", "2026-03-02T23:30"), ("2026-03-02 23:30 UTC", "2026-03-02T23:30"),
    ("2026-03-02 23:30:00 -0130", "2026-03-03T01:00"), ("2026-03-02 23:30:00+05:30", "2026-03-02T18:00"),
    ("2026-03-02 10:00 p.m.", "2026-03-02T21:00"), ("2026-03-02 12:00 AM", "2026-03-01T23:00"),
    ("2026-03-02 1:05pm +01:00", "2026-03-02T12:05"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "moment"), MOMENTS)
def test_an_instant_is_read_as_it_was_meant(text: str, moment: str):
    found = instant(Line(2, {"at": text}), "at", "dmy", ZoneInfo("Europe/Stockholm"))
    assert found.astimezone(UTC).isoformat().startswith(moment)


@pytest.mark.parametrize(
    "text",
    [
        "23:30 CET",
        "23:30:00 or so",
        "13:00 p.m.",
        "0:10 am",
        "10:00+25:00",
        "10:00 GMT+1",
        "23:30:00+1",
        "24:00",
    ],
)
def test_an_instant_that_could_be_another_is_refused(cafe: Merchant, send: Send, text: str):
    sent = send("members", csv_of("email;joined", f"a@example.org;2026-03-02 {text}", "b@example.org;"))
    assert sent.bad() == [
        (2, "joined", "This is not a day. Write it like 2026-03-02, with or without a time.")
    ]
    assert sent.checked["ready"] == 1


@pytest.mark.parametrize(("row", "column", "sentence"), BAD, ids=[row[2][:30] for row in BAD])
def test_a_row_that_needs_a_fix_says_which_and_why_and_stops_nobody(
    cafe: Merchant, send: Send, row: str, column: str, sentence: str
):
    sent = send("members", csv_of(HEAD, row, "good@example.org;Good;;;;"))
    assert sent.bad() == [(2, column, sentence)]
    assert sent.checked == {"ready": 1, "known": 0, "bad": 1, "made": 0}
    assert sent.run().done["made"] == 1
    assert Member.objects.count() == 1


def test_everything_wrong_with_a_row_is_told_at_once(cafe: Merchant, send: Send):
    sent = send("members", csv_of(HEAD, "nonsense;A;;31/02/1990;perhaps;"))
    assert [column for _row, column, _text in sent.bad()] == ["Email", "Birthday", "Accepts Marketing"]


def test_a_row_that_names_somebody_twice_or_two_people_at_once_is_not_guessed(cafe: Merchant, send: Send):
    person("17")
    content = csv_of(
        "customer number,email", "18,a@example.org", "19,A@EXAMPLE.ORG", "17,", "20,b@example.org"
    )
    sent = send("members", content)
    assert sent.bad() == [(3, "", "Row 2 is about the same. Keep one of the two.")]
    sent.run()
    two = send("members", csv_of("customer number,email", "17,b@example.org"))
    assert [text for _row, _column, text in two.bad()] == [
        "These belong to different members. Merge them first, or keep the one that is right."
    ]


def test_a_file_can_say_for_everybody_how_they_agreed(cafe: Merchant, send: Send):
    sent = send("members", csv_of(HEAD, "a@example.org;A;;;ja;"), consent="Newsletter form until 2025")
    assert sent.run().done["made"] == 1
    assert Consent.objects.get().proof == "Newsletter form until 2025"


def test_nobody_is_welcomed_again_unless_that_is_asked_for(cafe: Merchant, send: Send):
    publish(WELCOME)
    send("members", csv_of("email", "a@example.org")).run()
    send("members", csv_of("email", "b@example.org"), welcome=True).run()
    held = [balance(by_identity("email", f"{who}@example.org").pk).available for who in "ab"]
    assert held == [0, 50]
    assert verify() == []


def test_a_spreadsheet_is_as_good_as_csv(cafe: Merchant, send: Send):
    book = io.BytesIO()
    write_xlsx(
        ["Kundnummer", "Förnamn", "Födelsedag"],
        [["0017", "Åsa", "1990-12-31"], [18, "=cmd", ""]],
        book,
        title="x",
    )
    sent = send("members", book.getvalue(), name="kunder.xlsx").run()
    assert sent.done["made"] == 2
    assert Profile.objects.get(member=by_identity("external", "0017")).birthday == date(1990, 12, 31)
    assert Profile.objects.get(member=by_identity("external", "18")).given_name == "=cmd"


def test_an_import_is_undone_where_nothing_has_happened_since(cafe: Merchant, send: Send):
    sent = send("members", csv_of("email,name", "a@example.org,A A", "b@example.org,B B")).run()
    buy(by_identity("email", "b@example.org"), 10)
    assert sent.undo() == {"undone": 1, "kept": 1}
    assert [text for _row, _column, text in sent.bad("undoing")] == [
        "They have bought, done something or signed in since."
    ]
    assert Member.objects.get(pk=by_identity("email", "b@example.org").pk).status == "active"
    assert not Identity.objects.filter(value="a@example.org").exists()
    again = send("members", csv_of("email,name", "a@example.org,A A"))
    assert again.run().done["made"] == 1  # and who was undone can come again
    assert verify() == []


def test_consents_are_exported_erased_and_moved_with_their_member(cafe: Merchant, send: Send):
    content = csv_of("email,newsletter,proof", "a@example.org,yes,At the till", "b@example.org,no,")
    send("members", content).run()
    a, b = (by_identity("email", f"{who}@example.org") for who in "ab")
    assert export_member(member=a.pk, at=AT)["consents"][0]["proof"] == "At the till"
    merge(keep=b.pk, remove=a.pk, at=AT)
    assert Consent.objects.filter(member=b).count() == 2
    erase_member(member=b.pk, at=AT)
    assert Consent.objects.count() == 0


def test_one_who_is_in_a_batch_twice_becomes_one_member(cafe: Merchant):
    twice = [Newcomer(identities={"email": "a@example.org"}, joined_at=AT)] * 2
    first, second = join_many(people=twice, channel="import", at=AT)
    assert first.created and not second.created
    assert first.member.pk == second.member.pk and Member.objects.count() == 1
