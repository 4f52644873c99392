"""Hot queries use an index as the serving role, in a shop with thousands of members.

Under row-level security a condition may use an index only when its operator is leakproof: LIKE, ILIKE,
upper() and most of jsonb are not, and silently read the whole shop. Each query runs as the code runs it; the
plan that PostgreSQL makes for it is read.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection

from loyalty.core.events import queries as events
from loyalty.core.ledger import queries as ledger
from loyalty.core.webhooks import delivering
from loyalty.core.webhooks import queries as webhooks
from members.models import Activity, JoinTrace, Member, Order, Profile, Referral, RuleUse
from members.operations.referral_payouts import due_referrals
from members.queries import (
    activities,
    adjusting,
    belonging,
    birthdays,
    consents,
    directory,
    order_facts,
    perks,
    preferences,
    referrals,
    tiers,
    usage,
)
from members.queries.orders import of_member
from members.rules.facts import Period
from members.rules.needs import Need
from members.rules.tiers import By, Tiers
from members.rules.usage import Asked
from rewards.queries import fulfilments, places
from rewards.queries.redemptions import redemptions
from tests.cast import AT, days
from tests.isolation.crowd import Crowded

WATCHED = ("members_", "ledger_", "events_", "rewards_", "webhooks_delivery", "campaigns_m")
ONE_ROW_EACH = ("members_comparisonbook", "members_addedmark")


def plans(run: Callable[[], Any]) -> list[dict[str, Any]]:
    """The plan of every SELECT that `run` sends."""
    found = []

    def explain(execute: Callable, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        if sql.lstrip().upper().startswith(("SELECT", "WITH")) and "set_config" not in sql:
            with context["connection"].cursor() as cursor:
                cursor.cursor.execute(f"EXPLAIN (FORMAT JSON, COSTS OFF) {sql}", params)
                plan = cursor.cursor.fetchone()[0]
            found.append((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explain):
        run()
    assert found, "it asked the database nothing"
    return found


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every step of a plan."""
    yield plan
    for part in plan.get("Plans", []):
        yield from nodes(part)


def slow_steps(run: Callable[[], Any], *, paged: bool = False) -> list[str]:
    """Steps that read a whole shop: a table read without an index, or by nothing more than the merchant.

    With `paged` an index may be walked in its order from the merchant's first row on, as long as nothing is sorted.
    Tables with one row of each shop are read whole among a handful of shops: no index saves anything there.
    """
    slow = []
    for plan in plans(run):
        for node in nodes(plan):
            kind, table = node["Node Type"], node.get("Relation Name", node.get("Index Name", ""))
            condition = node.get("Index Cond", "").replace("merchant_id", "")
            if kind == "Seq Scan" and table.startswith(WATCHED) and table not in ONE_ROW_EACH:
                slow.append(f"reads all of {table}")
            if kind in {"Index Scan", "Index Only Scan", "Bitmap Index Scan"} and not paged:
                by_more = any(word in condition for word in (" AND ", "_id =", "id =", "id >"))
                if not by_more and "merchants" not in table and "programme" not in table:
                    slow.append(
                        f"reads the whole shop through {node['Index Name']}: {node.get('Index Cond')}"
                    )
            if kind == "Sort" and paged:
                slow.append(f"sorts by {node['Sort Key']}")
    return slow


def _qualifying(member: UUID, by: str) -> Any:
    """What a ladder counts of one member."""
    zone = ZoneInfo("Europe/Stockholm")
    return tiers.known([member], tiers=Tiers(by=By(by), kinds=("review",)), at=AT, zone=zone)


