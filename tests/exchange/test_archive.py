"""A whole shop out and into an empty one: to the last lot, and refused whole where anything is not right."""

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.apps import apps

from campaigns.models import Automation, AutomationRun
from campaigns.operations.automations.shaping import (
    create_automation,
    edit_automation,
    resume_automation,
    start_automation,
)
from campaigns.tasks import run_automations
from loyalty.core import clock, ids
from loyalty.core.events.queries import log
from loyalty.core.events.tasks import dispatch_waiting
from loyalty.core.jobs import queries as jobs
from loyalty.core.jobs import tasks
from loyalty.core.ledger.checks import verify
from loyalty.core.ledger.queries import balance, lots, statement
from loyalty.core.ledger.sealing import seal_books
from loyalty.core.merchants.models import Merchant
from loyalty.core.programme import queries as programmes
from loyalty.core.tenancy.scope import acting_for
from loyalty.exchange import archive, operations
from loyalty.exchange.archive import reading
from loyalty.exchange.archive.tables import OTHER_APPS, fields, of_merchants, ordered, tables
from loyalty.exchange.archive.writing import MANIFEST, file_name
from members.models import Member, Order
from members.operations.membership import block
from members.operations.points import adjust_points, live_through
from members.operations.privacy import erase_member
from members.operations.products import write_products
from members.operations.refunds import refund_order
from members.queries import choosing
from members.rules.products import ProductChange
from members.rules.shopping import NewRefund
from rewards.models import Reward, Voucher
from rewards.operations.catalogue import create_reward
from rewards.operations.pools import import_codes
from rewards.operations.redemption import redeem_reward, reserve_reward, use_voucher
from tests.cast import AT, MARA, ONE_POINT_PER_KRONA, buy, days, person, publish, shop


def lived_in() -> list[Member]:
    """A shop in which everything has happened: two versions, lots that end, refunds, debts, rewards, codes, people who
    were merged, blocked and erased."""
    publish(points_life={"expiry": "rolling", "months": 1})
    who = [
        person(name, given_name=name.title(), birthday=AT.date())
        for name in ("ana", "ben", "cleo", "dan", "eva")
    ]
    ana, ben, cleo, dan, eva = who
    write_products(
        products=[
            ProductChange("item-1", name="Bun", category="buns", tags=("sweet", "fresh"), price_minor=35_00),
            ProductChange("old", archived=True, external_updated_at=AT),
        ],
        at=AT,
    )
    for number in range(4):
        buy(ana, 100 + number, at=AT + days(number))
    first = buy(ben, 300, at=AT, external_id="returned")
    publish(
        {**ONE_POINT_PER_KRONA, "points": 3}, at=AT + days(5), tiers={"ladder": [{"id": "in", "at_least": 0}]}
    )
    buy(ben, 50, at=AT + days(6))
    cup = create_reward(at=AT, details={"kind": "custom", "name": {"en": "Cup"}, "cost_points": 100})
    pool = create_reward(at=AT, details={"kind": "coupon", "name": {"en": "Code"}, "cost_points": 10})
    import_codes(reward=pool.pk, codes=[f"POOL-{n:04}" for n in range(3)], at=AT)
    redeem_reward(member=ben.pk, reward=cup.pk, key="cup", at=AT + days(6))
    redeem_reward(member=ben.pk, reward=pool.pk, key="code", at=AT + days(6))
    reserve_reward(member=ana.pk, reward=cup.pk, key="open", at=AT + days(6), hold=days(3000))
    refund = NewRefund(external_id="r", amount_minor=20_000, refunded_at=AT + days(7))
    refund_order(source="api", order_external_id="returned", refund=refund, at=AT + days(7))
    adjust_points(member=cleo.pk, amount=500, reason="sorry", at=AT + days(7))
    block(member=cleo.pk, at=AT + days(8), reason="odd")
    buy(dan, 10, at=AT + days(8))
    erase_member(member=dan.pk, at=AT + days(9))
    buy(None, 42, at=AT + days(9))
    live_through(at=AT + days(40))
    seal_books(day=AT.date(), zone=ZoneInfo("Europe/Stockholm"), at=AT + days(41))
    assert first.order and eva.pk
    assert verify() == []
    return who


def packed(merchant: Merchant) -> io.BytesIO:
    file = io.BytesIO()
    with acting_for(merchant, by=MARA):
        archive.write_archive(file, at=AT)
    return file


