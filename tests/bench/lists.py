"""How long staff wait for a page of a large shop: every list of the dashboard, its searches and filters, in process.

Also runs by itself: `python -m tests.bench.lists --members 20000`. Server time only: no browser, no network.
"""

import time
from typing import TYPE_CHECKING, Any

from tests.bench import large
from tests.bench.clients import Figure

if TYPE_CHECKING:
    from tests.bench.__main__ import Run

TARGET = "200 ms"
TIMES = 7
PAGES = {
    "overview": "",
    "members": "members/",
    "members: blocked": "members/?status=blocked",
    "members: a name": "members/?q=greta",
    "members: a full name": "members/?q=greta+berg",
    "members: an e-mail": "members/?q=member471@example.com",
    "members: nobody": "members/?q=zzzz",
    "members: by name": "members/?sort=name",
    "members: silver": "members/?tier=silver",
    "orders": "orders/",
    "orders: one by its name": "orders/?q=471-3",
    "search: a name": "search/?q=greta",
    "search: an e-mail": "search/?q=member471@example.com",
    "search: an order": "search/?q=471-3",
    "work": "work/",
    "approvals": "work/approvals/",
    "activities that wait": "work/activities/",
    "referrals that wait": "work/referrals/",
    "parcels": "work/rewards/",
    "events": "work/events/",
    "paid memberships": "work/memberships/",
    "households": "households/",
    "silent members": "settings/privacy/silent/",
    "webhooks": "connect/webhooks/",
    "jobs": "jobs/",
    "imports": "imports/",
    "exports": "exports/",
    "checklist": "setup/",
    "rewards": "rewards/",
    "programme": "programme/",
    "audit log": "audit/",
    "books": "books/",
}


def staff_client(shop: Any) -> Any:
    """A browser's session of the shop's owner."""
    from django.conf import settings
    from django.contrib.auth import get_user_model
    from django.test import Client

    from loyalty.core import clock
    from loyalty.core.merchants.operations import add_staff
    from loyalty.core.merchants.roles import Role
    from loyalty.core.tenancy.scope import Actor, acting_for

    with acting_for(shop, by=Actor("operator", "bench")):
        add_staff(email="owner@large.example", role=Role.OWNER, at=clock.now(), name="Owner")
    client = Client(SERVER_NAME="localhost")
    client.force_login(
        get_user_model().objects.get(email="owner@large.example"), backend=settings.AUTHENTICATION_BACKENDS[0]
    )
    return client


class Counted:
    """Counts the statements sent to the database."""

    def __init__(self) -> None:
        self.queries = 0

    def __call__(self, execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        self.queries += 1
        return execute(sql, params, many, context)


def visit(client: Any, name: str, path: str) -> Figure:
    """Ask for one page several times; the middle and the worst time, and how many statements it took."""
    from django.db import connection

    times = []
    for _again in range(TIMES):
        counted = Counted()
        start = time.perf_counter()
        with connection.execute_wrapper(counted):
            answer = client.get(path)
        times.append((time.perf_counter() - start) * 1000)
        if answer.status_code != 200:
            raise SystemExit(f"{path} answered {answer.status_code}")
    cold, times = times[0], sorted(times[1:])
    middle = times[len(times) // 2]
    return Figure(f"page: {name} ({counted.queries} statements, first {cold:.0f} ms)", 1, 1000 / middle, round(middle, 1),
                  round(times[-1], 1), round(times[-1], 1), target=TARGET)  # fmt: skip


def figures(shop: Any) -> list[Figure]:
    """Every page once warm; one member's page with them."""
    from django.core.management import call_command

    from loyalty.core import ids
    from loyalty.core.tenancy.scope import Actor, acting_for
    from members.queries.directory import by_identity

    # Pages name the files they link as they are served.
    call_command("collectstatic", interactive=False, verbosity=0)
    client = staff_client(shop)
    base = f"/m/{shop.slug}/"
    with acting_for(shop, by=Actor("operator", "bench")):
        somebody = ids.encode("mbr", by_identity("external", "cust-471").pk)
    pages = {**PAGES, "a member": f"members/{somebody}/"}
    return [visit(client, name, base + path) for name, path in pages.items()]


def measure(run: "Run") -> None:
    """Add the figures to a run."""
    shop = large.build(run.world.admin, run.crowd)
    for figure in figures(shop):
        run.add(figure, target=figure.target)


def main() -> None:
    import argparse

    from tests.bench.report import table
    from tests.bench.world import build

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--members", type=int, default=20_000)
    asked = parser.parse_args()
    print(table(figures(large.build(build(10).admin, asked.members))))


if __name__ == "__main__":
    main()
