"""The tree of a form: what stands where, for the pages to draw and for the form to read back."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.forms import BoundField

from loyalty.web.office.editor import sheets
from loyalty.web.office.editor.leaves import Leaf
from loyalty.web.office.editor.parts import Part
from loyalty.web.office.editor.shapes import Shape, tag
from loyalty.web.office.forms.programme import MoneyField

GONE = object()
"""Where the document, or what was sent, says nothing."""


@dataclass(slots=True)
class Node:
    """A place in the tree. `kind`: field, group, list, words. `raw` is what was typed, as far as something was; `base`
    what the document says there now."""

    kind: str
    path: str
    part: Part
    shape: Shape
    bound: BoundField | None = None
    leaf: Leaf | None = None
    struct: Any = None
    base: Any = None
    keep: dict[str, Any] = field(default_factory=dict)
    children: list["Node"] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    touched: bool = False

    @property
    def label(self) -> Any:
        return self.part.label

    @property
    def main(self) -> list["Node"]:
        """Children that everybody needs."""
        return [child for child in self.children if not child.part.more]

    @property
    def rest(self) -> list["Node"]:
        """Children behind the fold."""
        return [child for child in self.children if child.part.more]

    @property
    def is_wrong(self) -> bool:
        """Whether something in here came back."""
        mine = bool(self.errors) or bool(self.bound is not None and self.bound.errors)
        return mine or any(child.is_wrong for child in self.children)

    @property
    def is_used(self) -> bool:
        """Whether something in here is other than when nobody says anything."""
        if self.kind == "list":
            return bool(self.children)
        if self.kind in ("group", "words"):
            return any(child.is_used for child in self.children)
        return self.touched

    @property
    def rest_open(self) -> bool:
        """Whether the fold stands open: what is in it matters now."""
        return any(child.is_used or child.is_wrong for child in self.rest)

    @property
    def title(self) -> str:
        """What an item of a list is called in its head."""
        return str(sheets.title(self.struct))

    @property
    def is_money(self) -> bool:
        """Whether the shop's currency stands behind the field."""
        return self.bound is not None and isinstance(self.bound.field, MoneyField)

    @property
    def place(self) -> str:
        """An item of a list, as the list's buttons name it: "when 0"."""
        return " ".join(self.path.rsplit(".", 1))

    @property
    def adds(self) -> list[tuple[str, Any]]:
        """What can be added to a list: (type, label)."""
        return [(tag(one), sheets.title(one)) for one in self.shape.of]


def walk(node: Node) -> Iterator[Node]:
    """A node and everything in it."""
    yield node
    for child in node.children:
        yield from walk(child)
