"""Acting for a partner: only with an agreement in force on both sides, and home again afterwards, whatever happens."""

from typing import Any

import pytest
from django.db import ProgrammingError, connection

from loyalty.core.ledger.queries import balance
from loyalty.core.tenancy import scope
from loyalty.core.tenancy.scope import NoCrossing, across_merchants, crossing
from members.models import CardLink, Member, Partnership
from tests.cast import AT, MARA, shop
from tests.members.operations.town import Town, give

pytestmark = pytest.mark.django_db


def test_nobody_crosses_without_an_agreement_in_force_on_both_sides(town):
    third = shop("third")
    with town.cafe():
        with pytest.raises(NoCrossing), crossing(town.agreement, to=third.pk):
            pass
        with pytest.raises(NoCrossing), crossing(town.agreement, to=town.luna.pk):
            pass
        Partnership.objects.update(status="ended", ended_at=AT)
        with pytest.raises(NoCrossing), crossing(town.agreement, to=town.books.pk):
            pass
        Partnership.objects.update(status="active", ended_at=None)
    with town.bookshop():
        Partnership.objects.update(status="ended", ended_at=AT)
    with town.cafe():
        # Our side alone says active: the partner's own row decides, too.
        with pytest.raises(NoCrossing), crossing(town.agreement, to=town.books.pk):
            pass
        assert scope.current().merchant_id == town.luna.pk
        assert list(Member.objects.all()) == [town.ana]
    with (
        across_merchants("no merchant's scope"),
        pytest.raises(NoCrossing),
        crossing(town.agreement, to=town.books.pk),
    ):
        pass
    with pytest.raises(scope.NoMerchant), crossing(town.agreement, to=town.books.pk):
        pass


def seen_in_sql() -> set[int]:
    """Whose members the database itself shows, asked past all managers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT merchant_id FROM members_member")
        return {row[0] for row in cursor.fetchall()}


def test_row_level_security_holds_across_and_home_is_back_afterwards(town):
    with town.cafe():
        assert seen_in_sql() == {town.luna.pk}
        with crossing(town.agreement, to=town.books.pk):
            assert seen_in_sql() == {town.books.pk}
            assert str(scope.actor()) == "partner:luna"
            with pytest.raises(ProgrammingError, match="row-level security"), _savepoint():
                CardLink.objects.create(
                    merchant_id=town.luna.pk, member_id=town.ana.pk, partner=1, partner_member=town.ana.pk,
                    since=AT,
                )  # fmt: skip
            with pytest.raises(NoCrossing), crossing(town.agreement, to=town.luna.pk):
                pass  # no further from there, not even back
        assert seen_in_sql() == {town.luna.pk}
        assert scope.actor() == MARA


def test_twin_a_scope_that_spans_all_merchants_does_see_both(town):
    with across_merchants("the twin"):
        assert seen_in_sql() >= {town.luna.pk, town.books.pk}


def _savepoint() -> Any:
    from django.db import transaction

    return transaction.atomic()


def breaks_across(town: Town, broken: str) -> None:
    with crossing(town.agreement, to=town.books.pk):
        if broken == "python":
            raise RuntimeError("in the middle")
        with connection.cursor() as cursor:
            cursor.execute("SELECT nothing FROM nowhere")


@pytest.mark.parametrize("broken", ["python", "database"])
def test_after_an_error_across_the_home_scope_is_open_again(town, broken):
    with town.cafe():
        with pytest.raises((RuntimeError, ProgrammingError)):
            breaks_across(town, broken)
        assert scope.current().merchant_id == town.luna.pk
        assert seen_in_sql() == {town.luna.pk}
        give(town.ana, 1)
        assert balance(town.ana.pk).available == 1


# --- the agreement -----------------------------------------------------------------------------------------------
