"""Tiers by API: the ladder, a member's place on it, previews that change nothing, claims of services."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from loyalty.core import clock
from loyalty.core.tenancy.scope import acting_for
from members.models import TierChange, TierStanding
from members.operations.tier_publishing import review_published
from tests.api.caller import Caller, an_activity, an_order, key_for
from tests.cast import AT, MARA, ONE_POINT_PER_KRONA, publish

NOW = clock.now().astimezone(ZoneInfo("Europe/Stockholm"))
YEAR = NOW.year  # an API call is made now, and what counts is this year
TIERS = {
    "by": "spend", "valid": "next_period_end", "grace_days": 30,
    "ladder": [
        {"id": "silver", "at_least": 1000_00, "name": {"en": "Silver", "sv": "Silver"},
         "perks": [{"id": "ship", "kind": "free_shipping"}]},
        {"id": "gold", "at_least": 2000_00, "name": {"en": "Gold", "sv": "Guld"}, "perks": [
            {"id": "engraving", "kind": "personalisation", "limit": {"times": 1}},
            {"id": "sale", "kind": "early_access", "hours": 48},
        ]},
    ],
}  # fmt: skip


@pytest.fixture
def tiered(luna_open):
    """A caller of a shop with two tiers, and Ana who has bought for 1,500 kr."""
    with acting_for(luna_open, by=MARA):
        publish(tiers=TIERS)
    call = Caller(key_for(luna_open))
    call.post("members", {"external_id": "ana"})
    call.post("orders", an_order("ana", kronor=1500, placed_at=NOW.isoformat()))
    return call


@pytest.fixture
def ana(tiered):
    return tiered.get("members/lookup?external_id=ana").json()["id"]


def test_the_ladder_with_its_perks_terms_and_members(tiered):
    found = tiered.get("tiers").json()
    assert (found["by"], found["window"], found["grace_days"]) == ("spend", "calendar_year", 30)
    assert found["says"] == [
        "A tier lasts until the end of the year after the one it is reached in.",
        "Who has not kept it by then has 30 days of grace.",
    ]
    silver, gold = found["tiers"]
    assert (silver["name"], silver["at_least"], silver["keep_at_least"], silver["members"]) == (
        "Silver",
        100000,
        100000,
        1,
    )
    assert [perk["id"] for perk in gold["perks"]] == ["ship", "engraving", "sale"]
    engraving, sale = gold["perks"][1:]
    assert (engraving["service"], engraving["times"], engraving["per"], engraving["name"]) == (
        True, 1, "order", "Personalisation",
    )  # fmt: skip
    assert (sale["service"], sale["hours"], sale["name"]) == (
        False,
        48,
        "Access 48 hours before everybody else",
    )
    swedish = tiered.get("tiers", headers={"Accept-Language": "sv"}).json()
    assert [tier["name"] for tier in swedish["tiers"]] == ["Silver", "Guld"]


def test_a_shop_without_tiers_has_none(luna_open):
    call = Caller(key_for(luna_open))
    assert call.get("tiers").json()["tiers"] == []
    member = call.post("members", {"external_id": "ana"}).json()["id"]
    found = call.get(f"members/{member}/tier").json()
    assert (found["tier"], found["next"], found["keep"], found["says"], found["perks"]) == (
        None,
        None,
        None,
        [],
        [],
    )


def test_a_members_tier_says_what_is_missing_until_when(tiered, ana):
    found = tiered.get(f"members/{ana}/tier").json()
    assert (found["tier"], found["name"], found["amount"]) == ("silver", "Silver", 1500_00)
    zone = ZoneInfo("Europe/Stockholm")
    assert datetime.fromisoformat(found["valid_until"]) == datetime(YEAR + 2, 1, 1, tzinfo=zone)
    assert datetime.fromisoformat(found["review_at"]) == datetime(YEAR + 2, 1, 31, tzinfo=zone)
    assert {name: found["next"][name] for name in ("tier", "missing", "needs", "first", "last")} == {
        "tier": "gold", "missing": 500_00, "needs": 2000_00, "first": f"{YEAR}-01-01", "last": f"{YEAR}-12-31",
    }  # fmt: skip
    assert found["says"][0].startswith("You are Silver until")
    assert found["says"][1].startswith("SEK\u00a0500.00 more by") and found["says"][1].endswith("for Gold.")
    assert [row["says"] for row in found["history"]] == [
        "Silver was reached: SEK\u00a01,500.00 of the SEK\u00a01,000.00 it takes."
    ]
    assert [has["perk"]["id"] for has in found["perks"]] == ["ship"]
    page = tiered.get(f"members/{ana}/tier/changes?limit=1").json()
    assert [row["to_tier"] for row in page["data"]] == ["silver"]


def test_a_preview_counts_and_lists_and_changes_nothing(tiered, ana, luna_open):
    dearer = {"ladder": [{"id": "silver", "at_least": 1600_00}, {"id": "gold", "at_least": 2000_00}]}
    body = {"document": {"earning": {"rules": [ONE_POINT_PER_KRONA]}, "tiers": dearer}}
    found = tiered.post("programme/tiers-preview", body).json()
    assert found == {"members": 1, "up": [], "down": [{"from_tier": "silver", "to_tier": None, "members": 1}],
                     "replaced": [], "needs_move_down": False}  # fmt: skip
    listed = tiered.post("programme/tiers-preview/members", body).json()
    assert listed == {"next": None, "data": [
        {"member": ana, "from_tier": "silver", "to_tier": None, "direction": "down", "amount": 1500_00}
    ]}  # fmt: skip
    with acting_for(luna_open, by=MARA):
        assert (TierStanding.objects.get().tier, TierChange.objects.count()) == ("silver", 1)
    assert tiered.post("programme/tiers-preview", {}).status_code == 404  # there is no draft
    tiered("PUT", "programme/draft", body)
    assert tiered.post("programme/tiers-preview", {}).json() == found
    wrong = {"document": {"tiers": {"ladder": [{"id": "a b", "at_least": -1}]}}}
    refused = tiered.post("programme/tiers-preview", wrong).json()
    assert {error["field"] for error in refused["errors"]} == {
        "tiers.ladder[0].id",
        "tiers.ladder[0].at_least",
    }


@pytest.mark.parametrize("move_down", [False, True])
def test_publishing_moves_down_only_when_asked_to(tiered, ana, luna_open, move_down):
    dearer = {"ladder": [{"id": "silver", "at_least": 1600_00}, {"id": "gold", "at_least": 2000_00}]}
    body = {"document": {"earning": {"rules": [ONE_POINT_PER_KRONA]}, "tiers": dearer}}
    tiered("PUT", "programme/draft", body)
    assert tiered.post("programme/publish", {"move_down": move_down}).status_code == 200
    assert tiered.get("tiers").json()["review"]["move_down"] is move_down
    with acting_for(luna_open, by=MARA):
        review_published(at=AT)
    assert tiered.get(f"members/{ana}/tier").json()["tier"] == (None if move_down else "silver")
    assert tiered.get("tiers").json()["review"]["finished_at"]


def test_a_tier_in_use_is_not_taken_away_without_a_word(tiered):
    body = {"document": {"earning": {"rules": [ONE_POINT_PER_KRONA]}, "tiers": {"ladder": []}}}
    tiered("PUT", "programme/draft", body)
    refused = tiered.post("programme/publish", {})
    assert (refused.status_code, refused.json()["code"], refused.json()["params"]) == (
        422, "tier_in_use", {"tier": "silver"},
    )  # fmt: skip
    assert tiered.get("tiers").json()["tiers"] != []


def test_a_service_is_claimed_once_for_an_order_served_and_logged(tiered, ana):
    asked = {"perk": "engraving", "order": {"external_id": "receipt-1"}, "note": "A. A."}
    early = tiered.post(f"members/{ana}/perks/claims", asked)
    assert (early.status_code, early.json()["code"]) == (422, "perk_not_included")
    tiered.post("orders", an_order("ana", kronor=500, placed_at=NOW.isoformat()))
    would = tiered.post(f"members/{ana}/perks/claims?dry_run=true", asked).json()
    assert (would["id"], would["dry_run"], would["status"]) == (None, True, "open")
    made = tiered.post(f"members/{ana}/perks/claims", asked, key="k1")
    assert made.status_code == 201, made.content
    claim = made.json()["id"]
    again = tiered.post(f"members/{ana}/perks/claims", asked, key="k1")
    assert (again.status_code, again.json()["id"], again.headers["Idempotent-Replayed"]) == (
        201,
        claim,
        "true",
    )
    used = tiered.post(f"members/{ana}/perks/claims", asked)
    assert (used.status_code, used.json()["code"]) == (422, "perk_used_up")
    assert [row["id"] for row in tiered.get("perks/claims?status=open").json()["data"]] == [claim]
    assert [row["member"] for row in tiered.get("perks/members?perk=engraving").json()["data"]] == [ana]
    served = tiered.post(f"perks/claims/{claim}/serve", {"outcome": "Engraved"}).json()
    assert (served["status"], served["outcome"], served["settled_by"].split(":")[0]) == (
        "served",
        "Engraved",
        "api_key",
    )
    late = tiered.post(f"perks/claims/{claim}/cancel", {})
    assert (late.status_code, late.json()["code"]) == (409, "claim_settled")
    assert tiered.get("perks/claims?status=open").json()["data"] == []
    assert tiered.get(f"perks/claims/{claim}").json()["status"] == "served"
    assert [row["id"] for row in tiered.get(f"members/{ana}/perks/claims").json()["data"]] == [claim]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"perk": "engraving"}, "order"),
        ({"perk": "helicopter"}, "perk"),
        ({"perk": ""}, "perk"),
        ({"perk": "engraving", "order": {"external_id": ""}}, "order.external_id"),
        ({"perk": "engraving", "note": "x" * 301}, "note"),
    ],
)
def test_claims_that_make_no_sense_name_the_field_and_change_nothing(tiered, ana, body, field):
    tiered.post("orders", an_order("ana", kronor=500, placed_at=NOW.isoformat()))
    answer = tiered.post(f"members/{ana}/perks/claims", body)
    assert answer.status_code == 400, answer.content
    assert answer.json()["errors"][0]["field"] == field
    assert tiered.get("perks/claims").json()["data"] == []


def test_an_activity_reads_the_tier_as_it_is(tiered, luna_open):
    bonus = {"type": "fixed", "id": "reviews", "amount": 50,
             "when": [{"type": "activity", "kinds": ["review"]}, {"type": "tier", "any_of": ["silver"]}]}  # fmt: skip
    with acting_for(luna_open, by=MARA):
        publish(ONE_POINT_PER_KRONA, bonus, tiers=TIERS)
    assert tiered.post("activities", an_activity("ana")).json()["points"] == 50
