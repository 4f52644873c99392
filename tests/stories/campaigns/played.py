"""A shop with one point per krona that plays a campaign from its template, through the API and the members' phones."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from campaigns.queries.campaigning import figures, reading
from campaigns.queries.campaigning.templates import BY_KEY
from campaigns.tasks import run_campaigns
from loyalty.core import clock, ids
from loyalty.core.tenancy.scope import acting_for
from tests.api.caller import Caller, key_for
from tests.cast import MARA, publish, shop
from tests.stories.play import Club

SATURDAY = datetime(2026, 3, 7, 9, 0, tzinfo=UTC)  # ten in the morning in Stockholm


@dataclass
class Calendar:
    """The clock on the wall of a story."""

    at: datetime

    def now(self) -> datetime:
        """What time it is."""
        return self.at

    def passes(self, **time: float) -> None:
        """Time goes by, and the clock's jobs run."""
        self.at += timedelta(**time)
        run_campaigns()


class Played(Club):
    """A shop that runs campaigns."""

    def launches(self, template: str, **changes: Any) -> str:
        """Begin a campaign with a template, change it, launch it; its public id."""
        content = BY_KEY[template].content(currency="SEK", language="en")
        body = {**msgspec.to_builtins(content), **changes}
        made = self.call.post("campaigns", body)
        assert made.status_code == 201, made.content
        started = self.call.post(f"campaigns/{made.json()['id']}/launch", {})
        assert started.status_code == 200, started.content
        return str(made.json()["id"])

    def campaign(self, name: str) -> dict[str, Any]:
        """How a campaign stands, with what it came to."""
        return self.get(f"campaigns/{name}")

    def came(self, name: str) -> dict[str, Any]:
        """What a campaign came to."""
        found: dict[str, Any] = self.campaign(name)["figures"]
        return found

    def books_agree(self, name: str) -> None:
        """What a campaign counts is what the ledger has under its name, and every promise of the books is kept."""
        with self.acting():
            row = reading.campaign(ids.decode("cmp", name))
            assert figures.from_books(row) == figures.came_to(row).given
        self.books_hold()


def opened(**sections: Any) -> Played:
    """A new shop with its programme."""
    merchant = shop(language="en")
    with acting_for(merchant, by=MARA):
        publish(at=clock.now(), **sections)
    return Played(merchant, None, Caller(key_for(merchant)))  # type: ignore[arg-type] # no blueprint


def line(sku: str, price: float, *tags: str) -> dict[str, Any]:
    """A line of a receipt."""
    return {"price": price, "sku": sku, "name": sku.title(), "tags": list(tags)}
