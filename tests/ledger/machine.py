"""The state machine: random postings to the real books, each answer predicted by the second book.

After every step the member's balances and every lot agree, and no invariant finds a row.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from loyalty.core import ids
from loyalty.core.errors import DomainError
from loyalty.core.ledger import checks
from loyalty.core.ledger.chart import Do, MemberAccount, MerchantAccount, Shortfall
from loyalty.core.ledger.invariants import CHECKS
from loyalty.core.ledger.operations import Posted, Posting, post, post_many
from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy.scope import acting_for
from tests.cast import AT, MARA
from tests.ledger.second_book import Answer, Book

_ANY = 7_777_777  # stands for the merchant, so that one prepared statement serves every example
ALL_CHECKS = checks.as_one_query(CHECKS, merchant=_ANY).replace(
    str(_ANY), "current_setting('app.merchant_id')::bigint"
)
STATE = """
SELECT a.owner, a.kind, a.balance::text, NULL::bigint, NULL::boolean, NULL::timestamptz
  FROM ledger_account a
 WHERE a.merchant_id = current_setting('app.merchant_id')::bigint AND a.owner IS NOT NULL
 UNION ALL
SELECT t.owner, 'lot', t.key, l.remaining, l.pending, l.expires_at
  FROM ledger_lot l JOIN ledger_transfer t ON t.merchant_id = l.merchant_id AND t.id = l.transfer_id
 WHERE l.merchant_id = current_setting('app.merchant_id')::bigint
