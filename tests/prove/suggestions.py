"""Suggestions against popularity on weeks they have not seen: `python -m tests.prove.suggestions --shop SLUG`.

Reads the orders of one shop of the server that `DATABASE_URL` names (the demo's are real). Learns from everything before
the last weeks, suggests to each member who bought before and after products they have not bought, and looks whether
they bought one of them in those weeks: of as many as a card shows. Beside it, the same number of the shop's best-sellers
that they have not bought. Writes nothing.
"""

import argparse
import os
import sys
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import django


@dataclass
class Tally:
    """How one way did: members reached, suggestions, those that were bought, and how many different products it named."""

    members: int = 0
    hits: int = 0
    suggested: int = 0
    bought: int = 0
    popular: int = 0
    different: set[str] = field(default_factory=set)

    def add(self, products: list[str], after: set[str], popular: set[str]) -> None:
        """One member's suggestions, against what they bought afterwards."""
        taken = sum(one in after for one in products)
        self.members += 1
        self.hits += taken > 0
        self.bought += taken
        self.suggested += len(products)
        self.popular += sum(one in popular for one in products)
        self.different.update(products)

    def told(self, name: str) -> str:
        """A row of a table."""
        share = self.bought / self.suggested if self.suggested else 0.0
        best = self.popular / self.suggested if self.suggested else 0.0
        hits = self.hits / self.members if self.members else 0.0
        return (
            f"| {name} | {hits:.1%} | {share:.1%} | {len(self.different):,} | {best:.0%} |"
            f" {self.suggested / max(1, self.members):.1f} |"
        )


@dataclass
class Past:
    """What was bought before and after the cut: products by customer, and by member."""

    baskets: list[tuple[int, int]] = field(default_factory=list)
    before: dict[Any, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    after: dict[Any, set[str]] = field(default_factory=lambda: defaultdict(set))
    numbers: dict[str, int] = field(default_factory=dict)
    customers: dict[Any, int] = field(default_factory=dict)
    orders: set[Any] = field(default_factory=set)
    sold: Counter[str] = field(default_factory=Counter)
    categories: dict[str, str] = field(default_factory=dict)


_ROWS = """
SELECT o.id, o.member_id, o.placed_at, l.sku, l.category
  FROM members_order o JOIN members_orderline l ON l.merchant_id = o.merchant_id AND l.order_id = o.id
 WHERE o.merchant_id = %(merchant)s AND o.status = 'recorded' AND l.kind = 'product' AND l.sku <> ''
   AND o.placed_at >= %(since)s
"""


def read(merchant: int, weeks: int) -> tuple[Past, datetime]:
    """The orders of a shop, cut `weeks` before its last one. Inside its scope."""
    from django.db import connection

    past = Past()
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(placed_at) FROM members_order WHERE merchant_id = %s", [merchant])
        cut = cursor.fetchone()[0] - timedelta(weeks=weeks)
        cursor.execute(_ROWS, {"merchant": merchant, "since": cut - timedelta(days=365)})
        seen: set[tuple[Any, str]] = set()
        while some := cursor.fetchmany(50_000):
            for order, member, at, sku, category in some:
                if at >= cut:
                    past.after[member].add(sku)
                    continue
                if (order, sku) in seen:
                    continue
                seen.add((order, sku))
                past.categories[sku] = category
                past.sold[sku] += 1
                past.before[member][sku] += 1
                past.orders.add(order)
                past.baskets.append((
                    past.customers.setdefault(member or order, len(past.customers)),
                    past.numbers.setdefault(sku, len(past.numbers)),
                ))  # fmt: skip
    past.before.pop(None, None)
    past.after.pop(None, None)
    return past, cut


def compare(past: Past) -> Mapping[str, Tally]:
    """Each way over everybody who bought before and after the cut."""
    from campaigns.rules import suggestions as rules
    from loyalty.web.portal.suggesting import SHOWN

    skus = list(past.numbers)
    found = rules.related(
        [customer for customer, _p in past.baskets], [product for _c, product in past.baskets]
    )
    links: dict[str, list[tuple[str, float, int]]] = defaultdict(list)
    for of, to, score, together in zip(found.of, found.to, found.score, found.together, strict=True):
        links[skus[of]].append((skus[to], float(score), int(together)))
    best = [sku for sku, _count in past.sold.most_common()]
    popular = set(best[: rules.best_sellers(len(skus))])
    tallies = {"suggested": Tally(), "without the rule of variety": Tally(), "best-sellers": Tally()}
    for member, after in past.after.items():
        bought = past.before.get(member)
        if not bought:
            continue
        ranked = rules.candidates(bought, links)
        varied = rules.varied(ranked, most=SHOWN, popular=popular, categories=past.categories)
        tallies["suggested"].add([one.sku for one in varied], after, popular)
        tallies["without the rule of variety"].add([one.sku for one in ranked[:SHOWN]], after, popular)
        fresh = [sku for sku in best if sku not in bought][:SHOWN]
        tallies["best-sellers"].add(fresh, after, popular)
    return tallies


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.prove.suggestions", description=__doc__)
    parser.add_argument("--shop", required=True)
    parser.add_argument("--weeks", type=int, default=4)
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "loyalty.settings")
    django.setup()
    from loyalty.core.merchants.queries import merchant_by_slug
    from loyalty.core.tenancy.scope import SYSTEM, acting_for

    shop = merchant_by_slug(options.shop)
    with acting_for(shop, by=SYSTEM):
        past, cut = read(shop.pk, options.weeks)
    tallies = compare(past)
    print(f"{len(past.orders):,} orders of {len(past.numbers):,} products before {cut:%Y-%m-%d};"
          f" {tallies['suggested'].members:,} members bought before and in the {options.weeks} weeks after.")  # fmt: skip
    print("| way | members with a hit | suggestions bought | different products | best-sellers | each |")
    print("|---|---|---|---|---|---|")
    for name, tally in tallies.items():
        print(tally.told(name))
    return 0


if __name__ == "__main__":
    sys.exit(main())
