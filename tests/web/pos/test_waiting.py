"""Sales that waited for the connection arrive exactly once, or stay with a reason; sums as people type them; codes in
pictures."""

import io
from datetime import timedelta
from typing import Any

import pytest
import segno
from django.core import signing
from django.test import Client
from PIL import Image

from loyalty.core import ids
from loyalty.core.merchants.operations import revoke_staff
from loyalty.core.tenancy.scope import acting_for
from loyalty.web.pos import frame, selling
from loyalty.web.pos.sums import read_sum
from members.rules.shopping import NewLine
from tests.cast import MARA, OTTO, shop
from tests.web.pos.conftest import Counter, at, device, key, now, opened, told, unlocks


def shift_of(browser: Client) -> str:
    """What the open till keeps on the device: whose sales the next ones are."""
    return str(browser.get("/pos/").context["shift"])


def sends(browser: Client, shift: str, **sale: Any) -> dict[str, str]:
    """The device sends in one sale that waited."""
    sent = {"amount": "56", "form_key": key(), "shift": shift, "sold_at": str(int(now().timestamp()))}
    return browser.post("/pos/queued/", {**sent, **sale}).json()


def test_a_sale_that_waited_is_given_once_however_often_it_is_sent(counter: Counter, tablet: Client) -> None:
    ana = counter.member("ANA2345", given_name="Ana")
    sale = {"card": "ana-2345", "form_key": key(), "sold_at": str(int(now().timestamp()))}
    answers = [sends(tablet, shift_of(tablet), **sale) for _again in range(3)]
    assert {answer["state"] for answer in answers} == {"done"}
    assert "56" in answers[0]["text"] and "Ana" in answers[0]["text"]
    assert counter.points(ana) == 56 and len(counter.orders()) == 1
    assert [(row.queued, row.points) for row in counter.actions()] == [(True, 56)]
    counter.agrees()


def test_a_sale_whose_answer_was_lost_is_the_same_when_it_waits(counter: Counter, tablet: Client) -> None:
    """It was given, the connection dropped before the answer, and the device kept it under the form's own key."""
    ana = counter.member("ANA2345")
    form = key()
    tablet.post(at(ana, "earn/"), {"amount": "56", "form_key": form})
    member = ids.encode("mbr", ana.pk)
    assert sends(tablet, shift_of(tablet), member=member, form_key=form)["state"] == "done"
    assert counter.points(ana) == 56 and len(counter.orders()) == len(counter.actions()) == 1


def test_a_sale_counts_when_it_was_made(counter: Counter, tablet: Client) -> None:
    counter.member("ANA2345")
    shift = shift_of(tablet)
    early, late = (str(int((now() + timedelta(hours=hours)).timestamp())) for hours in (-5, 5))
    assert sends(tablet, shift, card="ANA2345", sold_at=early)["state"] == "done"
    assert sends(tablet, shift, card="ANA2345", sold_at=late)["state"] == "done"
    first, second = (row.done_at for row in counter.actions())
    assert now() - timedelta(minutes=2) < first <= second <= now(), "not before the shift, not in the future"


def test_a_locked_till_still_sends_what_waits_in_the_name_of_who_sold_it(
    counter: Counter, tablet: Client
) -> None:
    ana = counter.member("ANA2345")
    shift = shift_of(tablet)
    tablet.post("/pos/leave/")
    assert sends(tablet, shift, card="ANA2345")["state"] == "done"
    assert [row.staff_id for row in counter.actions()] == [counter.staff["Tom"].pk]
    assert counter.points(ana) == 56


@pytest.mark.parametrize(
    ("sale", "why"),
    [({"card": "WRONG99"}, "No member has this card"), ({"card": ""}, "Scan a card"),
     ({"card": "ANA2345", "amount": "x"}, "not a sum"), ({"card": "ANA2345", "sold_at": "x"}, "when"),
     ({"card": "ANA2345", "sold_at": "9" * 30}, "when"), ({"card": "ANA2345", "form_key": "'"}, "too old"),
     ({"member": "mbr_nonsense"}, "No member has this card")],
)  # fmt: skip
def test_what_cannot_be_given_stays_with_a_plain_reason(
    counter: Counter, tablet: Client, sale: dict[str, str], why: str
) -> None:
    ana = counter.member("ANA2345")
    answer = sends(tablet, shift_of(tablet), **sale)
    assert answer["state"] == "refused" and why in answer["text"]
    assert counter.orders() == [] and counter.actions() == [] and counter.points(ana) == 0


def test_a_rewards_code_is_no_card(counter: Counter, tablet: Client) -> None:
    ana = counter.member("ANA2345", points=250)
    _row, code = counter.holds_code(ana)
    assert sends(tablet, shift_of(tablet), card=code)["state"] == "refused"
    assert counter.orders() == []


