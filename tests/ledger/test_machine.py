"""500 random lives of two members, up to 50 steps each, against the second book and all invariants."""

import os

import pytest
from django.db import connection
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.ledger.machine import Books

EXAMPLES = int(os.environ.get("LEDGER_EXAMPLES", "300"))
STEPS = int(os.environ.get("LEDGER_STEPS", "50"))
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


def play(examples: int, steps: int, **more: object) -> None:
    """Run the machine. The tables are empty or hold what was rolled back, so nothing but an index may be read."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL plan_cache_mode = force_generic_plan")
    run_state_machine_as_test(
        Books,
        settings=settings(max_examples=examples, stateful_step_count=steps, deadline=None, database=None,
                          suppress_health_check=SLOW, print_blob=True, **more),
    )  # fmt: skip


@pytest.mark.django_db
@pytest.mark.slow
def test_random_lives_agree_with_the_second_book():
    play(EXAMPLES, STEPS, phases=[Phase.generate, Phase.shrink])
