"""A purchase gives points."""

from loyalty.core.ledger.queries import balance
from tests.cast import buy


def test_a_purchase_gives_a_point_per_krona(ana):
    assert buy(ana, 184.50).points == 184
    assert balance(ana.pk).available == 184
