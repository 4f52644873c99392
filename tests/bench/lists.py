"""How long staff wait for a page of a large shop: every list of the dashboard, its searches and filters, in process;
and programs for a page of the API's lists, deep in them too.

Also runs by itself: `python -m tests.bench.lists --members 20000` (or `--standing`). Server time only: no browser, no network.
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
    "members: bought lately": "members/?bought=7",
    "members: not for half a year": "members/?bought=not-180",
    "members: never bought": "members/?bought=never",
    "members: nothing to spend": "members/?points=none",
    "members: want news": "members/?news=email",
    "members: want no news": "members/?news=neither",
    "members: by name, bought lately": "members/?sort=name&bought=7",
    "members: a name, silver": "members/?q=greta&tier=silver",
    "members: a name, bought lately": "members/?q=greta&bought=7",
    "members: a name, not for half a year": "members/?q=greta&bought=not-180",
    "members: a name, never bought": "members/?q=greta&bought=never",
    "members: a name, something to spend": "members/?q=greta&points=some",
    "members: a name, nothing to spend": "members/?q=greta&points=none",
    "members: a name, want news": "members/?q=greta&news=email",
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
    "products": "products/",
    "programme": "programme/",
    "programme: versions": "programme/history/",
    "segments": "segments/",
    "campaigns": "campaigns/",
    "calendar": "campaigns/calendar/",
    "automations": "automations/",
    "experiments": "experiments/",
    "surveys": "surveys/",
    "games": "games/",
    "badges": "games/badges/",
    "draws": "draws/",
    "messages": "messages/",
    "messages: log": "messages/log/",
    "messages: nobody may be sent": "messages/suppressed/",
    "newsletters": "messages/newsletters/",
    "services": "work/services/",
    "partners": "work/partners/",
    "staff": "settings/staff/",
    "tills": "settings/tills/",
    "audit log": "audit/",
    "books": "books/",
}
CALLS = {
    "members": "members",
    "members: a name": "members?search=greta",
    "members: a full name": "members?search=greta+berg",
    "members: nobody": "members?search=zzzz",
    "members: blocked": "members?status=blocked",
    "members: erased": "members?status=erased",
    "orders": "orders",
    "orders: cancelled": "orders?status=cancelled",
    "orders: one by its name": "orders?source=bench&external_id=471-3",
    "orders of a member": "orders?member={member}",
    "activities": "activities",
    "activities that wait": "activities?status=waiting",
    "activities: reviews": "activities?kind=review",
    "entries of a member": "members/{member}/entries",
    "lots of a member": "members/{member}/lots",
    "events": "events?limit=50",
    "events: a rare kind": "events?kinds=member.erased",
    "redemptions": "redemptions",
    "referrals": "referrals",
}
DEEP = 1000
"""The page of a list that is asked for by its cursor."""


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


def program(shop: Any) -> Any:
    """A client of the API that may read everything."""
    from django.test import Client

    from loyalty.core import clock
    from loyalty.core.merchants.operations import create_api_key
    from loyalty.core.merchants.roles import SCOPES
    from loyalty.core.tenancy.scope import Actor, acting_for

    with acting_for(shop, by=Actor("operator", "bench")):
        key = create_api_key(name="bench of lists", scopes=list(SCOPES), at=clock.now())[1]
    return Client(SERVER_NAME="localhost", headers={"authorization": f"Bearer {key}"})


def deep_calls() -> dict[str, str]:
    """The lists of the API from so many pages on, or from their end. Needs an open scope."""
    from loyalty.core.api.pagination import DEFAULT_LIMIT, seal
    from members.models import Order
    from members.queries.directory import members

    begin = min((DEEP - 1) * DEFAULT_LIMIT, members().count()) - 1
    member, order = members()[begin], Order.objects.order_by("-id")[begin]
    return {
        f"members, page {DEEP:,}": f"members?cursor={seal('members', ['next', member.joined_at, member.pk])}",
        f"orders, page {DEEP:,}": f"orders?cursor={seal('orders', ['next', order.pk])}",
    }


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
    return Figure(f"{name} ({counted.queries} statements, first {cold:.0f} ms)", 1, 1000 / middle, round(middle, 1),
                  round(times[-1], 1), round(times[-1], 1), target=TARGET)  # fmt: skip


def figures(shop: Any, *, only: str = "") -> list[Figure]:
    """Every page and every call once warm, one member's page with them; `only` those with this in their names."""
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
        calls = {**CALLS, **deep_calls()}
    pages = {**PAGES, "a member": f"members/{somebody}/"}
    found = [visit(client, f"page: {name}", base + path) for name, path in pages.items() if only in name]
    asking = program(shop)
    return found + [
        visit(asking, f"API: {name}", f"/api/v1/{path.format(member=somebody)}")
        for name, path in calls.items()
        if only in name
    ]


def measure(run: "Run") -> None:
    """Add the figures to a run."""
    shop = large.build(run.world.admin, run.crowd)
    for figure in figures(shop):
        run.add(figure, target=figure.target)


def main() -> None:
    from tests.bench.report import table

    shop, asked = large.asked_for(__doc__)
    print(table(figures(shop, only=asked.only)))


if __name__ == "__main__":
    main()
