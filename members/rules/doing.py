"""The shape of activities as they come in: what a member does besides buying. Types and ranges are checked while
decoding; `activity_problems` finds what a type cannot say."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from loyalty.core.money import MAX_MINOR
from members.rules.conditions.order_of_events import PURCHASE
from members.rules.facts import ActivityFacts, LineFacts
from members.rules.moderation import Proof
from members.rules.shopping import Instant, MemberRef, Name, Text60, Text100, Text200, time_problem

JOINED = "account_created"
BIRTHDAY = "birthday"
PROFILE_COMPLETED = "profile_completed"
SOURCE = "loyalty"
"""What the programme itself records, like the joining of a member, is recorded under this source."""

PropertyName = Annotated[str, Meta(min_length=1, max_length=60, pattern=r"^[^\x00-\x1f\x7f]+$(?!\n)")]
PropertyValue = Text200 | Annotated[int, Meta(ge=-MAX_MINOR, le=MAX_MINOR)] | bool


class Product(Struct, forbid_unknown_fields=True, frozen=True):
    """The thing an activity is about, as it stands on an order's line."""

    sku: Name
    name: Text200 = ""
    category: Text100 = ""
    brand: Text100 = ""
    tags: Annotated[tuple[Text60, ...], Meta(max_length=20)] = ()

    def line(self) -> LineFacts:
        """As the engine sees it: a line that costs nothing."""
        return LineFacts(0, self.sku, 0, name=self.name, category=self.category, brand=self.brand,
                         tags=frozenset(self.tags))  # fmt: skip


class NewActivity(Struct, forbid_unknown_fields=True, frozen=True):
    """Something a member did. `kind` is one of profile_completed, birthday, review, photo, social_follow,
    social_share, social_tag, survey, referral, event_attended, or any name of the shop's own. `external_id` names it
    for good within its `source`. `properties` are what rules may compare: texts, whole numbers, true and false.
    `proof` shows that it was done, where the programme asks for that."""

    external_id: Name
    kind: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_.-]{0,39}$(?!\n)", max_length=40)]
    happened_at: Instant
    member: MemberRef
    source: Annotated[str, Meta(min_length=1, max_length=40, pattern=r"^[a-z0-9_.-]+$(?!\n)")] = "api"
    properties: Annotated[dict[PropertyName, PropertyValue], Meta(max_length=20)] = {}
    product: Product | None = None
    channel: Annotated[str, Meta(max_length=20, pattern=r"^[a-z0-9_-]*$(?!\n)")] = ""
    location: Text60 = ""
    proof: Proof | None = None

    def facts(self) -> ActivityFacts:
        """As the engine sees it."""
        product = self.product.line() if self.product else None
        return ActivityFacts(self.kind, self.properties, product, self.channel, self.location)


def activity_problems(activity: NewActivity, *, at: datetime) -> list[tuple[str, str]]:
    """What is wrong with an activity that somebody sends, beyond its types, as (field, sentence)."""
    problems = time_problem("happened_at", activity.happened_at, at)
    if activity.kind == PURCHASE:
        problems.append(("kind", "A purchase is an order: record it as one."))
    if activity.kind == JOINED:
        problems.append(("kind", "Joining records this by itself."))
    if activity.source == SOURCE:
        problems.append(("source", "This source is the programme's own."))
    if activity.proof is not None:
        problems += [(f"proof.{path}", message) for path, message in activity.proof.problems()]
    if len(activity.member.given()) != 1:
        problems.append(("member", "Name the member in exactly one way."))
    return problems


def own(name: str, kind: str, member: str, *, at: datetime, channel: str = "") -> NewActivity:
    """An activity that the programme itself records; `member` is the public id, `name` names it for good."""
    return NewActivity(name, kind, at, MemberRef(id=member), SOURCE, channel=channel)


def joined(member: str, *, at: datetime, channel: str) -> NewActivity:
    """The activity of joining; `member` is the public id. It is named by the member, so it happens once."""
    return own(f"{JOINED}:{member}", JOINED, member, at=at, channel=channel)
