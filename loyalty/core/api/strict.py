"""Reading JSON without guessing.

Readers of JSON disagree about duplicate keys, NaN, lone surrogates and endless numbers; databases refuse
NUL. Whatever two programs could understand differently is refused here, with the name of the field it is
in.
"""

import json
import re
from collections.abc import Hashable, Iterator
from functools import cache
from typing import Any

import msgspec

from loyalty.core.errors import DomainError, InvalidInput
from loyalty.core.programme.document import complaint


class NotJson(DomainError):
    """`params["position"]` is the character at which reading stopped."""

    code = "invalid_json"
    status = 400
    message = "The body is not valid JSON: {why} (at character {position})."


class _Refused(Exception):
    """The body holds something that has to be named; the slow reading finds where."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Refused
    return found


def _constant(_text: str) -> Any:
    raise _Refused


_fast = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant).decode
_SUSPECT = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")


def refuse_ambiguous(raw: bytes) -> None:
    """Raise `InvalidInput` or `NotJson` unless every reader of JSON would understand `raw` the same way."""
    try:
        text = raw.decode()
        _fast(text)
        if "\\u" not in text or not _SUSPECT.search(text):
            return
    except RecursionError:
        raise NotJson(why="it is nested too deeply", position=0) from None
    except (ValueError, _Refused):  # UnicodeDecodeError and JSONDecodeError are ValueErrors
        pass
    _explain(raw)


class _Bad:
    """Stands in the slow reading for what cannot be used."""

    __slots__ = ("code",)

    def __init__(self, code: str):
        self.code = code


class _Pairs(list):
    """An object with all its keys, also the ones given twice."""


_MESSAGES = {
    "duplicate": "The object has this key twice.",
    "not_a_number": "NaN and Infinity are not numbers in JSON.",
    "number_too_long": "The number has too many digits.",
    "invalid_utf8": "The text is not valid UTF-8.",
    "nul": "The text holds a NUL character.",
    "surrogate": "The text holds half of a surrogate pair.",
}
_LONGEST = 400  # digits; no number in the API needs more than 13


def _number(text: str) -> Any:
    return _Bad("number_too_long") if len(text) > _LONGEST else 0


_slow = json.JSONDecoder(
    strict=False,
    object_pairs_hook=_Pairs,
    parse_constant=lambda _text: _Bad("not_a_number"),
    parse_int=_number,
    parse_float=_number,
).decode


def _explain(raw: bytes) -> None:
    """Read again, leniently, and name the first field that cannot be used."""
    try:
        text = raw.decode("utf-8", "surrogateescape")
        tree = _slow(text)
    except json.JSONDecodeError as error:
        if isinstance(_escaped(raw, error.pos), InvalidInput):
            raise InvalidInput.of("", _MESSAGES["invalid_utf8"], "invalid_utf8") from None
        why = "it is empty" if not raw.strip() else error.msg[:1].lower() + error.msg[1:]
        raise NotJson(why=why, position=error.pos) from None
    except RecursionError:
        raise NotJson(why="it is nested too deeply", position=0) from None
    for field, code in _findings(tree, ""):
        raise InvalidInput.of(field, _MESSAGES[code], code)
    try:  # nothing to name: a control character in a string, which only the strict reading refuses
        json.loads(text)
    except json.JSONDecodeError as error:
        raise NotJson(why=error.msg[:1].lower() + error.msg[1:], position=error.pos) from None


def _escaped(raw: bytes, position: int) -> InvalidInput | None:
    """Malformed because the bytes are not UTF-8 outside of any string."""
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        if error.start <= position + 4:
            return InvalidInput.of("", _MESSAGES["invalid_utf8"], "invalid_utf8")
    return None


def _findings(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, _Pairs):
        seen = set()
        for key, part in value:
            here = f"{path}.{key}" if path else key
            code = "duplicate" if key in seen else _text_code(key)
            if code:
                yield here.encode("utf-8", "backslashreplace").decode().replace("\x00", "\\0"), code
            seen.add(key)
            yield from _findings(part, here)
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from _findings(part, f"{path}[{index}]")
    elif isinstance(value, _Bad):
        yield path, value.code
    elif isinstance(value, str) and (code := _text_code(value)):
        yield path, code


def _text_code(text: str) -> str:
    """What is wrong with a string; "" when nothing is."""
    if "\x00" in text:
        return "nul"
    if any("\udc80" <= letter <= "\udcff" for letter in text) and not _paired(text):
        return "invalid_utf8"
    return "" if _paired(text) else "surrogate"


def _paired(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def read_body[T](raw: bytes, shape: type[T]) -> T:
    """The body as a Struct. Raises `NotJson` or `InvalidInput` with the first field that does not fit."""
    refuse_ambiguous(raw)
    try:
        return msgspec.json.decode(raw, type=shape)
    except msgspec.ValidationError as error:
        raise InvalidInput([said(error)]) from None
    except (msgspec.DecodeError, RecursionError):
        raise NotJson(why="it cannot be read", position=0) from None


_WRITTEN: dict[type, tuple[re.Pattern[str], str]] = {
    msgspec.inspect.BoolType: (re.compile("true|false"), "Write true or false."),
    msgspec.inspect.IntType: (re.compile("-?[0-9]{1,18}"), "Write a whole number."),
    msgspec.inspect.UnionType: (re.compile("(?!null$).*", re.IGNORECASE), "Leave the parameter out instead."),
}


@cache
def _kinds(shape: Hashable) -> dict[str, type]:
    found = msgspec.inspect.type_info(shape)
    return {part.encode_name: type(part.type) for part in found.fields}  # type: ignore[attr-defined]


def read_query[T](values: dict[str, str], shape: type[T]) -> T:
    """Query parameters as a Struct, written one way only: msgspec alone would also take `1` for true and `null`."""
    known: Any = shape
    kinds = _kinds(known)
    for name, text in values.items():
        written = _WRITTEN.get(kinds.get(name, str))
        if written is not None and not written[0].fullmatch(text):
            raise InvalidInput.of(name, written[1])
    return _convert(values, shape)


def _convert[T](value: Any, shape: type[T]) -> T:
    try:
        return msgspec.convert(value, type=shape, strict=False)
    except msgspec.ValidationError as error:
        raise InvalidInput([said(error)]) from None


_PLAIN = (
    (
        re.compile(r"^Expected `(\w+)` matching regex .*$"),
        "This text has characters or a form that is not allowed.",
    ),
    (re.compile(r"^Object missing required field .*$"), "This field is required."),
    (re.compile(r"^Object contains unknown field .*$"), "There is no such field."),
)


def said(error: msgspec.ValidationError, prefix: str = "") -> dict[str, str]:
    """A msgspec complaint as `{"field", "code", "message"}` in words."""
    text = str(error).replace(" - at `key` in `$", " - at `$")  # a key that is not allowed: name its object
    found = complaint(msgspec.ValidationError(text), prefix)
    for pattern, words in _PLAIN:
        if pattern.match(found["message"]):
            found["message"] = words
    return found
