"""A form made from a type of the document: the fields as Django knows them, and the tree in which they stand.

Names are paths with dots ("limits.per.0.times"). A list carries how many items it has, each item its type, its id and
where it stood before, so that everything works without a script: the buttons of a list send the form, and the page
comes back with one item more, less, or elsewhere.
"""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _

from loyalty.core.programme.identity import LANGUAGES
from loyalty.web.office.editor import sheets
from loyalty.web.office.editor.leaves import LEAVES, SuggestingInput, with_present
from loyalty.web.office.editor.nodes import GONE, Node, walk
from loyalty.web.office.editor.parts import Desk, Part
from loyalty.web.office.editor.shapes import Shape, shapes, tag
from loyalty.web.office.editor.typed import MOST_ITEMS, at, untangled
from loyalty.web.office.forms.reward_kinds import Names

KEPT = ("id",)
"""Fields that are no field of the form once they are given: an id outlives every wording."""


class Editor:
    """A form for one Struct of the document. `base` is what the document says now ({} for something new), `typed` what
    was sent. Use: `is_valid()`, then `value()`; or `change(what)` for a button of a list, then show it again."""

    def __init__(self, struct: Any, base: Mapping[str, Any], desk: Desk, typed: QueryDict | None = None,
                 only: tuple[str, ...] = ()):  # fmt: skip
        self.struct, self.base, self.desk, self.only = struct, dict(base), desk, only
        self.typed = typed
        raw = untangled(typed) if typed is not None else None
        self._build(raw, bound=typed is not None)

    def _build(self, raw: dict[str, Any] | None, *, bound: bool) -> None:
        self._fields: dict[str, tuple[forms.Field, Any]] = {}
        self._leaves: list[Node] = []
        self.root = self._group(self.struct, "", Part("", ""), self.base, raw, {})
        initial = {name: value for name, (_field, value) in self._fields.items()}
        self.form = forms.Form(self.typed if bound else None, initial=initial, label_suffix="")
        self.form.fields.update({name: one for name, (one, _value) in self._fields.items()})
        for node in self._leaves:
            node.bound = self.form[node.path]

    # --- building ---------------------------------------------------------------------------------------------

    def _group(
        self,
        struct: Any,
        path: str,
        part: Part,
        base: Any,
        raw: Any,
        known: dict[str, Any],
        shape: Shape | None = None,
    ) -> Node:
        base = base if isinstance(base, dict) else {}
        node = Node(
            "group", path, part, shape or Shape(part.name, "group"), struct=struct, base=base, keep=known
        )
        found = shapes(struct)
        for one in sheets.parts(struct):
            if (one.name in KEPT and base.get(one.name)) or (
                self.only and not path and one.name not in self.only
            ):
                continue
            inside = f"{path}.{one.name}" if path else one.name
            typed = raw.get(one.name, GONE) if isinstance(raw, dict) else GONE
            if typed is GONE and isinstance(raw, dict) and (one.kind or found[one.name].kind) == "tick":
                typed = ""  # what is not ticked is not sent
            node.children.append(self._node(found[one.name], one, inside, base.get(one.name, GONE), typed))
        return node

    def _node(self, shape: Shape, part: Part, path: str, base: Any, raw: Any) -> Node:
        kind = part.kind or shape.kind
        match kind:
            case "group":
                value = shape.default if base is GONE else base
                made = self._group(shape.of[0], path, part, value, None if raw is GONE else raw, {}, shape)
                if shape.optional:
                    for child in made.children:
                        self._may_stay_empty(child)
                return made
            case "list":
                return self._list(shape, part, path, base, raw)
            case "words" | "long_words":
                return self._words(shape, part, path, base, raw, "long" if kind == "long_words" else "text")
            case "by_language":
                return self._by_language(shape, part, path, base, raw)
            case _:
                return self._leaf(shape, part, path, base, raw, kind)

    def _may_stay_empty(self, node: Node) -> None:
        for one in walk(node):
            if one.path in self._fields:
                self._fields[one.path][0].required = False

    def _leaf(self, shape: Shape, part: Part, path: str, base: Any, raw: Any, kind: str) -> Node:
        choices = _choices(shape, part, self.desk)
        if part.pick and kind in ("text", "names"):
            kind = "ticks" if kind == "names" else "choice"
        leaf = LEAVES[kind]
        value = shape.default if base is GONE else base
        if kind == "ticks" and isinstance(raw, str) and choices:
            raw = [raw]
        if kind in ("choice", "ticks", "radio") and part.pick:
            choices = with_present(value, choices)
        if kind == "choice" and not shape.required and shape.default in ("", None):
            choices = [("", sheets.NOTHING.get(part.pick, _("none"))), *choices]
        made = leaf.make(part, self.desk, choices)
        shown = leaf.show(value, self.desk)
        if isinstance(made, Names) and isinstance(shown, list):
            shown = ", ".join(shown)
        if part.suggests:
            made.widget = SuggestingInput(part.suggests, self.desk)
        made.label, made.help_text = part.label, part.help
        made.required = _needed(shape, kind)
        self._fields[path] = made, shown if raw is GONE else raw
        node = Node("field", path, part, shape, leaf=leaf, base=base)
        node.touched = (shown if raw is GONE else raw) != leaf.show(shape.default, self.desk)
        self._leaves.append(node)
        return node

    def _words(self, shape: Shape, part: Part, path: str, base: Any, raw: Any, kind: str) -> Node:
        node = Node("words", path, part, shape, base=base)
        texts = base if isinstance(base, dict) else {}
        first = self.desk.language_first()
        for language in sorted(LANGUAGES, key=lambda code: (code != first, LANGUAGES.index(code))):
            one = Part(language, sheets.LANGUAGE_NAMES[language], more=language != first)
            typed = raw.get(language, GONE) if isinstance(raw, dict) else GONE
            text = Shape(language, kind, default="")
            node.children.append(
                self._leaf(text, one, f"{path}.{language}", texts.get(language, GONE), typed, kind)
            )
        if node.children:
            made, _shown = self._fields[node.children[0].path]
            made.label, made.help_text = part.label, part.help
        return node

    def _by_language(self, shape: Shape, part: Part, path: str, base: Any, raw: Any) -> Node:
        node = Node("languages", path, part, shape, base=base)
        values = base if isinstance(base, dict) else {}
        for language in LANGUAGES:
            one = Part(language, sheets.LANGUAGE_NAMES[language])
            typed = raw.get(language) if isinstance(raw, dict) else None
            inside = self._group(shape.of[0], f"{path}.{language}", one, values.get(language), typed, {})
            self._may_stay_empty(inside)
            node.children.append(inside)
        return node

    def _list(self, shape: Shape, part: Part, path: str, base: Any, raw: Any) -> Node:
        node = Node("list", path, part, shape, base=base)
        before = base if isinstance(base, list) else []
        items = (
            raw if isinstance(raw, list) else [{"was": str(n), **_names(one)} for n, one in enumerate(before)]
        )
        known = {tag(one): one for one in shape.of}
        for index, item in enumerate(items[:MOST_ITEMS]):
            struct = known.get(str(item.get("type", "")), shape.of[0] if len(shape.of) == 1 else None)
            if struct is None:
                continue
            was = str(item.get("was", ""))
            there = before[int(was)] if was.isdecimal() and int(was) < len(before) else {}
            typed = item if isinstance(raw, list) and len(item.keys() - {"was", "type", "id"}) else None
            kept = {"was": was, "type": tag(struct), "id": there.get("id", "")}
            node.children.append(
                self._group(struct, f"{path}.{index}", Part(str(index), ""), there, typed, kept)
            )
        return node

    # --- what was typed -----------------------------------------------------------------------------------------

    def change(self, what: str) -> None:
        """Do what a button of a list asks: "add when hours", "remove when 0", "up when 1", "down when 0". What was
        typed stays typed; anything else that is asked changes nothing."""
        raw = untangled(self.typed) if self.typed is not None else {}
        verb, _space, rest = what.partition(" ")
        path, _space, last = rest.partition(" ")
        items = at(raw, path)
        if verb == "add" and isinstance(items, list) and len(items) < MOST_ITEMS:
            items.append({"type": last})
        elif isinstance(items, list) and last.isdecimal() and int(last) < len(items):
            index = int(last)
            to = {"up": index - 1, "down": index + 1}.get(verb)
            if verb == "remove":
                items.pop(index)
            elif to is not None and 0 <= to < len(items):
                items[index], items[to] = items[to], items[index]
        self._build(raw, bound=False)

    def is_valid(self) -> bool:
        """Whether each field makes sense by itself; the document says whether they do together."""
        return self.form.is_valid()

    def value(self) -> dict[str, Any]:
        """The Struct as the document holds it, with what the form does not show as it was."""
        return self._read(self.root)

    def _read(self, node: Node) -> dict[str, Any]:
        made = dict(node.base) if isinstance(node.base, dict) else {}
        if node.keep.get("type"):
            made["type"] = node.keep["type"]
        elif tag(node.struct):
            made["type"] = tag(node.struct)
        for child in node.children:
            made[child.part.name] = self._value(child)
        return made

    def _value(self, node: Node) -> Any:
        match node.kind:
            case "group":
                return None if self._is_left_out(node) else self._read(node)
            case "list":
                if f"{node.path}.count" not in (self.typed or ()):
                    return node.shape.default if node.base is GONE else node.base
                items = [self._read(child) for child in node.children]
                return _with_ids(items, node)
            case "words":
                texts = {child.part.name: self._value(child) for child in node.children}
                return {language: text for language, text in texts.items() if text}
            case "languages":
                both = {child.part.name: self._read(child) for child in node.children}
                return {language: words for language, words in both.items() if any(words.values())}
        return self._single(node)

    def _is_left_out(self, node: Node) -> bool:
        """Whether a part that may be missing is: nothing was given that it needs."""
        needed = [child for child in node.children if child.shape.required]
        return node.shape.optional and not any(child.bound and child.bound.data for child in needed)

    def _single(self, node: Node) -> Any:
        if node.leaf is None:
            raise AssertionError(f"{node.path} is no field")
        cleaned = self.form.cleaned_data.get(node.path)
        sent = node.path in (self.typed or ()) or (node.part.kind or node.shape.kind) in (
            "tick",
            "ticks",
            "names",
        )
        if not sent:
            return node.shape.default if node.base is GONE else node.base
        if node.base is not GONE and _same(
            self._fields[node.path][0], self.form[node.path].data, node, self.desk
        ):
            return node.base
        if cleaned in (None, "", []) and not isinstance(cleaned, bool):
            return [] if node.shape.kind in ("names", "values", "ticks") else node.shape.default
        return node.leaf.read(cleaned, self.desk)

    # --- what came back -----------------------------------------------------------------------------------------

    def show(self, problems: list[dict[str, str]], prefix: str) -> None:
        """Put problems of the document beside their fields; what is about nothing here stands above the form."""
        nodes = {node.path: node for node in walk(self.root)}
        for problem in problems:
            inside = (
                problem["field"].removeprefix(prefix).lstrip(".")
                if problem["field"].startswith(prefix)
                else ""
            )
            path = inside.replace("[", ".").replace("]", "").lstrip(".")
            node = nodes.get(path)
            if path in self.form.fields:
                self.form.add_error(path, problem["message"])
            elif node is not None and path:
                first = next((one for one in walk(node) if one.path in self.form.fields), None)
                if node.kind == "words" and first is not None:
                    self.form.add_error(first.path, problem["message"])
                else:
                    node.errors.append(problem["message"])
                    self.form.add_error(
                        None, _("{label}: {problem}").format(label=node.label, problem=problem["message"])
                    )
            else:
                self.form.add_error(None, problem["message"])