def content(merchant: Merchant) -> dict[str, list[Any]]:
    """Every row of a shop that an archive carries, without what the new shop has of its own."""
    own = {"ledger.Account": {"head"}, "ledger.Entry": {"hash"}, "events.Event": {"dispatched_at"}}
    digests = {"rewards.Voucher", "rewards.PoolCode"}
    with acting_for(merchant, by=MARA):
        found = {}
        for model in tables():
            label = model._meta.label
            left = own.get(label, set()) | ({"digest"} if label in digests else set())
            names = [field.attname for field in fields(model) if field.attname not in left]
            found[label] = list(ordered(model).values_list(*names))
    shops = [row for row in found["ledger.Account"] if row[1] is None]
    found["ledger.Account"] = [row for row in found["ledger.Account"] if row not in shops]
    # The shop's own accounts have ids of their own in each shop: they are told by unit and kind.
    names = {row[0]: row[2:4] for row in shops}
    found["ledger.Entry"] = [tuple(names.get(value, value) for value in row) for row in found["ledger.Entry"]]
    return found


@pytest.fixture
def old(db: None) -> Merchant:
    made = shop("old")
    with acting_for(made, by=MARA):
        lived_in()
    return made


@pytest.fixture
def new(db: None) -> Merchant:
    return shop("new")


def read_into(merchant: Merchant, file: io.BytesIO) -> None:
    with acting_for(merchant, by=MARA):
        archive.read_archive(file)


def test_a_shop_comes_back_to_the_last_lot(old: Merchant, new: Merchant):
    read_into(new, packed(old))
    before, after = content(old), content(new)
    events = after.pop("events.Event")
    assert events[-len(before["events.Event"]) :] == before.pop("events.Event")
    assert {label: rows for label, rows in after.items() if rows != before[label]} == {}
    assert sum(map(len, after.values())) > 100
    with acting_for(old, by=MARA):
        told = {
            row.pk: (balance(row.pk), [lot.remaining for lot in lots(row.pk)], len(statement(row.pk)))
            for row in Member.objects.all()
        }
    with acting_for(new, by=MARA):
        assert verify() == []
        assert {
            row.pk: (balance(row.pk), [lot.remaining for lot in lots(row.pk)], len(statement(row.pk)))
            for row in Member.objects.all()
        } == told
        assert programmes.in_force().number == 2
        assert [row.number for row in programmes.history()] == [2, 1]


def test_life_goes_on_in_the_new_shop(old: Merchant, new: Merchant):
    read_into(new, packed(old))
    with acting_for(new, by=MARA):
        ben = Member.objects.get(
            pk=next(row.member_id for row in Order.objects.filter(external_id="returned"))
        )
        had = balance(ben.pk).available
        assert buy(ben, 10, at=AT + days(50)).points == 30
        assert balance(ben.pk).available == had + 30
        code = Voucher.objects.filter(redemption__key="cup").get().code
        assert use_voucher(code=code, at=AT + days(8)).status == "used"
        again = buy(ben, 300, at=AT, external_id="returned")
        assert again.replayed and balance(ben.pk).available == had + 30
        reward = Reward.objects.get(kind="coupon")
        assert import_codes(reward=reward.pk, codes=["POOL-0001"], at=AT).known == 1
        assert verify() == []


def with_accounts_only_of_who_was_given_points(content_: bytes) -> bytes:
    """The accounts as they were when each was opened by its first points."""
    rows = [json.loads(line) for line in content_.splitlines()]
    kept = [row for row in rows if row["owner"] is None or row["version"]]
    assert len(kept) < len(rows)
    return b"".join(
        json.dumps({name: value for name, value in row.items() if name != "is_empty"}).encode() + b"\n"
        for row in kept
    )


def test_whoever_comes_without_an_account_is_among_those_with_nothing_to_spend(old: Merchant, new: Merchant):
    def empty_handed(merchant: Merchant) -> set[str]:
        with acting_for(merchant, by=MARA):
            found = choosing.members(choosing.Choice(points="none"), at=AT, most=50)
        return {str(one.pk) for one in found}

    before = empty_handed(old)
    was = changed(
        packed(old),
        file_name("ledger.Account"),
        with_accounts_only_of_who_was_given_points,
        honest=True,
    )
    read_into(new, was)
    assert empty_handed(new) == before and len(before) > 0
    with acting_for(new, by=MARA):
        assert verify() == []


