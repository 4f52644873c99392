"""Merge, export and erase: everything goes where it should, and nothing stays that names a person."""

import json
from datetime import date

import msgspec
import pytest
from django.contrib.auth import get_user_model
from django.db import connection

from loyalty.core import ids
from loyalty.core.api import idempotency
from loyalty.core.api.models import Answer
from loyalty.core.ledger.checks import verify
from loyalty.core.ledger.queries import balance, lots, outstanding
from loyalty.core.tenancy.scope import across_merchants, acting_for
from members.api import shapes as member_shapes
from members.models import Identity, Member, Order, Profile, Stats
from members.operations.membership import CannotMerge, NotActive, block, edit, join, unblock
from members.operations.membership import verify as prove
from members.operations.merging import merge
from members.operations.points import adjust_points
from members.operations.privacy import erase_member, export_member
from members.operations.refunds import cancel_order
from members.queries import directory
from rewards.api import shapes as reward_shapes
from rewards.models import Redemption, Voucher
from rewards.operations.redemption import redeem_reward, reserve_reward, reverse_redemption, use_voucher
from rewards.operations.vouchers import CodeNotValid
from rewards.queries import redemptions as rewards_queries
from tests.cast import AT, OTTO, buy, days, publish
from tests.rewards.operations.test_redemption import coffee

GIVEN, FAMILY = "Wilhelmina", "Zetterquist"
EMAIL, PHONE, CARD, OWN = (
    "wilhelmina@zetterquist.example",
    "+46701740699",
    "WZ777555333",
    "kund-zetterquist-9",
)
SECRETS = [GIVEN, FAMILY, EMAIL, PHONE, CARD, OWN, "1957-11-23"]
TYPED = ["Quentin at the till gave her these", "Quentin says she shared it", "Quentin forgot to hand it out"]


@pytest.fixture
def wilhelmina(cafe) -> Member:
    """A member about whom everything is known, who did everything."""
    member = join(
        at=AT, identities={"external": OWN, "email": EMAIL, "phone": PHONE, "card": CARD}, channel="pos",
        details={"given_name": GIVEN, "family_name": FAMILY, "birthday": date(1957, 11, 23), "news_by_sms": True},
    ).member  # fmt: skip
    user = get_user_model().objects.create_user(EMAIL)
    prove(member=member.pk, kind="email", value=EMAIL, at=AT, user=user.pk)
    edit(member=member.pk, at=AT, language="sv", details={"news_by_email": True})
    publish(points_life={"expiry": "rolling", "months": 12})
    buy(member, 500, external_id="A")
    buy(member, 40, external_id="B")
    cancel_order(source="api", order_external_id="B", cancelled_at=AT, at=AT)
    adjust_points(member=member.pk, amount=25, reason=f"Welcome. {TYPED[0]}", at=AT)
    block(member=member.pk, at=AT, reason=TYPED[1])
    unblock(member=member.pk, at=AT)
    reward = coffee(stock=9)
    redeem_reward(member=member.pk, reward=reward.pk, key="used", at=AT)
    undone = redeem_reward(member=member.pk, reward=reward.pk, key="undone", at=AT)
    reverse_redemption(redemption=undone.pk, at=AT, reason=TYPED[2])
    reserve_reward(member=member.pk, reward=reward.pk, key="open", at=AT)
    _answered(member)
    return member


def _answered(member: Member) -> None:
    """The answers the API has stored for requests about her, as it writes them."""
    redemptions = list(Redemption.objects.all())
    codes = rewards_queries.codes(redemptions)
    for answer in (member_shapes.member(directory.row(member)),
                   *(reward_shapes.redemption(row, codes[row.pk], dry_run=False) for row in redemptions)):  # fmt: skip
        key = idempotency.key_of(f"k{Answer.objects.count()}", credential=ids.new(), asked=["POST"])
        idempotency.store(key, 201, msgspec.json.encode(answer).decode(), at=AT)