def _same(made: forms.Field, typed: Any, node: Node, desk: Desk) -> bool:
    """Whether what was typed is what stands in the form for the document's own value."""
    if node.leaf is None:
        return False
    shown = node.leaf.show(node.base, desk)
    if isinstance(made, Names) and isinstance(shown, list):
        shown = ", ".join(shown)
    if isinstance(shown, bool):
        return bool(typed) == shown
    if isinstance(shown, list):
        return list(typed or []) == shown
    return str(typed or "").strip() == shown


def _needed(shape: Shape, kind: str) -> bool:
    if kind in ("tick", "names", "values", "ticks", "count", "amount", "share", "fine"):
        return False
    return shape.required or (not shape.optional and shape.default not in (None, "", 0, [], {}))


def _choices(shape: Shape, part: Part, desk: Desk) -> list[tuple[str, Any]]:
    if part.pick:
        return list(desk.picks.get(part.pick, []))
    labels = sheets.CHOICES.get(shape.enum) if shape.enum else None
    labels = labels or sheets.LITERALS.get(part.name, {})
    return [(value, labels.get(value, value)) for value in shape.values]


def _names(item: Any) -> dict[str, Any]:
    return {"type": item.get("type", "")} if isinstance(item, dict) else {}


def _with_ids(items: list[dict[str, Any]], node: Node) -> list[dict[str, Any]]:
    """Items that need an id and have none get one made of their words."""
    if not any("id" in shapes(child.struct) for child in node.children):
        return items
    taken = {item["id"] for item in items if item.get("id")}
    for item in items:
        if not item.get("id"):
            item["id"] = sheets.fresh_id(item, taken)
            taken.add(item["id"])
    return items
