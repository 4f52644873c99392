"""The programme document: JSON with one section per part of the house, each checked by the part that owns it.

Upper apps register their sections when they start (`register`), so the ground can version, compare and export
a document whose parts it does not know.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgspec

from loyalty.core.errors import InvalidInput

FORMAT = 1

Problem = tuple[str, str]
"""Path inside the section and a sentence."""


@dataclass(frozen=True, slots=True)
class Section:
    """`type` is a msgspec Struct that forbids unknown fields; `check` finds what a type cannot say; `unserved` what
    makes sense and cannot count yet, which keeps a draft from being published."""

    name: str
    type: Any
    check: Callable[[Any], list[Problem]] = field(default=lambda section: [])
    unserved: Callable[[Any], list[Problem]] = field(default=lambda section: [])


_sections: dict[str, Section] = {}


def register(section: Section) -> None:
    """Make a section part of every document. Called once per section, when its app starts."""
    _sections[section.name] = section


class Coded(NamedTuple):
    """A problem with a stable code of its own."""

    path: str
    message: str
    code: str


Review = Callable[["Programme"], Sequence[Problem | Coded]]
"""Looks at a whole document and the shop's data; paths begin with the section's name."""
_reviews: dict[str, Review] = {}


def register_review(review: Review) -> None:
    """Have a programme looked at before it is published. Called once per review, when its app starts."""
    _reviews[f"{review.__module__}.{review.__qualname__}"] = review


def sections() -> Iterator[Section]:
    """The registered sections."""
    yield from _sections.values()


class Programme(Mapping[str, Any]):
    """A checked document: `programme["earning"]` is the section's Struct."""

    def __init__(self, parts: dict[str, Any]):
        self._parts = parts

    def __getitem__(self, name: str) -> Any:
        return self._parts[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._parts)

    def __len__(self) -> int:
        return len(self._parts)

    def document(self) -> dict[str, Any]:
        """The JSON form, complete with defaults."""
        return {"format": FORMAT, **{name: _as_json(part) for name, part in self._parts.items()}}


def _as_json(part: Any) -> Any:
    """As it will be read back: lists and not tuples, so that a draft compares with what is stored."""
    return msgspec.json.decode(msgspec.json.encode(part))


_PATH = re.compile(r"^(?P<message>.*?)(?: - at `\$(?P<path>.*)`)?$", re.DOTALL)


def complaint(error: msgspec.ValidationError, prefix: str = "") -> dict[str, str]:
    """A msgspec error as `{"field", "code", "message"}`; the field is a path like
    `earning.rules[0].per_minor`."""
    found = _PATH.match(str(error))
    message = found["message"] if found else str(error)
    path = ((found["path"] if found else "") or "").lstrip(".")
    missing = re.search(r"`([^`]+)`$", message)
    if missing and message.startswith(("Object missing required field", "Object contains unknown field")):
        path = f"{path}.{missing[1]}" if path else missing[1]
    joined = f"{prefix}.{path}" if prefix and path and not path.startswith("[") else prefix + path
    code = (
        "missing" if "missing required" in message else "unknown" if "unknown field" in message else "invalid"
    )
    return {"field": joined, "code": code, "message": message}


def _unwritable(value: Any, path: str = "") -> Iterator[str]:
    """Paths of texts that JSON allows and PostgreSQL does not: with NUL, or with half of a surrogate pair."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield from _unwritable(str(name), path)
            yield from _unwritable(part, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from _unwritable(part, f"{path}[{index}]")
    elif isinstance(value, str) and ("\x00" in value or (not value.isascii() and not _encodes(value))):
        yield path


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def parse(document: Any) -> Programme:
    """Check a whole document. Raises `InvalidInput` naming every section's first problem and all semantic
    ones."""
    if not isinstance(document, dict):
        raise InvalidInput.of("", "A programme is a JSON object.")
    errors = [
        {"field": path, "code": "invalid", "message": "The text holds characters that cannot be kept."}
        for path in _unwritable(document)
    ]
    if errors:
        raise InvalidInput(errors)
    if document.get("format", FORMAT) != FORMAT:
        errors.append(
            {"field": "format", "code": "invalid", "message": f"This server reads format {FORMAT}."}
        )
    errors.extend(
        {"field": name, "code": "unknown", "message": "There is no such section."}
        for name in document
        if name != "format" and name not in _sections
    )
    parts: dict[str, Any] = {}
    for section in _sections.values():
        try:
            parts[section.name] = part = msgspec.convert(
                document.get(section.name, {}), section.type, strict=True
            )
        except msgspec.ValidationError as error:
            errors.append(complaint(error, section.name))
            continue
        for path, message in section.check(part):
            errors.append({"field": f"{section.name}.{path}", "code": "invalid", "message": message})
    if errors:
        raise InvalidInput(errors)
    return Programme(parts)


def refuse_unserved(programme: Programme) -> None:
    """Refuse a document that could not be carried out as it says. Raises `InvalidInput` naming all of it."""
    errors = [
        {"field": f"{section.name}.{path}", "code": "not_served", "message": message}
        for section in _sections.values()
        for path, message in section.unserved(programme[section.name])
    ]
    errors.extend(
        {
            "field": found[0],
            "code": found.code if isinstance(found, Coded) else "not_served",
            "message": found[1],
        }
        for review in _reviews.values()
        for found in review(programme)
    )
    if errors:
        raise InvalidInput(errors)


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two documents; `before`/`after` is None where there was or is nothing."""

    path: str
    before: Any
    after: Any


def diff(before: Any, after: Any, path: str = "") -> list[Change]:
    """What differs, leaf by leaf. Lists of objects with an `id` are compared by id, so a moved rule is no
    change."""
    if isinstance(before, dict) and isinstance(after, dict):
        return [
            change
            for name in [*before, *(name for name in after if name not in before)]
            for change in diff(before.get(name), after.get(name), f"{path}.{name}" if path else name)
        ]
    if isinstance(before, list) and isinstance(after, list):
        keyed = [{item["id"]: item for item in side if isinstance(item, dict) and "id" in item}
                 for side in (before, after)]  # fmt: skip
        if len(keyed[0]) == len(before) and len(keyed[1]) == len(after):
            return diff(keyed[0], keyed[1], path)
    return [] if before == after else [Change(path, before, after)]