def test_hot_queries_use_an_index(crowded: Crowded) -> None:
    member, soon = crowded.member, AT + days(400)
    orders = Order.objects.filter(member=member).order_by("-placed_at")
    named = {0: ("external", "ana"), 1: ("id", str(member))}
    occasion = usage.Occasion(0, member, AT, ("api", "x"))
    periods = {"capped": (Period.DAY, Period.LIFETIME)}
    asked = Asked(
        frozenset(Need), periods, frozenset({"capped"}), ("pot",), {"purchase": days(9), "review": days(9)}
    )
    hot: dict[str, Callable[[], Any]] = {
        "identity": lambda: directory.by_identity("external", "ana"),
        "start of a name": lambda: list(Profile.objects.filter(search_given__begins="anasta")),
        "what staff type": lambda: list(directory.members(text="anasta")[:50]),
        "rows of a list": lambda: directory.rows(list(Member.objects.filter(pk=member))),
        "order facts": lambda: order_facts.look_up(named),
        "what rules compare": lambda: usage.sheet(asked, [occasion], ZoneInfo("Europe/Stockholm")),
        "what an order counts for": lambda: list(RuleUse.objects.filter(source=crowded.order)),
        "a member's redemptions": lambda: list(redemptions(member=member)[:50]),
        "orders of a member and those merged": lambda: list(of_member(member)[:50]),
        "a member's places": lambda: list(places.bookings(member=member)[:50]),
        "a member's activities": lambda: list(activities.of_member(member)[:50]),
        "an activity by its name": lambda: Activity.objects.filter(source="api", external_id="x").first(),
        "an order by its name": lambda: Order.objects.filter(source="api", external_id="x").first(),
        "a member's orders": lambda: list(orders[:50]),
        "balance": lambda: ledger.balance(member),
        "balance as of": lambda: ledger.balance_as_of(member, at=AT),
        "lots to spend": lambda: list(ledger.lots(member)),
        "expiring": lambda: ledger.expiring(member, until=soon),
        "statement": lambda: ledger.statement(member),
        "movements": lambda: list(ledger.transfers(member)[:50]),
        "lots of an order": lambda: ledger.lots_of_source(crowded.order),
        "due to expire": lambda: ledger.due_to_expire(at=AT - days(1000), limit=10),
        "feed": lambda: list(events.feed(after=(10**9, 0))[:100]),
        "a member's story": lambda: list(events.about(member)[:50]),
        "what a member told": lambda: list(preferences.answers_of(member)),
        "what a member agreed to": lambda: list(consents.consents_of(member)),
    }
    pages: dict[str, Callable[[], Any]] = {
        "list of members": lambda: list(directory.members()[:50]),
        "next page of members": lambda: list(directory.members(before=(AT, member))[:50]),
        "what staff have to hand over": lambda: list(fulfilments.queue()[:50]),
        "audit log": lambda: list(events.log()[:50]),
    }
    slow = {name: slow_steps(run) for name, run in hot.items()}
    slow |= {name: slow_steps(run, paged=True) for name, run in pages.items()}
    found = [f"{name}: {step}" for name, steps in slow.items() for step in steps]
    assert found == []


def test_tiers_use_an_index(crowded: Crowded) -> None:
    member = crowded.member
    hot: dict[str, Callable[[], Any]] = {
        "what qualifies by spend": lambda: _qualifying(member, "spend"),
        "what qualifies by points": lambda: _qualifying(member, "points"),
        "what qualifies by credits": lambda: _qualifying(member, "credits"),
        "what qualifies by activities": lambda: _qualifying(member, "activities"),
        "tiers whose time is over": lambda: tiers.due(at=AT - days(1000), most=10),
        "a tier that somebody has": lambda: tiers.anybody_in("silver"),
        "how a member got their tier": lambda: list(tiers.history(member)[:20]),
        "what a member claimed": lambda: list(perks.claims_of(member)[:20]),
    }
    pages: dict[str, Callable[[], Any]] = {
        "claims that wait": lambda: list(perks.to_serve()[:50]),
        "everybody, page by page": lambda: tiers.members_after(member, most=50),
    }
    slow = {name: slow_steps(run) for name, run in hot.items()}
    slow |= {name: slow_steps(run, paged=True) for name, run in pages.items()}
    assert [f"{name}: {step}" for name, steps in slow.items() for step in steps] == []