def test_the_manifest_says_what_is_in_it_and_both_sides_of_the_books_agree(old: Merchant):
    with zipfile.ZipFile(packed(old)) as file:
        manifest = json.loads(file.read(MANIFEST))
        names = set(file.namelist())
    assert names == {MANIFEST, *(file_name(part["table"]) for part in manifest["tables"])}
    for unit in manifest["units"].values():
        assert unit["held"] == sum(unit["accounts"].values())
    assert manifest["units"]["points"]["held"] > 0
    rows = {part["table"]: part["rows"] for part in manifest["tables"]}
    assert (rows["members.Member"], rows["members.Order"], rows["rewards.Reward"]) == (5, 8, 2)


def changed(
    file: io.BytesIO, name: str, change: Callable[[bytes], bytes], *, honest: bool = False
) -> io.BytesIO:
    """The archive with one file changed; `honest`: and the manifest made to fit, as a forger would."""
    from hashlib import sha256

    out, parts = io.BytesIO(), {}
    with zipfile.ZipFile(file) as packed_:
        parts = {entry: packed_.read(entry) for entry in packed_.namelist()}
    parts[name] = change(parts[name])
    if honest:
        manifest = json.loads(parts[MANIFEST])
        for table in manifest["tables"]:
            if file_name(table["table"]) == name:
                table["sha256"] = sha256(parts[name]).hexdigest()
                table["rows"] = parts[name].count(b"\n")
        parts[MANIFEST] = json.dumps(manifest).encode()
    with zipfile.ZipFile(out, "w") as packed_:
        for entry, body in parts.items():
            packed_.writestr(entry, body)
    return out


def more_points(content_: bytes) -> bytes:
    """A forger's hand: the first lot with something in it has a thousand more."""
    rows = [json.loads(line) for line in content_.splitlines()]
    lot = next(row for row in rows if row["remaining"])
    lot["remaining"] += 1000
    lot["granted"] += 1000
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


SPOILT: list[tuple[str, Callable[[io.BytesIO], io.BytesIO], str]] = [
    ("nothing", lambda file: io.BytesIO(b""), "not_one"),
    ("some zip", lambda file: changed(file, MANIFEST, lambda body: b"{}"), "not_one"),
    ("a newer format", lambda file: changed(file, MANIFEST, lambda body: body.replace(b'"format": 1', b'"format": 9')), "format"),
    ("another currency", lambda file: changed(file, MANIFEST, lambda body: body.replace(b'"SEK"', b'"EUR"')), "currency"),
    ("an unknown table", lambda file: changed(file, MANIFEST, lambda body: body.replace(b"members.Order", b"members.Thing")), "unknown"),
    *[(f"no such {was}", lambda file, was=was, none=none: changed(
        file, MANIFEST, lambda body: body.replace(json.dumps(was).encode(), json.dumps(none).encode())), "unknown")
      for was, none in (("Europe/Stockholm", "Mars/Base"), ("SE", "XX"), ("sv", "tlh"), ("#2f5d50", "red;} *{"))],
    ("a changed row", lambda file: changed(file, file_name("members.Order"), lambda body: body.replace(b"SEK", b"USD")), "damaged"),
    ("a row less", lambda file: changed(file, file_name("members.Order"), lambda body: body.partition(b"\n")[2]), "damaged"),
    ("no JSON", lambda file: changed(file, file_name("members.Order"), lambda body: b"\x00\n" + body), "damaged"),
    ("forged points", lambda file: changed(file, file_name("ledger.Lot"), more_points, honest=True), "does_not_hold"),
    ("a missing line of the books", lambda file: changed(
        file, file_name("ledger.Entry"), lambda body: body.partition(b"\n")[2], honest=True), "does_not_hold"),
    ("a field of another type", lambda file: changed(
        file, file_name("members.Stats"), lambda body: body.replace(b'"orders_count":', b'"orders_count":"x","was":'), honest=True),
     "does_not_hold"),
]  # fmt: skip


@pytest.mark.parametrize(("spoil", "reason"), [row[1:] for row in SPOILT], ids=[row[0] for row in SPOILT])
def test_an_archive_that_is_not_right_leaves_the_shop_empty(
    old: Merchant, new: Merchant, spoil: Callable[[io.BytesIO], io.BytesIO], reason: str
):
    before = content(new)
    with pytest.raises(archive.ArchiveRefused) as refused:
        read_into(new, spoil(packed(old)))
    assert refused.value.params["reason"] == reason
    assert str(refused.value)
    assert content(new) == before