def found_anywhere(secrets: list[str]) -> list[str]:
    """Every table and column of the whole database in which any of the values stands, whoever's they are."""
    found = []
    with across_merchants("a search of everything"), connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.table_name, string_agg(format('%I::text', c.column_name), ', ') FROM information_schema.columns c"
            " JOIN information_schema.tables t USING (table_schema, table_name)"
            " WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE' GROUP BY 1 ORDER BY 1"
        )
        tables = cursor.fetchall()
        assert len(tables) > 25
        for table, columns in tables:
            for secret in secrets:
                cursor.execute(
                    f'SELECT count(*) FROM "{table}" WHERE strpos(lower(concat_ws(chr(10), {columns})), lower(%s)) > 0',
                    [secret],
                )
                if cursor.fetchone()[0]:
                    found.append(f"{table}: {secret}")
    return found


def test_nothing_that_names_a_person_stays_in_any_table(wilhelmina):
    codes = list(Voucher.objects.values_list("code", flat=True))
    assert len(codes) == 3
    everything = [*SECRETS, *TYPED, *codes]
    told = {line.partition(": ")[2] for line in found_anywhere(everything)}
    assert told == set(everything)  # the search can find each of them
    erase_member(member=wilhelmina.pk, at=AT + days(1))
    assert found_anywhere(everything) == []
    assert set(Answer.objects.values_list("status", flat=True)) == {404}  # a repetition is told she is gone


def test_the_books_balance_and_open_business_is_closed(wilhelmina):
    before = balance(wilhelmina.pk)
    assert (before.available, before.reserved) == (325, 100)
    code = Voucher.objects.get(redemption__status="reserved").code
    erase_member(member=wilhelmina.pk, at=AT + days(1))
    after = balance(wilhelmina.pk)
    assert (after.available, after.pending, after.reserved, after.debt) == (0, 0, 0, 0)
    assert (outstanding(), verify()) == (0, [])
    assert set(Redemption.objects.values_list("status", flat=True)) == {"committed", "released", "reversed"}
    assert not Voucher.objects.filter(status="active").exists()
    with pytest.raises(CodeNotValid):
        use_voucher(code=code, at=AT)
    with pytest.raises(CodeNotValid):
        use_voucher(code="", at=AT)
    assert Order.objects.filter(member=wilhelmina).count() == 2  # the shop's figures stay


def test_an_erased_member_is_gone_for_good(wilhelmina):
    erase_member(member=wilhelmina.pk, at=AT)
    with pytest.raises(NotActive):
        erase_member(member=wilhelmina.pk, at=AT)
    for change in (lambda: edit(member=wilhelmina.pk, at=AT, details={"given_name": "W"}),
                   lambda: block(member=wilhelmina.pk, at=AT, reason="x")):  # fmt: skip
        with pytest.raises(NotActive):
            change()
    assert not directory.members(text="zetterquist").exists()
    assert join(at=AT, identities={"email": EMAIL}).created  # they may come back, as someone new


def test_a_login_that_serves_another_shop_too_stays(wilhelmina, other_shop):
    user = get_user_model().objects.get(email=EMAIL)
    with acting_for(other_shop, by=OTTO):
        there = join(at=AT, identities={"email": EMAIL}).member
        prove(member=there.pk, kind="email", value=EMAIL, at=AT, user=user.pk)
    erase_member(member=wilhelmina.pk, at=AT)
    assert get_user_model().objects.filter(pk=user.pk).exists()
    with acting_for(other_shop, by=OTTO):
        there.refresh_from_db()
        assert (there.user_id, there.status) == (user.pk, "active")
        erase_member(member=there.pk, at=AT)
    assert not get_user_model().objects.filter(pk=user.pk).exists()


