"""What the types of the document say about a field: how it is edited by nature, what it is when nothing is given."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

import msgspec
from msgspec.structs import FieldInfo, fields


@dataclass(frozen=True, slots=True)
class Shape:
    """A field of a Struct. `kind` is how it is edited by nature; `of` the Struct inside, or those a list may hold;
    `values` what can be chosen. `default` is JSON; `required` when the document needs it given."""

    name: str
    kind: str
    of: tuple[type, ...] = ()
    values: tuple[str, ...] = ()
    enum: type | None = None
    default: Any = None
    required: bool = False
    optional: bool = False


def shapes(struct: type) -> dict[str, Shape]:
    """The fields of a Struct by their names in the document."""
    return {info.encode_name: _shape(info) for info in fields(struct)}


def variants(struct_or_union: Any) -> tuple[type, ...]:
    """The Structs of a union, or the one Struct."""
    return get_args(struct_or_union) if _is_union(struct_or_union) else (struct_or_union,)


def tag(struct: Any) -> str:
    """The name by which a union tells its Structs apart; "" for one that stands alone."""
    found = struct.__struct_config__.tag
    return str(found) if found is not None else ""


def _is_union(annotation: Any) -> bool:
    return get_origin(annotation) in (Union, UnionType)


def _json(value: Any) -> Any:
    return msgspec.json.decode(msgspec.json.encode(value))


def _shape(info: FieldInfo) -> Shape:
    default: Any = None
    if info.default_factory is not msgspec.NODEFAULT:
        default = _json(info.default_factory())
    elif info.default is not msgspec.NODEFAULT:
        default = _json(info.default)
    annotation, optional = info.type, False
    if _is_union(annotation) and NoneType in get_args(annotation):
        inner = [one for one in get_args(annotation) if one is not NoneType]
        annotation, optional = inner[0], True
    kind, of, values, enum = _nature(info.encode_name, annotation)
    return Shape(info.encode_name, kind, of, values, enum, default, info.required, optional)


def _nature(name: str, annotation: Any) -> tuple[str, tuple[type, ...], tuple[str, ...], type | None]:
    origin, inside = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return "choice", (), tuple(str(value) for value in inside), None
    if origin is tuple:
        return _of_list(inside[0])
    if origin is dict:
        return ("words", (), (), None) if inside[1] is str else ("by_language", (inside[1],), (), None)
    if isinstance(annotation, type):
        if issubclass(annotation, Enum):
            return "choice", (), tuple(str(one.value) for one in annotation), annotation
        if issubclass(annotation, msgspec.Struct):
            return "group", (annotation,), (), None
        simple = {bool: "tick", str: "text", datetime: "instant", date: "date"}
        if annotation in simple:
            return simple[annotation], (), (), None
        if annotation is int:
            return "money" if name.endswith("_minor") else "number", (), (), None
    raise TypeError(f"the editor does not know {annotation!r} of {name}")


def _of_list(inside: Any) -> tuple[str, tuple[type, ...], tuple[str, ...], type | None]:
    if _is_union(inside) and not all(_is_struct(one) for one in get_args(inside)):
        return "values", (), (), None
    if _is_union(inside) or _is_struct(inside):
        return "list", variants(inside), (), None
    if issubclass(inside, Enum):
        return "ticks", (), tuple(str(one.value) for one in inside), inside
    return "names", (), (), None


def _is_struct(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, msgspec.Struct)
