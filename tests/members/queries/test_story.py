"""The story says what happened and why, completely and in order."""

import pytest
from django.utils import translation

from loyalty.core import ids
from loyalty.core.ledger.queries import balance
from members.models import Order
from members.operations.points import adjust_points, expire_due
from members.operations.refunds import cancel_order, refund_order
from members.queries.story import Kind, story
from members.rules.shopping import NewRefund
from tests.cast import AT, buy, days, publish

TWENTY = {"type": "points_per_amount", "id": "base", "points": 1, "per_minor": 2000}


def told(member, **how):
    return story(member.pk, **how).rows


def test_a_purchase_says_how_many_points_and_why(ana):
    buy(ana, 184.50)
    [row] = told(ana)
    assert row.kind is Kind.ORDER
    assert (row.change, row.balance_after, row.pending_change) == (184, 184, 0)
    assert row.title == "Purchase of SEK\xa0184.50"
    assert row.sentence == "184 points: 1 for every SEK\xa01.00 of SEK\xa0184.50, rounded down"
    assert [why.code for why in row.why] == ["per_amount"]
    assert row.order.points_earned == 184


def test_the_story_speaks_the_readers_language_and_the_shops_word(ana):
    publish(identity={"name": {"en": "Luna"}, "points": {"sv": {"one": "böna", "other": "bönor"}}})
    buy(ana, 10)
    with translation.override("sv"):
        [row] = told(ana)
    assert "10\xa0bönor" in row.sentence.replace(" ", "\xa0")
    assert "10,00\xa0kr" in row.sentence


@pytest.mark.parametrize(
    ("language", "purchase", "earned", "refunded", "taken"),
    [
        ("sv", "Köp för 184,50 kr", "184 poäng: 1 för varje 1,00 kr av 184,50 kr, avrundat nedåt",
         "Återbetalning av 25,50 kr", "25 poäng togs tillbaka, i proportion till det som återbetalades"),
        ("nb", "Kjøp for 184,50 SEK", "184 poeng: 1 for hver 1,00 SEK av 184,50 SEK, rundet ned",
         "Refusjon av 25,50 SEK", "25 poeng trukket tilbake, i forhold til det som ble refundert"),
        ("nl", "Aankoop van SEK 184,50", "184 punten: 1 voor elke SEK 1,00 van SEK 184,50, naar beneden afgerond",
         "Terugbetaling van SEK 25,50", "25 punten teruggenomen, naar verhouding van wat is terugbetaald"),
    ],
)  # fmt: skip
def test_a_story_is_told_in_the_readers_language(ana, language, purchase, earned, refunded, taken):
    words = {"sv": ("poäng", "poäng"), "nb": ("poeng", "poeng"), "nl": ("punt", "punten")}
    publish(identity={"points": {key: {"one": one, "other": many} for key, (one, many) in words.items()}})
    buy(ana, 184.50, external_id="A")
    refund_order(source="api", order_external_id="A", refund=NewRefund("r1", AT, (), 2550), at=AT)
    with translation.override(language):
        back, bought = told(ana)
    said = [text.replace("\xa0", " ") for text in (bought.title, bought.sentence, back.title, back.sentence)]
    assert said == [purchase, earned, refunded, taken]


def test_an_order_that_earned_nothing_is_told_with_what_kept_it_from_earning(ana):
    publish(TWENTY)
    buy(ana, 19.99)
    [row] = told(ana)
    assert (row.kind, row.change, row.balance_after) == (Kind.ORDER, 0, None)
    assert row.sentence == "No points: SEK\xa019.99 is less than the SEK\xa020.00 that 1 point takes"


def test_a_refund_names_the_money_and_the_points(ana):
    bought = buy(ana, 100, external_id="A")
    refund_order(source="api", order_external_id="A", refund=NewRefund("r1", AT, (), 2550), at=AT)
    row = told(ana)[0]
    assert (row.kind, row.change, row.balance_after) == (Kind.REFUND, -26, 74)
    assert row.title == "Refund of SEK\xa025.50"
    assert row.sentence == "26 points taken back, in proportion to what was refunded"
    assert row.order.pk == bought.order
    assert row.refund.external_id == "r1"


def test_a_refund_that_could_take_nothing_is_told_too(ana):
    publish(points_life={"on_shortfall": "only_pending"})
    buy(ana, 100, external_id="A")
    cancel_order(source="api", order_external_id="A", cancelled_at=AT, at=AT)
    row = told(ana)[0]
    assert (row.kind, row.change, row.shortfall, row.balance_after) == (Kind.REFUND, 0, 100, None)
    assert row.sentence == "Nothing taken back: the 100 points it had given were already used"


def test_adjustments_carry_their_reason_and_expiry_is_told(ana):
    publish(points_life={"expiry": "rolling", "months": 1})
    adjust_points(member=ana.pk, amount=50, reason="Sorry {for} the wait", at=AT)
    expire_due(at=AT + days(60))
    expired, given = told(ana)
    assert (expired.kind, expired.change, expired.sentence) == (
        Kind.EXPIRY,
        -50,
        "50 points were not used in time",
    )
    assert (given.kind, given.sentence) == (Kind.ADJUSTMENT, "50 points given: Sorry {for} the wait")


def test_waiting_points_are_told_as_waiting(ana):
    publish(points_life={"hold_days": 14})
    buy(ana, 30)
    [row] = told(ana)
    assert (row.change, row.pending_change, row.balance_after) == (0, 30, 0)
    assert row.sentence.endswith("They can be spent later")


def test_points_that_wait_leave_the_balance_as_it_was(ana):
    adjust_points(member=ana.pk, amount=50, reason="Welcome", at=AT)
    publish(points_life={"hold_days": 14})
    buy(ana, 30)
    waiting, given = told(ana)
    assert (waiting.pending_change, waiting.balance_after, given.balance_after) == (30, 50, 50)


def test_pages_of_any_length_tell_everything_once_and_in_order(ana):
    publish(TWENTY)
    for number in range(30):
        buy(ana, 19 if number % 3 else 40, external_id=f"o{number}")
        if number % 5 == 0:
            refund_order(
                source="api", order_external_id=f"o{number}", refund=NewRefund("r", AT, (), 100), at=AT
            )
    whole = story(ana.pk, limit=500)
    assert whole.next is None
    assert len(whole.rows) == 36
    for limit in (1, 2, 3, 7, 36):
        seen, before = [], None
        while True:
            page = story(ana.pk, limit=limit, before=before)
            assert len(page.rows) <= limit
            seen += [row.id for row in page.rows]
            before = page.next
            if before is None:
                break
        assert seen == [row.id for row in whole.rows]
    assert sum(row.change for row in whole.rows) == balance(ana.pk).available


def test_a_long_page_takes_no_more_queries_than_a_short_one(ana, django_assert_max_num_queries):
    for number in range(40):
        buy(ana, 20, external_id=f"o{number}")
    with django_assert_max_num_queries(8):
        assert len(story(ana.pk, limit=50).rows) == 40


def test_a_reason_of_an_unknown_code_is_shown_not_dropped(ana):
    bought = buy(ana, 10)
    Order.objects.filter(pk=bought.order).update(
        decision={
            "reasons": [
                {"rule": "x", "name": "Moon phase", "matched": True, "code": "full_moon", "amount": 10}
            ]
        }
    )
    assert told(ana)[0].sentence == "Rule “Moon phase”: full_moon."
    assert ids.encode("ord", bought.order).startswith("ord_")