def test_an_export_holds_everything_as_json(wilhelmina, ben):
    edit(member=ben.pk, at=AT, identities={"email": "ben@example.com"})
    buy(ben, 60, external_id="bens")
    merge(keep=wilhelmina.pk, remove=ben.pk, at=AT)
    text = json.dumps(export_member(member=wilhelmina.pk, at=AT))
    for secret in [*SECRETS, *TYPED, ids.encode("mbr", wilhelmina.pk), "Free coffee", "Welcome", "bens",
                   *Voucher.objects.values_list("code", flat=True)]:  # fmt: skip
        assert secret in text, secret
    export = json.loads(text)
    assert {order["external_id"] for order in export["membership"]["orders"]} == {"A", "B"}
    assert [part["membership"]["orders"][0]["external_id"] for part in export["merged"]] == ["bens"]
    assert len(export["rewards"]) == 3
    for part in (export, *export["merged"]):
        moved = part["membership"]["points"]
        assert sum(move["change"] for move in moved) == moved[0]["balance"]
    assert [(event["kind"], event["reason"]) for event in export["events"]] == [("member.blocked", TYPED[1])]


# --- merging


def test_merging_moves_points_with_their_dates_names_and_counts(ana, ben):
    publish(points_life={"expiry": "rolling", "months": 1, "hold_days": 0})
    edit(member=ben.pk, at=AT, identities={"email": "ben@example.com", "phone": "0701740605"})
    edit(member=ana.pk, at=AT, identities={"email": "ana@example.com"})
    buy(ben, 100, at=AT - days(3), external_id="A")
    buy(ana, 50)
    [before] = lots(ben.pk)
    cards = {directory.row(member).identities["card"] for member in (ana, ben)}
    kept = merge(keep=ana.pk, remove=ben.pk, at=AT)
    assert kept.pk == ana.pk
    moved = next(lot for lot in lots(ana.pk) if lot.granted == 100)
    assert (moved.remaining, moved.expires_at, moved.transfer.source) == (
        100, before.expires_at, before.transfer.source,
    )  # fmt: skip
    names = dict(Identity.objects.filter(member=ana).exclude(kind="card").values_list("kind", "value"))
    assert names == {"external": "ana", "email": "ana@example.com", "phone": "+46701740605"}
    assert set(Identity.objects.filter(member=ana, kind="card").values_list("value", flat=True)) == cards
    stats = Stats.objects.get()
    assert (stats.orders_count, stats.spend_minor, stats.first_order_at, stats.last_order_at) == (
        2, 150_00, AT - days(3), AT,
    )  # fmt: skip
    assert not Profile.objects.filter(member=ben).exists()
    assert directory.member(ben.pk).pk == ana.pk
    assert buy(ben, 10).member == ana.pk  # whoever still names the old one finds the new
    assert verify() == []


def test_a_chain_of_merges_leads_to_the_last(ana, ben):
    carl = join(at=AT, identities={"external": "carl"}).member
    buy(ben, 100, external_id="A")
    merge(keep=ana.pk, remove=ben.pk, at=AT)
    merge(keep=carl.pk, remove=ana.pk, at=AT)
    assert directory.member(ben.pk).pk == carl.pk
    assert balance(carl.pk).available == 100
    cancel_order(source="api", order_external_id="A", cancelled_at=AT, at=AT)
    assert balance(carl.pk).available == 0
    erase_member(member=carl.pk, at=AT)
    assert (outstanding(), verify()) == (0, [])


def test_who_cannot_be_merged_and_why(ana, ben):
    buy(ben, 500, external_id="A")

    def refused(keep=ana, remove=ben):
        with pytest.raises(CannotMerge) as why:
            merge(keep=keep.pk, remove=remove.pk, at=AT)
        return str(why.value)

    assert "one and the same" in refused(remove=ana)
    reserve_reward(member=ben.pk, reward=coffee().pk, key="k", at=AT)
    assert "set aside for a reward" in refused()
    publish(points_life={"on_shortfall": "debt"})
    buy(ana, 10, external_id="owed")
    adjust_points(member=ana.pk, amount=-10, reason="spent", at=AT)
    cancel_order(source="api", order_external_id="owed", cancelled_at=AT, at=AT)
    assert "owes points" in refused(keep=ben, remove=ana)
    erase_member(member=ana.pk, at=AT)
    assert "no longer a member" in refused()
