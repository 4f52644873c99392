"""What the books' checks find when a tier does not follow its history, and that nobody can rewrite the history."""

import pytest
from django.db import ProgrammingError, connection, transaction

from loyalty.core import ids
from loyalty.core.ledger.checks import verify
from tests.cast import buy
from tests.members.operations.test_tiers import with_tiers


@pytest.mark.parametrize(
    ("slip", "check"),
    [
        ("UPDATE members_tierstanding SET tier = 'gold'", "tiers_follow_history"),
        ("DELETE FROM members_tierstanding", "tiers_follow_history"),
        (
            "UPDATE members_tierstanding SET valid_until = valid_until - interval '1 day'",
            "tiers_last_as_told",
        ),
        ("UPDATE members_member SET status = 'erased'", "nobody_gone_has_a_tier"),
        ("INSERT", "tier_changes_chained"),
    ],
)
def test_the_checks_find_what_is_wrong(ana, slip, check):
    with_tiers()
    buy(ana, 1500)
    assert verify() == []
    with connection.cursor() as cursor:
        if slip == "INSERT":
            cursor.execute(
                "INSERT INTO members_tierchange (id, merchant_id, member_id, from_tier, to_tier, direction, reason,"
                ' "values", actor, changed_at) SELECT %s, merchant_id, member_id, %s, to_tier, direction, reason, "values",'
                " actor, changed_at FROM members_tierchange",
                [ids.new(), "platinum"],
            )
        else:
            cursor.execute(slip)
    assert check in {breach.check for breach in verify()}


@pytest.mark.parametrize(
    "slip", ["UPDATE members_tierchange SET to_tier = ''", "DELETE FROM members_tierchange"]
)
def test_nobody_who_serves_can_rewrite_the_history(ana, slip):
    with_tiers()
    buy(ana, 1500)
    with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(slip)
