"""The programme: what counts, its versions, the draft, publishing, going back, files."""

from datetime import datetime
from typing import Annotated, Any

from django.urls import path
from msgspec import Meta, Struct

from loyalty.core import ids
from loyalty.core.api.base import Call, Endpoint
from loyalty.core.api.pagination import Paged, keyset
from loyalty.core.api.spec import endpoint, page_of
from loyalty.core.errors import NotFound
from loyalty.core.programme import operations, queries
from loyalty.core.programme.models import Version

Note = Annotated[str, Meta(max_length=300, pattern=r"^[^\x00-\x08\x0b-\x1f\x7f]*$(?!\n)")]
Number = Annotated[int, Meta(ge=1, le=2_000_000_000)]
EXAMPLE = {
    "identity": {"name": {"en": "Luna Club"}, "points": {"en": {"one": "star", "other": "stars"}}},
    "earning": {"rules": [{"type": "points_per_amount", "id": "base", "points": 1, "per_minor": 1000}]},
    "points_life": {"expiry": "month_end", "months": 12},
}


class ProgrammeVersion(Struct):
    """One version. `number` is null for the draft; a published one never changes."""

    id: str
    number: int | None
    note: str
    document: dict[str, Any]
    edited_at: datetime
    edited_by: str
    published_at: datetime | None
    published_by: str


class Change(Struct):
    """One difference: a path in the document, and what it said and says (null where nothing)."""

    path: str
    before: Any
    after: Any


class ProgrammeDraft(Struct):
    """The draft, and what publishing it would change."""

    draft: ProgrammeVersion
    changes: list[Change]


class ProgrammeFile(Struct):
    """A published version as one file's content; give it to `import`."""

    programme: dict[str, Any]
    number: int
    note: str


class NewDraft(Struct, forbid_unknown_fields=True, frozen=True):
    """A whole document: each section is checked, what is left out takes its default."""

    document: dict[str, Any]
    note: Note = ""


class Publication(Struct, forbid_unknown_fields=True, frozen=True):
    """A word for the history. `move_down`: members who no longer reach their tier by the new ladder move down at once;
    otherwise they keep it until its time is over."""

    note: Note = ""
    move_down: bool = False


class RollBack(Struct, forbid_unknown_fields=True, frozen=True):
    """Which earlier version counts again; `move_down` as for publishing."""

    number: Number
    move_down: bool = False


class ExportOf(Struct, forbid_unknown_fields=True, frozen=True):
    """Which version; 0 is the one in force."""

    number: Annotated[int, Meta(ge=0, le=2_000_000_000)] = 0


class ProgrammeImport(Struct, forbid_unknown_fields=True, frozen=True):
    """An exported file's content."""

    programme: dict[str, Any]
    number: Number | None = None
    note: Note = ""


def _told(row: Version) -> ProgrammeVersion:
    return ProgrammeVersion(
        id=ids.encode("pgv", row.pk),
        number=row.number,
        note=row.note,
        document=row.document,
        edited_at=row.edited_at,
        edited_by=row.edited_by,
        published_at=row.published_at,
        published_by=row.published_by,
    )


def _choices(move_down: bool) -> dict[str, Any]:
    return {"move_down": True} if move_down else {}


def _in_force() -> Version:
    current = queries.in_force()
    if current is None:
        raise NotFound("programme")
    return queries.numbered(current.number)


def _draft(row: Version) -> ProgrammeDraft:
    current = queries.in_force()
    before = queries.numbered(current.number) if current else None
    changes = [Change(change.path, change.before, change.after) for change in queries.compare(before, row)]
    return ProgrammeDraft(_told(row), changes)


class Programme(Endpoint):
    @endpoint(
        summary="Read the programme in force",
        scope="programme:read",
        answers={200: ProgrammeVersion},
        refuses=(NotFound,),
    )
    def get(self, call: Call) -> ProgrammeVersion:
        """The version that counts now. 404 before the first publication."""
        return _told(_in_force())


class ProgrammeVersions(Endpoint):
    @endpoint(
        summary="List programme versions",
        scope="programme:read",
        query=Paged,
        answers={200: page_of(ProgrammeVersion)},
    )
    def get(self, call: Call) -> dict:
        """Published versions, newest first."""
        window = keyset(queries.history(), call.query, name="versions", by=[("number", int)])
        return call.page(window, [_told(row) for row in window.rows])


