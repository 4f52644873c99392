"""The scope is the transaction: opened, nested, left by an error, and always put back."""

import threading

import pytest
from django.db import connection, connections, models, transaction
from django.db.utils import IntegrityError

from loyalty.core.merchants.models import Location, Merchant
from loyalty.core.tenancy import scope
from loyalty.core.tenancy.scope import SYSTEM, Actor, NoMerchant, across_merchants, acting_for
from tests.cast import MARA, OTTO, shop

pytestmark = pytest.mark.django_db


def told() -> tuple[str, str]:
    """What the database has been told: the role and the merchant."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, coalesce(current_setting('app.merchant_id', true), '')")
        return cursor.fetchone()


def names() -> list[str]:
    """The locations that can be seen."""
    return sorted(Location.objects.values_list("name", flat=True))


def test_inside_everything_knows_the_merchant_and_the_actor(luna: Merchant) -> None:
    with acting_for(luna, by=MARA) as opened:
        assert told() == ("loyalty_app", str(luna.pk))
        assert (scope.merchant_id(), scope.actor(), scope.current()) == (luna.pk, MARA, opened)
        assert Location(code="x", name="x").merchant_id == luna.pk
    assert told() == ("loyalty_app", "")


@pytest.mark.parametrize("ask", [scope.current, scope.merchant_id, scope.actor])
def test_outside_nobody_acts(ask: object) -> None:
    with pytest.raises(NoMerchant):
        ask()


def test_an_id_opens_the_same_scope_as_its_merchant(luna: Merchant) -> None:
    with acting_for(luna.pk, by=MARA):
        assert names() == ["Café Luna"]


def test_a_scope_over_all_merchants_sees_all_and_is_nobodys(luna: Merchant, other_shop: Merchant) -> None:
    with across_merchants("count the shops"):
        assert told() == ("loyalty_system", "")
        assert len(names()) == 4
        assert scope.actor() == SYSTEM
        with pytest.raises(NoMerchant):
            Location(code="x", name="x")


def test_what_one_query_asks_for_stays_out_of_the_next(luna: Merchant, other_shop: Merchant) -> None:
    """Every query starts from one that is kept for its merchant; narrowing it must not narrow that."""
    for merchant, name in ((luna, "Café Luna"), (other_shop, "Otto's Books"), (luna, "Café Luna")):
        with acting_for(merchant, by=MARA):
            rows = Location.objects.filter(name="nowhere").order_by("-name")[:1]
            assert (list(rows), Location.objects.none().count()) == ([], 0)
            assert Location.objects.exclude(name=name).count() == 0
            assert (
                Location.objects.annotate(again=models.F("name")).values_list("again", flat=True).get()
                == name
            )
            assert names() == [name]


def test_nested_scopes_each_see_their_own_and_the_outer_comes_back(
    luna: Merchant, other_shop: Merchant
) -> None:
    with acting_for(luna, by=MARA):
        with acting_for(other_shop, by=OTTO):
            assert names() == ["Otto's Books"]
            with across_merchants("look around"):
                assert len(names()) == 4
            assert (names(), scope.actor(), told()) == (
                ["Otto's Books"],
                OTTO,
                ("loyalty_app", str(other_shop.pk)),
            )
        assert (names(), scope.actor(), told()) == (["Café Luna"], MARA, ("loyalty_app", str(luna.pk)))


def fail_inside(merchant: Merchant, error: type[Exception]) -> None:
    """A scope that writes, then ends in an error of ours or of the database's."""
    with acting_for(merchant, by=OTTO):
        Location.objects.create(code="inner", name="inner")
        if error is IntegrityError:
            Location.objects.create(code="inner", name="twice")
        raise error


@pytest.mark.parametrize("error", [ZeroDivisionError, IntegrityError])
def test_an_inner_scope_that_fails_leaves_the_outer_one_working(
    luna: Merchant, other_shop: Merchant, error: type[Exception]
) -> None:
    with acting_for(luna, by=MARA):
        Location.objects.create(code="outer", name="outer")
        with pytest.raises(error):
            fail_inside(other_shop, error)
        assert told() == ("loyalty_app", str(luna.pk))
        assert names() == ["Café Luna", "outer"]
    with acting_for(other_shop, by=OTTO):
        assert names() == ["Otto's Books"]


@pytest.mark.parametrize("error", [ZeroDivisionError, IntegrityError])
def test_a_scope_that_fails_undoes_all_and_shows_the_first_error(
    luna: Merchant, error: type[Exception]
) -> None:
    with pytest.raises(error):
        fail_inside(luna, error)
    assert told() == ("loyalty_app", "")
    with acting_for(luna, by=MARA):
        assert names() == ["Café Luna"]


def test_a_savepoint_inside_keeps_the_scope(luna: Merchant) -> None:
    with acting_for(luna, by=MARA):
        with pytest.raises(IntegrityError), transaction.atomic():
            Location.objects.create(code="main", name="twice")
        assert told() == ("loyalty_app", str(luna.pk))


@pytest.mark.django_db(transaction=True)
def test_on_a_connection_of_its_own_nothing_is_left_behind() -> None:
    """As a server does it: no transaction around, the connection is used again by the next request."""
    luna = shop()
    with acting_for(luna, by=MARA):
        assert told() == ("loyalty_app", str(luna.pk))
    assert told() == ("loyalty_app", "")
    with across_merchants("sign in"):
        assert told()[0] == "loyalty_system"
    assert told() == ("loyalty_app", "")
    with pytest.raises(ZeroDivisionError):
        fail_inside(luna, ZeroDivisionError)
    assert told() == ("loyalty_app", "")
    assert not connection.in_atomic_block


@pytest.mark.django_db(transaction=True)
def test_threads_do_not_share_a_scope() -> None:
    luna, ottos = shop("luna"), shop("ottos", name="Otto's Books")
    seen: dict[str, object] = {}
    together = threading.Barrier(2)

    def work(name: str, merchant: Merchant, actor: Actor) -> None:
        try:
            with pytest.raises(NoMerchant):
                scope.current()
            with acting_for(merchant, by=actor):
                together.wait(10)
                seen[name] = (names(), scope.actor())
                together.wait(10)
        finally:
            connections.close_all()

    with acting_for(luna, by=MARA):
        threads = [
            threading.Thread(target=work, args=[name, merchant, actor])
            for name, merchant, actor in (("mara", luna, MARA), ("otto", ottos, OTTO))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
    assert seen == {"mara": (["Café Luna"], MARA), "otto": (["Otto's Books"], OTTO)}


def test_an_actor_is_written_as_kind_and_id() -> None:
    assert (str(MARA), str(SYSTEM)) == ("staff:mara", "system")
