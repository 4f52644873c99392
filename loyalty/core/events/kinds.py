"""What can happen, by name: the list that webhooks are chosen from and that the API's documentation shows.

Each app registers the kinds it records, with an example of their figures. A kind that nobody registered still happens,
is fed and is delivered to those who chose its family or everything; it is only not described, and names no subject.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

EVERYTHING = "*"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of event. `text` says what happened, in English, for developers; `data` is an example of its figures;
    `about` is the prefix of its subject's public id, "" when it has none."""

    name: str
    text: str
    data: Mapping[str, Any] = field(default_factory=dict)
    about: str = "mbr"

    @property
    def family(self) -> str:
        """What the name begins with: `points` of `points.earned`."""
        return self.name.partition(".")[0]


_kinds: dict[str, Kind] = {}


def register(kinds: Iterable[Kind]) -> None:
    """Called once per app, when it starts."""
    for kind in kinds:
        _kinds[kind.name] = kind


def described(name: str) -> Kind | None:
    """The kind of that name; None when nobody registered it."""
    return _kinds.get(name)


def known() -> list[Kind]:
    """Every kind that is described, by name."""
    return [_kinds[name] for name in sorted(_kinds)]


def families() -> dict[str, list[Kind]]:
    """The same, by family."""
    found: dict[str, list[Kind]] = {}
    for kind in known():
        found.setdefault(kind.family, []).append(kind)
    return found


def is_choice(choice: str) -> bool:
    """Whether somebody can choose this: `*`, a family like `points.*`, or one kind."""
    if choice == EVERYTHING or choice in _kinds:
        return True
    return choice.endswith(".*") and any(kind.family == choice[:-2] for kind in _kinds.values())


def is_chosen(kind: str, choices: Collection[str]) -> bool:
    """Whether a kind is among what somebody chose."""
    return EVERYTHING in choices or kind in choices or f"{kind.partition('.')[0]}.*" in choices
