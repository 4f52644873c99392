"""What the operations do without HTTP, and the naive way beside them. Each `make_*` runs in a process of its own."""

import os
from collections.abc import Callable
from typing import Any

from tests.bench.clients import numbers


def _django(environment: dict[str, str]) -> None:
    os.environ.update(environment)
    import django

    django.setup()


def make_orders(
    number: int, environment: dict[str, str], merchant: int, members: list[str], batch: int
) -> Callable[[], bool]:
    """`record_orders` with `batch` orders of three lines per transaction."""
    _django(environment)
    from loyalty.core import clock
    from loyalty.core.tenancy.scope import Actor, acting_for
    from members.operations.orders import Outcome, record_orders
    from members.rules.shopping import MemberRef, NewLine, NewOrder

    by, names = Actor("api_key", "bench"), numbers(number + 1)
    lines = tuple(
        NewLine(f"sku-{n}", 3100, name="A thing", category="things", brand="brand", tags=("a", "b"))
        for n in (1, 2, 3)
    )

    def act() -> bool:
        at = clock.now()
        orders = [
            NewOrder(f"p-{n}", "SEK", at, lines, MemberRef(id=members[n % len(members)]), channel="pos")
            for n in (next(names) for _unused in range(batch))
        ]
        with acting_for(merchant, by=by):
            return all(isinstance(found, Outcome) for found in record_orders(orders=orders, at=at))

    return act


def make_redemptions(
    number: int, environment: dict[str, str], merchant: int, owners: list[str], reward: str
) -> Callable[[], bool]:
    """Reserve, then commit, in two transactions, as two API calls would."""
    _django(environment)
    from uuid import UUID

    from loyalty.core import clock, ids
    from loyalty.core.tenancy.scope import Actor, acting_for
    from rewards.operations.redemption import commit_redemption, reserve_reward

    by, names, wanted = Actor("api_key", "bench"), numbers(number + 101), ids.decode("rwd", reward)

    def act() -> bool:
        n = next(names)
        with acting_for(merchant, by=by):
            row = reserve_reward(
                member=UUID(owners[n % len(owners)]), reward=wanted, key=f"p-{n}", at=clock.now()
            )
        with acting_for(merchant, by=by):
            return commit_redemption(redemption=row.pk, at=clock.now()).status == "committed"

    return act


def _naive_models() -> tuple[Any, Any, Any]:
    """Account, transfer and entry as one would first model them."""
    import uuid

    from django.db import models

    class Account(models.Model):
        id = models.BigIntegerField(primary_key=True)
        balance = models.BigIntegerField()
        version = models.BigIntegerField()

        class Meta:
            managed, db_table, app_label = False, "yard_account", "bench"

    class Transfer(models.Model):
        id = models.UUIDField(primary_key=True, default=uuid.uuid4)
        debit = models.ForeignKey(Account, models.PROTECT, db_column="debit", related_name="+")
        credit = models.ForeignKey(Account, models.PROTECT, db_column="credit", related_name="+")
        amount = models.BigIntegerField()
        key = models.TextField(unique=True)
        event_at = models.DateTimeField()
        created_at = models.DateTimeField()

        class Meta:
            managed, db_table, app_label = False, "yard_transfer", "bench"

    class Entry(models.Model):
        id = models.UUIDField(primary_key=True, default=uuid.uuid4)
        transfer = models.ForeignKey(Transfer, models.PROTECT)
        account = models.ForeignKey(Account, models.PROTECT)
        amount = models.BigIntegerField()
        previous_balance = models.BigIntegerField()
        current_balance = models.BigIntegerField()
        account_version = models.BigIntegerField()

        class Meta:
            managed, db_table, app_label = False, "yard_entry", "bench"

    return Account, Transfer, Entry


def make_naive(number: int, environment: dict[str, str]) -> Callable[[], bool]:
    """Posting as one would first write it with the ORM: lock both accounts, two entries, save the balances."""
    _django(environment)
    from django.db import connection, transaction
    from django.utils import timezone

    accounts_of, transfers, entries = (model.objects for model in _naive_models())
    names = numbers(number + 201)
    connection.ensure_connection()

    def act() -> bool:
        n = next(names)
        member, now = n % 5000 + 1, timezone.now()
        with transaction.atomic():
            accounts = {
                row.pk: row
                for row in accounts_of.select_for_update().filter(pk__in=[0, member]).order_by("pk")
            }
            transfer, made = transfers.get_or_create(
                key=f"naive-{n}",
                defaults={
                    "debit_id": 0,
                    "credit_id": member,
                    "amount": 93,
                    "event_at": now,
                    "created_at": now,
                },
            )
            for account, amount in ((accounts[0], -93), (accounts[member], 93)):
                before = account.balance
                account.balance += amount
                account.version += 1
                account.save()
                entries.create(transfer=transfer, account=account, amount=amount, previous_balance=before,
                               current_balance=account.balance, account_version=account.version)  # fmt: skip
        return made

    return act