def test_nobody_sends_in_another_name_or_from_another_till(counter: Counter, tablet: Client) -> None:
    counter.member("ANA2345")
    mine = shift_of(tablet)
    ottos = opened(shop("ottos", name="Otto's Books", language="en"), by=OTTO)
    theirs = device(ottos)
    unlocks(theirs, ottos)
    forged = signing.dumps([counter.till.pk.hex, counter.staff["Mia"].pk.hex, 0], salt="elsewhere")
    assert sends(theirs, mine, card="ANA2345")["state"] == "refused"
    assert sends(tablet, shift_of(theirs), card="ANA2345")["state"] == "refused"
    assert sends(tablet, forged, card="ANA2345")["state"] == "refused"
    assert sends(Client(), mine, card="ANA2345")["state"] == "stopped"
    assert counter.orders() == []
    assert sends(tablet, mine, card="ANA2345")["state"] == "done", "the twin: one's own shift is taken"


def test_who_does_not_work_here_any_more_sends_nothing(counter: Counter, tablet: Client) -> None:
    counter.member("ANA2345")
    shift = shift_of(tablet)
    with acting_for(counter.merchant, by=MARA):
        revoke_staff(staff=counter.staff["Tom"].pk, at=now())
    assert "does not work here" in sends(tablet, shift, card="ANA2345")["text"]
    assert counter.orders() == []


def test_a_sale_older_than_a_week_is_for_a_manager(counter: Counter, tablet: Client) -> None:
    ana = counter.member("ANA2345")
    desk = frame.desk_for(frame.Device(counter.merchant, counter.till, now()), counter.staff["Tom"])
    sale = selling.Sale((NewLine(sku="sale", amount_minor=100),))
    with acting_for(counter.merchant, by=desk.actor):
        with pytest.raises(selling.WaitedTooLong):
            selling.sell(
                desk=desk,
                member=ana.pk,
                sale=sale,
                key="k",
                sold_at=now() - selling.LONGEST_WAIT - timedelta(1),
            )
        assert (
            selling.sell(desk=desk, member=ana.pk, sale=sale, key="k", sold_at=now() - timedelta(6)).points
            == 1
        )


def test_what_is_kept_on_the_device_names_nobody(counter: Counter, tablet: Client) -> None:
    counter.member("ANA2345", given_name="Ana")
    tablet.post("/pos/find/", {"q": "ANA2345"}, follow=True)
    shell, worker = told(tablet.get("/pos/offline/")), tablet.get("/pos/worker.js")
    assert "Ana" not in shell and "Tom" not in shell and 'name="n:category:coffee"' in shell
    assert worker["Content-Type"].startswith("text/javascript") and "/pos/offline/" in told(worker)
    assert tablet.get("/pos/app.webmanifest").json()["scope"] == "/pos/"


# --- sums ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "minor"),
    [("184", 18400), ("184,5", 18450), ("184.50", 18450), ("184:50", 18450), ("184:-", 18400), ("184,-", 18400),
     ("1 234,50 kr", 123450), ("1.234,50", 123450), ("1,234.50", 123450), ("1 234", 123400), ("1'234.50", 123450),
     ("SEK 1.234", 123400), ("1.234.567,89", 123456789), ("€ 0,05", 5), ("0.5", 50), (",50", None), ("", None),
     ("0", None), ("-5", None), ("1,2,3", None), ("12,34.5", None), ("1.5,0.0", None), ("184,505", 18_450_500),
     ("0,123", None), ("NaN", None), ("1e3", None), ("9" * 14, None), ("１２", None)],
)  # fmt: skip
def test_a_sum_is_read_as_people_write_it(typed: str, minor: int | None) -> None:
    if minor is None:
        with pytest.raises(ValueError, match=r"^"):
            read_sum(typed, "SEK")
    else:
        assert read_sum(typed, "SEK") == minor


def test_a_currency_without_decimals_takes_none() -> None:
    assert read_sum("1,234", "JPY") == 1234
    assert read_sum("1.234", "KWD") == 1234, "three decimals are decimals where the currency has them"
    with pytest.raises(ValueError, match="12"):
        read_sum("12,5", "JPY")


# --- pictures -----------------------------------------------------------------------------------------------


def picture(text: str, *, size: int = 400, form: str = "JPEG") -> bytes:
    """A photograph of a code."""
    drawn = io.BytesIO()
    segno.make(text, micro=False).save(drawn, kind="png", scale=8)
    found = Image.open(drawn).convert("RGB").resize((size, size))
    out = io.BytesIO()
    found.save(out, form)
    return out.getvalue()


def decoded(browser: Client, data: bytes, kind: str = "image/jpeg"):
    return browser.post("/pos/decode/", data=data, content_type=kind)


def test_a_code_in_a_picture_is_read(counter: Counter, tablet: Client) -> None:
    assert decoded(tablet, picture("ANA23456789")).json() == {"text": "ANA23456789"}
    plain = io.BytesIO()
    Image.new("RGB", (300, 200), "white").save(plain, "JPEG")
    assert decoded(tablet, plain.getvalue()).status_code == 204


def test_what_is_no_picture_of_ours_is_refused(counter: Counter, tablet: Client) -> None:
    assert decoded(tablet, b"\xff\xd8\xff nonsense").status_code == 400
    assert decoded(tablet, picture("X", form="PNG")).status_code == 400
    assert decoded(tablet, picture("X", size=2000)).status_code == 400
    assert decoded(tablet, b"\xff" * 400_001).status_code == 413
    assert decoded(tablet, picture("X"), "image/png").status_code == 415
    assert decoded(Client(), picture("X")).status_code == 303
