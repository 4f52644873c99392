"""Segments: made of conditions or by name, counted before they are made, explained for each member."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.urls import path
from msgspec import UNSET, Meta, Struct, UnsetType

from campaigns.models import Segment as Row
from campaigns.operations.segments import listing, shaping
from campaigns.queries.segments import compiling, reading, wording
from loyalty.core import ids
from loyalty.core.api.base import Call, Endpoint
from loyalty.core.api.pagination import Paged, keyset
from loyalty.core.api.spec import endpoint, page_of
from loyalty.core.errors import InvalidInput, NotFound
from members.models import SegmentPlace
from members.queries.directory import taking_part
from members.queries.why import voice_of_scope

SegmentName = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$(?!\n)")]
SegmentHandle = Annotated[str, Meta(max_length=60, pattern=r"^[a-z0-9-]*$(?!\n)")]
SegmentNote = Annotated[str, Meta(max_length=300, pattern=r"^[^\x00-\x1f\x7f]*$(?!\n)")]
MemberId = Annotated[str, Meta(max_length=30, pattern=r"^mbr_[0-9a-z]{26}$(?!\n)")]
Chosen = Annotated[list[MemberId], Meta(max_length=500)]
EXAMPLE = {
    "name": "Regulars of the quarter",
    "conditions": {
        "match": "all",
        "of": [
            {"type": "orders", "at_least": 3, "within_days": 90},
            {"type": "consent", "to": "email", "given": True},
        ],
    },
}


class Segment(Struct):
    """One segment. `handle` is what rules, rewards and newsletters call it. `kind` is conditions or list; `conditions`
    is empty for a list, and `says` tells them in a sentence. `size` is how many members are in it; `current` is false
    while not everybody was looked at under conditions that are new."""

    id: str
    handle: str
    name: str
    note: str
    kind: str
    conditions: dict[str, Any]
    says: str
    state: str
    size: int
    current: bool
    created_at: datetime
    changed_at: datetime


class SegmentSearch(Paged, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """`state` archived lists those that were put away."""

    state: Literal["active", "archived"] = "active"


class NewSegment(Struct, forbid_unknown_fields=True, frozen=True):
    """With `conditions`, who is in it follows from them: a tree of groups (`match` all, any or none, `of` conditions
    and groups). Without, it is a list. `handle` is made of the name when it is not given, and stays for good."""

    name: SegmentName
    handle: SegmentHandle = ""
    note: SegmentNote = ""
    conditions: dict[str, Any] | UnsetType = UNSET


class SegmentChange(Struct, forbid_unknown_fields=True, frozen=True):
    """What is given is changed."""

    name: SegmentName | None = None
    note: SegmentNote | None = None
    conditions: dict[str, Any] | UnsetType = UNSET


class SegmentTrial(Struct, forbid_unknown_fields=True, frozen=True):
    """Conditions to try. Nothing is kept."""

    conditions: dict[str, Any]


class SegmentTried(Struct):
    """How many members fit, some of them (newest first), and the conditions in a sentence."""

    size: int
    sample: list[str]
    says: str


class SegmentMember(Struct):
    """A member's place in a segment, since when and until when (null: as long as it says so)."""

    member: str
    since: datetime
    until: datetime | None


class SegmentListChange(Struct, forbid_unknown_fields=True, frozen=True):
    """Members to put on a list and to take off it, by their ids."""

    add: Chosen = []
    remove: Chosen = []


class SegmentListChanged(Struct):
    """How many came onto the list and left it, how many are on it now, and whom it could not be done for."""

    added: int
    removed: int
    size: int
    skipped: list[str]


class SegmentReason(Struct):
    """One condition: what it asks, what was found of the member, whether it holds."""

    asks: str
    found: str
    holds: bool


class MemberSegment(Struct):
    """A segment as it stands for a member: whether they are in it, since when, and why."""

    segment: str
    handle: str
    name: str
    inside: bool
    since: datetime | None
    because: list[SegmentReason]


class SegmentsOfMember(Struct):
    """Every segment of the shop, those the member is in first."""

    segments: list[MemberSegment]


def _told(row: Row) -> Segment:
    says = ""
    if row.kind == Row.Kind.CONDITIONS:
        says = wording.sentence(reading.conditions_of(row), voice_of_scope(), wording.labels_of_scope())
    return Segment(
        id=ids.encode("seg", row.pk), handle=row.handle, name=row.name, note=row.note, kind=row.kind,
        conditions=row.conditions, says=says, state=row.state, size=row.size, current=row.looked_at is not None,
        created_at=row.created_at, changed_at=row.changed_at,
    )  # fmt: skip


def _named(text: str) -> UUID:
    return ids.decode("seg", text)


class Segments(Endpoint):
    @endpoint(
        summary="List segments",
        scope="segments:read",
        query=SegmentSearch,
        answers={200: page_of(Segment)},
    )
    def get(self, call: Call) -> dict[str, Any]:
        """Last made first."""
        found = reading.segments(archived=call.query.state == "archived")
        window = keyset(found, call.query, name="segments", by=[("id", UUID)])
        return call.page(window, [_told(row) for row in window.rows])

    @endpoint(
        summary="Make a segment",
        scope="segments:write",
        body=NewSegment,
        example=EXAMPLE,
        answers={201: Segment},
        refuses=(shaping.SegmentExists, shaping.TooManySegments),
    )
    def post(self, call: Call) -> tuple[int, Segment]:
        """Rules, rewards and newsletters can name it at once. A large shop's is filled within minutes; `current` says
        when it is."""
        body = call.body
        made = shaping.create_segment(
            name=body.name, handle=body.handle, note=body.note, at=call.at,
            conditions=None if body.conditions is UNSET else body.conditions,
        )  # fmt: skip
        return 201, _told(made)


