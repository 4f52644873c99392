"""Wakes a worker that has something to send. Called by name: the task is floors above."""

from functools import partial

from django.db import transaction

from loyalty.core.events.consumers import wake

TASK = "loyalty.core.webhooks.tasks.deliver_due"


def ring_after_commit() -> None:
    """Ring once this transaction is committed. What is not heard is found by the clock."""
    transaction.on_commit(partial(wake, TASK), robust=True)