def test_referrals_birthdays_and_queues_use_an_index(crowded: Crowded) -> None:
    member, soon = crowded.member, AT + days(400)
    hot: dict[str, Callable[[], Any]] = {
        "who a code leads to": lambda: referrals.owner_of_code("K7MPQ2XA"),
        "who was brought": lambda: list(Referral.objects.filter(friend__in=[member, crowded.order])),
        "whom a member brought": lambda: list(referrals.brought_by(member)[:50]),
        "friends who count": lambda: referrals.counted([member], since=AT - days(365), until=soon),
        "referrals of an order": lambda: referrals.by_order(crowded.order),
        "referrals that are due": lambda: due_referrals(at=AT - days(1000), most=10),
        "who has the same device": lambda: list(JoinTrace.objects.filter(print__in=[member, crowded.order])),
        "the same proof": lambda: activities.sent_by_others(member, member=member),
        "birthdays": lambda: birthdays.due(at=AT, zone=ZoneInfo("Europe/Stockholm"), grace_days=7, limit=9),
    }
    pages: dict[str, Callable[[], Any]] = {
        "activities that wait": lambda: list(activities.every("waiting").order_by("-id")[:50]),
        "referrals that wait": lambda: list(referrals.every("held").order_by("-id")[:50]),
    }
    slow = {name: slow_steps(run) for name, run in hot.items()}
    slow |= {name: slow_steps(run, paged=True) for name, run in pages.items()}
    assert [f"{name}: {step}" for name, steps in slow.items() for step in steps] == []


def test_requests_and_dates_use_an_index(crowded: Crowded) -> None:
    member = crowded.member
    hot: dict[str, Callable[[], Any]] = {
        "changes by hand about a member": lambda: list(adjusting.about(member)),
        "members of a request": lambda: adjusting.parts([member]),
        "how many a request is about": lambda: adjusting.sizes([member]),
        "who has a place on a date": lambda: list(places.bookings(session=member)[:50]),
        "a member's segments": lambda: belonging.segments_of(member, at=AT),
    }
    pages: dict[str, Callable[[], Any]] = {
        "requests that wait": lambda: list(adjusting.waiting(at=AT)[:50]),
        "dates to come": lambda: list(places.dates(after=AT)[:50]),
        "dates that were": lambda: list(places.dates(until=AT)[:20]),
        "segments that there are": lambda: belonging.segment_names(),
    }
    slow = {name: slow_steps(run) for name, run in hot.items()}
    slow |= {name: slow_steps(run, paged=True) for name, run in pages.items()}
    assert [f"{name}: {step}" for name, steps in slow.items() for step in steps] == []


def test_webhooks_use_an_index(crowded: Crowded) -> None:
    endpoint = webhooks.endpoints()[0].pk
    hot: dict[str, Callable[[], Any]] = {
        "what is due to go out": lambda: delivering.claim(at=AT - days(36_000), most=10),
        "how many failed since": lambda: webhooks.failed_since(endpoint, AT),
    }
    pages: dict[str, Callable[[], Any]] = {
        "a webhook's deliveries": lambda: list(webhooks.deliveries(endpoint)[:50]),
        "those that failed": lambda: list(webhooks.deliveries(endpoint, status="failed")[:50]),
    }
    slow = {name: slow_steps(run) for name, run in hot.items()}
    slow |= {name: slow_steps(run, paged=True) for name, run in pages.items()}
    assert [f"{name}: {step}" for name, steps in slow.items() for step in steps] == []


def test_twin_what_cannot_use_an_index_is_reported(crowded: Crowded) -> None:
    by_prefix = slow_steps(lambda: list(Profile.objects.filter(search_given__startswith="anasta")))
    by_pattern = slow_steps(lambda: list(Profile.objects.filter(search_given__contains="anasta")))
    by_function = slow_steps(lambda: list(Profile.objects.filter(search_given__iexact="anastasia")))
    assert by_prefix
    assert by_pattern
    assert by_function
    assert slow_steps(lambda: list(Member.objects.order_by("channel")[:50]), paged=True)