def test_trouble_without_a_word_is_told_by_its_name(
    old: Merchant, new: Merchant, monkeypatch: pytest.MonkeyPatch
):
    def stumble(*_given: Any) -> None:
        raise ValueError

    monkeypatch.setattr(reading, "_read_all", stumble)
    with pytest.raises(archive.ArchiveRefused) as refused:
        read_into(new, packed(old))
    assert refused.value.params["detail"] == "ValueError"


WELCOME = {"starts": [{"type": "event", "kind": "member.joined"}], "budget": {"points": 100},
           "steps": [{"type": "points", "amount": 60, "reason": "Welcome"}]}  # fmt: skip


def joins(merchant: Merchant, name: str) -> int:
    """Somebody joins and the automations hear of it; the points they then have."""
    with acting_for(merchant, by=MARA):
        who = person(name, at=clock.now())
    dispatch_waiting()
    run_automations()
    with acting_for(merchant, by=MARA):
        return balance(who.pk).available


def test_automations_come_along_and_wait_until_staff_let_them_go_on(old: Merchant, new: Merchant):
    with acting_for(old, by=MARA):
        row = create_automation(name="Welcome", flow=WELCOME, at=clock.now())
        start_automation(automation=row.pk, at=clock.now())
        create_automation(name="Not yet", flow=WELCOME, at=clock.now())
    assert joins(old, "first") == 60
    read_into(new, packed(old))
    with acting_for(new, by=MARA):
        assert set(Automation.objects.values_list("name", "state")) == {
            ("Welcome", "paused"),
            ("Not yet", "draft"),
        }
        assert not AutomationRun.objects.exists()
    assert (joins(old, "second"), joins(new, "second")) == (0, 0), (
        "what is left of the budget, and nothing acts twice"
    )
    with acting_for(new, by=MARA):
        changes = {"flow": {**WELCOME, "budget": {"points": 130}}}
        edit_automation(automation=row.pk, changes=changes, at=clock.now())
        start_automation(automation=row.pk, at=clock.now())
        resume_automation(automation=row.pk, at=clock.now())
    assert [joins(new, name) for name in ("third", "fourth")] == [60, 0], "what was given elsewhere counts"
    with acting_for(new, by=MARA):
        assert verify() == []


def test_an_automation_that_is_none_is_refused_with_everything(old: Merchant, new: Merchant):
    with acting_for(old, by=MARA):
        create_automation(name="Welcome", flow=WELCOME, at=clock.now())
    spoilt = changed(
        packed(old),
        file_name("campaigns.Automation"),
        lambda body: body.replace(b'"points"', b'"pounds"'),
        honest=True,
    )
    with pytest.raises(archive.ArchiveRefused) as refused:
        read_into(new, spoilt)
    assert (refused.value.params["reason"], refused.value.params["detail"]) == ("does_not_hold", "Welcome")
    with acting_for(new, by=MARA):
        assert not Member.objects.exists()


def test_it_goes_into_an_empty_shop_only(old: Merchant, new: Merchant):
    with acting_for(new, by=MARA):
        publish()
    with pytest.raises(archive.ArchiveRefused) as refused:
        read_into(new, packed(old))
    assert refused.value.params["reason"] == "not_empty"


def test_out_and_in_through_jobs(old: Merchant, new: Merchant):
    with acting_for(old, by=MARA):
        job = operations.ask_for_export(name="whole", at=clock.now())
        tasks.run_waiting()
        done = jobs.job(job.pk)
        assert (done.state, done.result["members"], done.result["orders"]) == ("done", 5, 8)
        file = io.BytesIO()
        jobs.pour(done.file_id, file)
        assert log(kinds=["shop.exported"]).count() == 1
    with acting_for(new, by=MARA):
        job = operations.begin_whole(name="old.zip", chunks=[file.getvalue()], at=clock.now())
        tasks.run_waiting()
        assert (jobs.job(job.pk).state, Member.objects.count()) == ("done", 5)
        with pytest.raises(archive.ArchiveRefused):
            operations.begin_whole(name="old.zip", chunks=[file.getvalue()], at=clock.now())
        assert verify() == []


def test_every_table_of_merchants_is_in_the_archive_or_it_is_said_why_not():
    inside = {model._meta.label for model in tables()}
    left = set(archive.LEFT_OUT)
    forgotten = [
        model._meta.label
        for model in apps.get_models()
        if of_merchants(model)
        and model._meta.label not in inside | left
        and model._meta.app_label not in OTHER_APPS
    ]
    assert forgotten == []
    assert all(apps.get_model(label) for label in left) and ids.new()
