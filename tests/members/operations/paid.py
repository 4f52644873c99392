"""What tests of paid memberships say in a line."""

from zoneinfo import ZoneInfo

from members.models import SegmentPlace
from members.operations.membership_payments import receive_payment
from members.operations.paid_memberships import live_through, start_membership
from tests.cast import AT, publish

ZONE = ZoneInfo("Europe/Stockholm")
PLUS = {"id": "plus", "price_minor": 29_900, "period": "year", "name": {"en": "Luna Plus"}, "grace_days": 10,
        "perks": [{"id": "free-shipping", "kind": "free_shipping", "name": {"en": "Free shipping"}}]}  # fmt: skip
MONTHLY = {**PLUS, "period": "month", "price_minor": 3_900}
TRIED = {**MONTHLY, "trial_days": 14}
DOUBLE = {
    "type": "multiplier",
    "id": "plus-double",
    "factor": "2",
    "when": [{"type": "segment", "any_of": ["plan-plus"]}],
}
BASE = {"type": "points_per_amount", "id": "base", "points": 1, "per_minor": 100}


def plans(*found, at=AT, rules=(), **section):
    publish(*rules, at=at, membership_plans={"plans": list(found), **section})


def start(member, *, plan="plus", key="k", at=AT, **more):
    return start_membership(member=member.pk, plan=plan, key=key, at=at, **more).membership


def pay(row, minor=3_900, *, key="p1", at=AT, **more):
    return receive_payment(membership=row.pk, amount_minor=minor, key=key, paid_at=at, at=at, **more).payment


def now(row):
    row.refresh_from_db()
    return row


def covered(member, at, plan="plus"):
    """Whether the member is in the plan's segment at an instant."""
    rows = SegmentPlace.objects.filter(member=member, segment=f"plan-{plan}")
    return any(row.until is None or row.until > at for row in rows)


def local(moment):
    return moment.astimezone(ZONE).isoformat()[:16]


def lives(at):
    changed = 0
    while found := live_through(at=at):
        changed += found
    return changed