class SegmentPreview(Endpoint):
    @endpoint(
        summary="Try conditions",
        scope="segments:read",
        body=SegmentTrial,
        example={"conditions": EXAMPLE["conditions"]},
        answers={200: SegmentTried},
    )
    def post(self, call: Call) -> SegmentTried:
        """How many members fit now, before anything is made."""
        conditions = shaping.checked_conditions(call.body.conditions)
        return SegmentTried(
            size=compiling.count(conditions, at=call.at),
            sample=[ids.encode("mbr", one) for one in compiling.sample(conditions, at=call.at, most=10)],
            says=wording.sentence(conditions, voice_of_scope(), wording.labels_of_scope()),
        )


class OneSegment(Endpoint):
    @endpoint(summary="Read a segment", scope="segments:read", answers={200: Segment})
    def get(self, call: Call, id: str) -> Segment:  # noqa: A002 - the address's own word
        """With its conditions, its size, and what it says in words."""
        return _told(reading.segment(_named(id)))

    @endpoint(
        summary="Change a segment",
        scope="segments:write",
        body=SegmentChange,
        example={"name": "Regulars"},
        answers={200: Segment},
        refuses=(NotFound, shaping.NoConditions),
    )
    def patch(self, call: Call, id: str) -> Segment:  # noqa: A002
        """Who is in it follows new conditions at once, in a large shop within minutes."""
        body = call.body
        changes: dict[str, Any] = {"name": body.name, "note": body.note}
        if body.conditions is not UNSET:
            changes["conditions"] = body.conditions
        return _told(shaping.edit_segment(segment=_named(id), changes=changes, at=call.at))


class SegmentArchive(Endpoint):
    @endpoint(
        summary="Put a segment away",
        scope="segments:write",
        answers={200: Segment},
        refuses=(NotFound, shaping.SegmentInUse),
    )
    def post(self, call: Call, id: str) -> Segment:  # noqa: A002
        """Refused while a rule, a reward, a newsletter or another segment is for it."""
        return _told(shaping.archive_segment(segment=_named(id), at=call.at))


class SegmentRestore(Endpoint):
    @endpoint(
        summary="Take a segment out again",
        scope="segments:write",
        answers={200: Segment},
        refuses=(NotFound, shaping.TooManySegments),
    )
    def post(self, call: Call, id: str) -> Segment:  # noqa: A002
        """One that was put away, with its conditions as they were."""
        return _told(shaping.restore_segment(segment=_named(id), at=call.at))


class SegmentMembers(Endpoint):
    @endpoint(
        summary="List the members of a segment",
        scope="segments:read",
        query=Paged,
        answers={200: page_of(SegmentMember)},
    )
    def get(self, call: Call, id: str) -> dict[str, Any]:  # noqa: A002
        """Those who are in it now."""
        row = reading.segment(_named(id))
        window = keyset(reading.places(row.handle, at=call.at), call.query, name="segment-members",
                        by=[("member_id", UUID)])  # fmt: skip
        return call.page(window, [_placed(place) for place in window.rows])

    @endpoint(
        summary="Change who is on a list",
        scope="segments:write",
        body=SegmentListChange,
        example={"add": ["mbr_01m6k3q8r6e3vabq7m6w0t9d2c"]},
        answers={200: SegmentListChanged},
        refuses=(NotFound, listing.NotAList),
    )
    def post(self, call: Call, id: str) -> SegmentListChanged:  # noqa: A002
        """At most 500 each way. Doing the same again changes nothing."""
        row = reading.segment(_named(id))
        add = [ids.decode("mbr", one) for one in call.body.add]
        remove = [ids.decode("mbr", one) for one in call.body.remove]
        if not add and not remove:
            raise InvalidInput.of("add", "Name at least one member.", "missing")
        added = listing.add_to_list(segment=row.pk, members=add, at=call.at) if add else None
        removed = listing.remove_from_list(segment=row.pk, members=remove, at=call.at) if remove else None
        row.refresh_from_db()
        return SegmentListChanged(
            added=added.done if added else 0,
            removed=removed.done if removed else 0,
            size=row.size,
            skipped=[ids.encode("mbr", one) for one in (added.skipped if added else ())],
        )


def _placed(place: SegmentPlace) -> SegmentMember:
    return SegmentMember(ids.encode("mbr", place.member_id), place.since, place.until)


class MemberSegments(Endpoint):
    @endpoint(
        summary="Read which segments a member is in, and why",
        scope="segments:read",
        answers={200: SegmentsOfMember},
    )
    def get(self, call: Call, id: str) -> SegmentsOfMember:  # noqa: A002
        """Every segment of the shop as it stands for the member now, with what was compared."""
        member = taking_part(ids.decode("mbr", id))
        voice, labels = voice_of_scope(), wording.labels_of_scope()
        found = [
            MemberSegment(
                segment=ids.encode("seg", one.segment.pk),
                handle=one.segment.handle,
                name=one.segment.name,
                inside=one.place is not None,
                since=one.place.since if one.place else None,
                because=[
                    SegmentReason(line.text, line.found, line.holds)
                    for line in (wording.lines(one.checked, voice, labels) if one.checked else ())
                ],
            )
            for one in reading.belongings(member.pk, at=call.at)
        ]
        return SegmentsOfMember(found)


urlpatterns = [
    path("segments", Segments.as_view()),
    path("segments/preview", SegmentPreview.as_view()),
    path("segments/<str:id>", OneSegment.as_view()),
    path("segments/<str:id>/archive", SegmentArchive.as_view()),
    path("segments/<str:id>/restore", SegmentRestore.as_view()),
    path("segments/<str:id>/members", SegmentMembers.as_view()),
    path("members/<str:id>/segments", MemberSegments.as_view()),
]