"""
LOT_OF = """SELECT id FROM ledger_lot WHERE merchant_id = current_setting('app.merchant_id')::bigint
             AND transfer_id = %s"""

# Few values, so that the interesting coincidences (all of it, more than there is, over and not yet swept) are common.
amounts = st.sampled_from([1, 7, 10, 25, 60])
parts = st.sampled_from([None, None, 1, 7, 10, 25])  # None: all of it
which = st.integers(0, 9)
lives = st.sampled_from([None, 0, 1, 3, 10, 40])  # days
late = st.sampled_from([0, 0, 0, 1, 12])  # days between what happened and its arrival


class Books(RuleBasedStateMachine):
    """Two members of one shop. Every example is a shop of its own, undone at the end."""

    def __init__(self) -> None:
        super().__init__()
        self.savepoint = transaction.savepoint_create()
        self.now = AT
        self.people = (ids.new(), ids.new())
        self.books = {person: Book() for person in self.people}
        self.transfers: dict[str, UUID] = {}
        self.lot_ids: dict[str, UUID] = {}
        self.sent: list[tuple[Posting, Answer]] = []
        self.count = 0
        shop = Merchant.objects.create(
            slug=f"m{ids.new().hex}", name="M", currency="SEK", timezone="Europe/Stockholm", opened_at=AT
        )
        self.scope = acting_for(shop, by=MARA)
        self.scope.__enter__()

    def teardown(self) -> None:
        # Leaving by an exception sends nothing more to a transaction that may have failed.
        try:
            self.scope.__exit__(_Undo, _Undo(), None)
        except _Undo:
            pass
        transaction.savepoint_rollback(self.savepoint)
        super().teardown()

    # What is sent and what should come back.

    def posting(self, do: Do, person: UUID, *, days_late: int = 0, **fields: Any) -> Posting:
        """A posting under a fresh key. Lots granted on sliding terms get a key that begins with `s`."""
        self.count += 1
        fields.setdefault("key", f"{'s' if fields.get('slides_days') else 'k'}{self.count}")
        return Posting(do=do, kind=do.value, event="points.moved", owner=person, actor="machine",
                       at=self.now - timedelta(days=days_late), now=self.now, **fields)  # fmt: skip

    def expected(self, p: Posting) -> Answer:
        """The second book's answer, which also changes it."""
        book = self.books[p.owner]
        of = self._name_of(p.of or p.lot)
        match p.do:
            case Do.GRANT:
                answer = book.grant(p.key, p.amount, pending=p.pending, ends=p.expires_at)
            case Do.SPEND:
                answer = book.spend(p.key, p.amount, reserve=p.counter == MemberAccount.RESERVED, at=p.at)
            case Do.COMMIT:
                answer = book.commit(p.key, of, p.amount)
            case Do.RELEASE | Do.GIVE_BACK:
                answer = book.give(of, p.amount, release=p.do is Do.RELEASE, at=p.at, grace=p.grace_until)
            case Do.TAKE_BACK:
                answer = book.take_back(of, p.amount, policy=p.shortfall.value, at=p.at)
            case Do.ACTIVATE:
                answer = book.activate(of, p.expires_at)
            case Do.EXPIRE:
                answer = book.lapse(of, at=p.at)
            case Do.FORFEIT:
                answer = book.lapse(of, at=None)
        if p.slide_to and answer.code == "posted":
            book.slide(p.slide_to, p.at)
        return answer

    def _name_of(self, found: UUID | None) -> str:
        return next((name for name, one in {**self.transfers, **self.lot_ids}.items() if one == found), "")

    def send(self, p: Posting) -> None:
        """Post for real and compare."""
        expected = self.expected(p)
        try:
            answer: Posted | DomainError = post(p)
        except DomainError as refusal:
            answer = refusal
        self.compare(p, expected, answer)

    def compare(self, p: Posting, expected: Answer, answer: Posted | DomainError) -> None:
        if isinstance(answer, DomainError):
            told = Answer(answer.code, answer.params["available"], answer.params.get("shortfall", 0))
        else:
            assert not answer.replayed
            told = Answer("posted", answer.amount, answer.shortfall, answer.balance)
            self.transfers[p.key] = answer.transfer
            self.sent.append((p, told))
            if p.do is Do.GRANT:
                with connection.cursor() as cursor:
                    cursor.execute(LOT_OF, [answer.transfer])
                    self.lot_ids[p.key] = cursor.fetchone()[0]
        assert told == expected, f"{p.do} {p.key}"

    def lot_of(self, person: UUID, number: int) -> UUID:
        names = list(self.books[person].lots)
        return self.lot_ids[names[number % len(names)]]

    def drawn_of(self, do: Do, person: UUID, number: int) -> UUID:
        """Mostly one that the posting fits and that has something left; now and then any."""
        drawn = self.books[person].drawn
        fits = {"spend", "commit"} if do is Do.GIVE_BACK else {"reserve"}
        names = [name for name, one in drawn.items() if one.kind in fits and any(one.parts.values())]
        if number == 9 or not names:
            names = list(drawn)
        return self.transfers[names[-1 - number % len(names)]]

    def until(self, days: int | None) -> datetime | None:
        return None if days is None else self.now + timedelta(days=days)

    def person(self, number: int) -> UUID:
        return self.people[number == 0]  # most happens to one of them

    # The rules.

    @rule(who=which, amount=amounts, pending=st.booleans(), life=lives, slides=st.booleans())
    def grant(self, who: int, amount: int, pending: bool, life: int | None, slides: bool) -> None:
        self.send(self.posting(Do.GRANT, self.person(who), amount=amount, pending=pending, expires_at=self.until(life),
                               slides_days=30 if slides else None))  # fmt: skip

    @rule(who=which, amount=parts, reserve=st.booleans(), slide=st.booleans(), days=late)
    def spend(self, who: int, amount: int | None, reserve: bool, slide: bool, days: int) -> None:
        amount = amount or max(1, self.books[self.person(who)].available)
        counter = MemberAccount.RESERVED if reserve else MerchantAccount.REDEEMED
        self.send(self.posting(Do.SPEND, self.person(who), amount=amount, counter=counter, days_late=days,
                               slide_to=self.until(30) if slide else None))  # fmt: skip

    @rule(who=which, sizes=st.tuples(amounts, amounts), life=st.tuples(lives, lives), reserve=st.booleans(),
          back=st.sampled_from([0, 1, 7, 10]))  # fmt: skip
    def earn_twice_and_spend_all(
        self, who: int, sizes: tuple[int, int], life: tuple[int | None, int | None], reserve: bool, back: int
    ) -> None:
        """Two lots of different ends under one spending, of which a part may come back."""
        for amount, days in zip(sizes, life, strict=True):
            self.grant(who, amount, False, days, False)
        self.spend(who, None, reserve, False, 0)
        if back:
            self._settle(Do.RELEASE if reserve else Do.GIVE_BACK, who, back, 0, None)

    @rule(who=which, amount=amounts, reserve=st.booleans())
    def spend_all_and_return_the_goods(self, who: int, amount: int, reserve: bool) -> None:
        """How a member comes to owe points."""
        self.grant(who, amount, False, None, False)
        self.spend(who, None, reserve, False, 0)
        self.take_back(who, None, len(self.books[self.person(who)].lots) - 1, Shortfall.DEBT, 0)

    @rule(who=which, amount=parts, number=which)
    @precondition(lambda self: any(book.drawn for book in self.books.values()))
    def commit(self, who: int, amount: int | None, number: int) -> None:
        self._settle(Do.COMMIT, who, amount, number, None)

    @rule(who=which, amount=parts, number=which, grace=st.sampled_from([None, 5, 30]), release=st.booleans())
    @precondition(lambda self: any(book.drawn for book in self.books.values()))
    def give(self, who: int, amount: int | None, number: int, grace: int | None, release: bool) -> None:
        self._settle(Do.RELEASE if release else Do.GIVE_BACK, who, amount, number, grace)

    def _settle(self, do: Do, who: int, amount: int | None, number: int, grace: int | None) -> None:
        person = self.person(who)
        if self.books[person].drawn:
            self.send(self.posting(do, person, amount=amount, of=self.drawn_of(do, person, number),
                                   counter=MerchantAccount.REDEEMED, grace_until=self.until(grace)))  # fmt: skip

    @rule(
        who=which, amount=parts, number=which, policy=st.sampled_from([*Shortfall, Shortfall.DEBT]), days=late
    )
    @precondition(lambda self: self.lot_ids)
    def take_back(self, who: int, amount: int | None, number: int, policy: Shortfall, days: int) -> None:
        person = self.person(who)
        if self.books[person].lots:
            lot = list(self.books[person].lots.values())[number % len(self.books[person].lots)]
            amount = amount or max(1, lot.granted - lot.asked_back)
            self.send(self.posting(Do.TAKE_BACK, person, amount=amount, lot=self.lot_of(person, number),
                                   shortfall=policy, days_late=days))  # fmt: skip

    @rule(who=which, number=which, do=st.sampled_from([Do.ACTIVATE, Do.EXPIRE, Do.FORFEIT]), life=lives)
    @precondition(lambda self: self.lot_ids)
    def age(self, who: int, number: int, do: Do, life: int | None) -> None:
        person = self.person(who)
        if self.books[person].lots:
            self.send(self.posting(do, person, lot=self.lot_of(person, number), counter=MerchantAccount.EXPIRED,
                                   expires_at=self.until(life) if do is Do.ACTIVATE else None))  # fmt: skip

    @rule(days=st.sampled_from([0, 1, 2, 5]))
    def time_passes(self, days: int) -> None:
        """The clock moves on; nobody has swept yet."""
        self.now += timedelta(days=days)

    @rule()
    @precondition(lambda self: any(lot.ends and lot.ends <= self.now for book in self.books.values()
                                   for lot in book.lots.values()))  # fmt: skip
    def sweep(self) -> None:
        """The job expires whatever is over."""
        over = [self.posting(Do.EXPIRE, person, lot=self.lot_ids[lot.name], counter=MerchantAccount.EXPIRED)
                for person, book in self.books.items() for lot in book.lots.values()
                if not lot.pending and lot.free and lot.ends and lot.ends <= self.now]  # fmt: skip
        self._send_many(over)

    @rule(moves=st.lists(st.tuples(which, amounts, st.booleans()), min_size=2, max_size=4))
    def batch(self, moves: list[tuple[int, int, bool]]) -> None:
        """Grants and spendings of both members in one call."""
        self._send_many([
            self.posting(Do.GRANT if give else Do.SPEND, self.person(who), amount=amount,
                         counter=MerchantAccount.ISSUED if give else MerchantAccount.REDEEMED)
            for who, amount, give in moves
        ])  # fmt: skip

    def _send_many(self, postings: list[Posting]) -> None:
        expected = [self.expected(p) for p in postings]
        for p, wanted, answer in zip(postings, expected, post_many(postings), strict=True):
            self.compare(p, wanted, answer)

    @rule(number=which)
    @precondition(lambda self: self.sent)
    def replay(self, number: int) -> None:
        """The same posting again, later: the first answer again, and nothing moves."""
        p, told = self.sent[-1 - number % len(self.sent)]
        answer = post(replace(p, at=self.now, now=self.now))
        assert answer.replayed
        assert (answer.amount, answer.shortfall) == (told.amount, told.shortfall)
        assert answer.transfer == self.transfers[p.key]

    @rule(number=which, who=which)
    @precondition(lambda self: self.sent)
    def reuse_key(self, number: int, who: int) -> None:
        """The same key for something else, or for someone else, is refused."""
        p, _told = self.sent[-1 - number % len(self.sent)]
        other = (
            replace(p, amount=(p.amount or 0) + 1)
            if who % 2
            else replace(p, owner=_other(p.owner, self.people))
        )
        try:
            answer: object = post(other)
        except DomainError as refusal:
            answer = refusal.code
        assert answer == "key_reused"

    # What must hold after every step.

    @invariant()
    def books_agree(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(STATE)
            rows = cursor.fetchall()
            cursor.execute(ALL_CHECKS)
            broken = cursor.fetchall()
        assert broken == []
        for person, book in self.books.items():
            mine = {row[1]: int(row[2]) for row in rows if row[0] == person and row[1] != "lot"}
            assert mine.get("available", 0) == book.available
            assert mine.get("pending", 0) == book.pending
            assert mine.get("reserved", 0) == book.reserved
            assert mine.get("debt", 0) == -book.owed
            lots = {row[2]: row[3:] for row in rows if row[0] == person and row[1] == "lot"}
            assert lots == {lot.name: (lot.free, lot.pending, lot.ends) for lot in book.lots.values()}


class _Undo(Exception):
    """Leaves a scope the way an error does."""


def _other(person: UUID, people: tuple[UUID, UUID]) -> UUID:
    return people[1] if person == people[0] else people[0]
