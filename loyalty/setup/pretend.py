"""Three people who do not exist, for a new test shop: so that nothing is empty on the first page."""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from loyalty.core.merchants.queries import shop_of_scope
from members.operations.membership import join
from members.operations.orders import record_order
from members.operations.points import live_through
from members.rules.shopping import MemberRef, NewLine, NewOrder

CHANNEL = "setup"
PEOPLE = (
    ("Robin", "Tester", (58, 47, 33, 21, 12, 5, 1), 120),
    ("Sam", "Sample", (40, 18, 3), 95),
    ("Kim", "Trial", (2,), 60),
)
"""Given name, family name, how many days ago they bought, and for how many per cent of a usual purchase."""


def pretend(*, basket_minor: int, at: datetime) -> None:
    """Join the three and record what they bought, in the test shop that is acted for. `basket_minor` is a usual
    purchase."""
    currency = shop_of_scope().currency
    for number, (given, family, visits, percent) in enumerate(PEOPLE, 1):
        name = f"pretend-{number}"
        join(
            at=at - timedelta(days=visits[0], hours=1), channel=CHANNEL,
            identities={"external": name, "email": f"{given}.{family}@example.com".lower()},
            details={"given_name": given, "family_name": family},
        )  # fmt: skip
        for visit, ago in enumerate(visits, 1):
            amount = max(1, basket_minor * (percent + 7 * (visit % 3)) // 100)
            record_order(at=at, order=NewOrder(
                f"{name}-{visit}", currency, at - timedelta(days=ago),
                (NewLine("example", amount, name=_("Example purchase")),),
                MemberRef(external_id=name), source=CHANNEL, channel="store", location="main",
            ))  # fmt: skip
    live_through(at=at)
