"""What a newcomer needs to know about the running demo: addresses, sign-ins, a key, and a command that earns.

Printed at the end of the start, and kept in `<data>/demo.json` for scripts (only its owner can read it).
"""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from loyalty.core import ids
from loyalty.core.merchants.models import ApiKey, Merchant
from loyalty.core.merchants.operations import create_api_key, revoke_api_key
from loyalty.core.merchants.queries import credential
from loyalty.core.merchants.roles import SCOPES
from loyalty.core.people.models import User
from loyalty.core.tenancy.scope import acting_for
from loyalty.demo.processes import write_private
from loyalty.demo.shops import DEMO, Shops, staff_email
from loyalty.demo.sign_in import make_link
from members.models import Identity, Member
from members.operations.membership import verify
from rewards.models import Redemption

KEY_NAME = "Quick start (demo)"
HELLO_MEMBER = "test-1"


@dataclass(frozen=True, slots=True)
class Links:
    """One-time sign-in links, as whole addresses: for the grocery's owner, the café's, and a member."""

    owner: str
    cafe_owner: str
    member: str


def collect(shops: Shops, *, base_url: str, kept: dict[str, Any], at: datetime) -> dict[str, Any]:
    """Everything there is to say, ready for JSON.

    `kept` is what was said last time: a key that still counts is shown again, because the database has only
    its digest.
    """
    grocery, sandbox, cafe = shops.grocery, shops.grocery.sandbox, shops.cafe
    key = api_key(sandbox, kept.get("api_key", ""), at=at)
    with acting_for(sandbox, by=DEMO):
        hello = Identity.objects.get(kind=Identity.Kind.EXTERNAL, value=HELLO_MEMBER).member_id
    person, member = portal_person(grocery, at=at)
    links = make_links(shops, base_url=base_url)
    return {
        "base_url": base_url,
        "api_key": key,
        "member_id": ids.encode("mbr", hello),
        "member_external_id": HELLO_MEMBER,
        "curl": hello_command(base_url, key, at=at),
        "api_docs_url": f"{base_url}/api/docs",
        "dashboard_url": f"{base_url}/m/{grocery.slug}/",
        "staff_login": staff_email(grocery.slug),
        "sign_in_url": links.owner,
        "portal_url": f"{base_url}/{grocery.slug}/",
        "portal_login": person.email,
        "portal_member_id": ids.encode("mbr", member),
        "portal_sign_in_url": links.member,
        # Another host than ours, so that the widget there stands on a site of somebody else's.
        "shop_url": f"{base_url.replace('//127.0.0.1', '//localhost')}/demo/shop/",
        "cafe_dashboard_url": f"{base_url}/m/{cafe.slug}/",
        "cafe_staff_login": staff_email(cafe.slug),
        "cafe_sign_in_url": links.cafe_owner,
        "cafe_portal_url": f"{base_url}/{cafe.slug}/",
        "history_last_day": shops.last_day.isoformat(),
    }


def make_links(shops: Shops, *, base_url: str) -> Links:
    """Fresh one-time links. The member must have been found by `portal_person` before."""
    with acting_for(shops.grocery, by=DEMO):
        member = User.objects.get(pk=Member.objects.filter(user__isnull=False).earliest("joined_at").user_id)

    def owner(shop: Merchant) -> str:
        user = User.objects.get(email=staff_email(shop.slug))
        return base_url + make_link(user, to=f"/m/{shop.slug}/")

    return Links(
        owner(shops.grocery), owner(shops.cafe), base_url + make_link(member, to=f"/{shops.grocery.slug}/")
    )


def api_key(sandbox: Merchant, kept: str, *, at: datetime) -> str:
    """The test sibling's key: `kept` while it still counts, else a new one in its place."""
    if kept:
        found = credential(kept, at=at)
        if found is not None and found.merchant.pk == sandbox.pk:
            return kept
    with acting_for(sandbox, by=DEMO):
        for lost in ApiKey.objects.filter(name=KEY_NAME, revoked_at=None):
            revoke_api_key(key=lost.pk, at=at)
        return create_api_key(name=KEY_NAME, scopes=list(SCOPES), at=at)[1]


def portal_person(grocery: Merchant, *, at: datetime) -> tuple[User, UUID]:
    """The member of the grocery who can sign in, and their member's id: once chosen, the same for good.

    Chosen is who shops most often among those who redeemed something, so that every page has a story.
    """
    with acting_for(grocery, by=DEMO):
        member = Member.objects.filter(user__isnull=False).order_by("joined_at").first()
        if member is not None:
            return User.objects.get(pk=member.user_id), member.pk
        redeemed = Redemption.objects.values("member")
        often = Member.objects.filter(identities__kind=Identity.Kind.EXTERNAL).order_by(
            "-stats__orders_count", "identities__value"
        )
        member = often.filter(pk__in=redeemed).first() or often.first()
        if member is None:
            raise LookupError("The grocery has no members yet: load its history first.")
        email = Identity.objects.get(member=member, kind=Identity.Kind.EMAIL).value
        user = User.objects.filter(email=email).first() or User.objects.create_user(email)
        verify(member=member.pk, kind=Identity.Kind.EMAIL, value=email, at=at, user=user.pk)
        return user, member.pk


def hello_command(base_url: str, key: str, *, at: datetime) -> str:
    """A `curl` that earns at once: own-brand coffee for $12.50 is 12 points, or 24 while it counts double."""
    name = f"hello-{at:%Y%m%d-%H%M%S}"
    order = {
        "external_id": name,
        "currency": "USD",
        "placed_at": at.isoformat(timespec="seconds"),
        "member": {"external_id": HELLO_MEMBER},
        "lines": [{"sku": "coffee", "name": "Coffee", "amount_minor": 1250, "tags": ["own-brand"]}],
    }
    return (
        f"curl -sS {base_url}/api/v1/orders \\\n"
        f"  -H 'Authorization: Bearer {key}' \\\n"
        f"  -H 'Idempotency-Key: {name}' \\\n"
        f"  -H 'Content-Type: application/json' \\\n"
        f"  -d '{json.dumps(order)}'"
    )


def read(path: Path) -> dict[str, Any]:
    """What was said last time; nothing when there was none or it cannot be read."""
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def write(path: Path, facts: dict[str, Any]) -> None:
    """Keep what is said where only the owner can read it: there is a key in it."""
    write_private(path, json.dumps(facts, indent=2, ensure_ascii=False) + "\n")