class OneProgrammeVersion(Endpoint):
    @endpoint(summary="Read a programme version", scope="programme:read", answers={200: ProgrammeVersion})
    def get(self, call: Call, number: int) -> ProgrammeVersion:
        """As it was published."""
        return _told(queries.numbered(min(number, 2_000_000_000)))


class ProgrammeDraftEndpoint(Endpoint):
    @endpoint(
        summary="Read the draft", scope="programme:read", answers={200: ProgrammeDraft}, refuses=(NotFound,)
    )
    def get(self, call: Call) -> ProgrammeDraft:
        """With what publishing it would change. 404 when there is none."""
        row = queries.draft()
        if row is None:
            raise NotFound("draft")
        return _draft(row)

    @endpoint(
        summary="Write the draft",
        scope="programme:write",
        body=NewDraft,
        example={"document": EXAMPLE, "note": "A star for every 10 kr"},
        answers={200: ProgrammeDraft},
    )
    def put(self, call: Call) -> ProgrammeDraft:
        """Checks the whole document and keeps it as the draft; every problem is named by its path."""
        return _draft(operations.save_draft(content=call.body.document, at=call.at, note=call.body.note))

    @endpoint(summary="Discard the draft", scope="programme:write", answers={204: None})
    def delete(self, call: Call) -> tuple[int, None]:
        """Throws the draft away, if there is one."""
        operations.discard_draft()
        return 204, None


class ProgrammePublish(Endpoint):
    @endpoint(
        summary="Publish the draft",
        scope="programme:write",
        body=Publication,
        example={"note": "Autumn"},
        answers={200: ProgrammeVersion},
        refuses=(operations.NoDraft, operations.NothingChanged, "tier_in_use"),
    )
    def post(self, call: Call) -> ProgrammeVersion:
        """It counts from now on. What was earned keeps the terms it was earned under. Where the tiers are other ones,
        everybody is looked at in the background: who reaches a higher tier moves up, and nobody moves down without
        `move_down`."""
        return _told(
            operations.publish(at=call.at, note=call.body.note, choices=_choices(call.body.move_down))
        )


class ProgrammeRollBack(Endpoint):
    @endpoint(
        summary="Go back to an earlier version",
        scope="programme:write",
        body=RollBack,
        example={"number": 3},
        answers={200: ProgrammeVersion},
        refuses=(operations.NothingChanged, "tier_in_use"),
    )
    def post(self, call: Call) -> ProgrammeVersion:
        """Publishes an earlier version's content again, as a new version."""
        choices = _choices(call.body.move_down)
        return _told(operations.roll_back(number=call.body.number, at=call.at, choices=choices))


class ProgrammeExport(Endpoint):
    @endpoint(
        summary="Export the programme",
        scope="programme:read",
        query=ExportOf,
        answers={200: ProgrammeFile},
        refuses=(NotFound,),
    )
    def get(self, call: Call) -> ProgrammeFile:
        """One file that another merchant, or this one's sandbox, can import."""
        return ProgrammeFile(**queries.export(call.query.number or _in_force().number or 0))


class ProgrammeImportEndpoint(Endpoint):
    @endpoint(
        summary="Import a programme",
        scope="programme:write",
        body=ProgrammeImport,
        example={"programme": EXAMPLE},
        answers={200: ProgrammeDraft},
    )
    def post(self, call: Call) -> ProgrammeDraft:
        """Turns an exported file into the draft; publish it when you have looked at it."""
        return _draft(operations.import_file(content={"programme": call.body.programme}, at=call.at))


urlpatterns = [
    path("programme", Programme.as_view()),
    path("programme/versions", ProgrammeVersions.as_view()),
    path("programme/versions/<int:number>", OneProgrammeVersion.as_view()),
    path("programme/draft", ProgrammeDraftEndpoint.as_view()),
    path("programme/publish", ProgrammePublish.as_view()),
    path("programme/roll-back", ProgrammeRollBack.as_view()),
    path("programme/export", ProgrammeExport.as_view()),
    path("programme/import", ProgrammeImportEndpoint.as_view()),
]
