"""Bad input, generated from the endpoints' own Structs: every field of every body and query, every wrong
way.

Each answer must be a 4xx problem that names the field, and no table may have a row more or less.
"""

import copy
import json
import types
import typing
from typing import Any

import msgspec
import pytest
from django.apps import apps
from django.db import connection

from tests.api.caller import an_order
from tests.api.standing import call, luna, lunas, shopfront
from tests.api.test_rights import ALL, filled

__all__ = ["call", "luna", "lunas", "shopfront"]

WRONG_TYPES = [None, True, 7, 1.5, "text", [], {}, [[]], {"a": 1}]
FAR = [
    "0001-01-01T00:00:00+14:00",
    "1969-12-31T23:59:59Z",
    "9999-12-31T23:59:59-12:00",
    "2026-03-02T09:00:00",
    "2026-02-30T00:00:00Z",
    "",
    "now",
    1772438400,
]


def counts() -> dict[str, int]:
    """Rows of every table, past every scope."""
    tables = sorted({model._meta.db_table for model in apps.get_models()} - {"django_session"})
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('role', 'loyalty_system', true)")
        cursor.execute(" UNION ALL ".join(f"SELECT '{t}', count(*) FROM \"{t}\"" for t in tables))
        found = dict(cursor.fetchall())
        cursor.execute("SELECT set_config('role', 'loyalty_app', true)")
    return found


def parts(annotation: Any) -> tuple[list[Any], list[msgspec.Meta]]:
    """The types of an annotation without its wrappers, and what `Meta` says of them."""
    if typing.get_origin(annotation) is typing.Annotated:
        inner, *metas = typing.get_args(annotation)
        found, more = parts(inner)
        return found, [*metas, *more]
    if isinstance(annotation, types.UnionType) or typing.get_origin(annotation) is typing.Union:
        kinds, metas = [], []
        for one in typing.get_args(annotation):
            found, more = parts(one)
            kinds += found
            metas += more
        return kinds, metas
    return [annotation], []


def fits(annotation: Any, value: Any) -> bool:
    try:
        msgspec.convert(value, annotation, strict=True)
    except msgspec.ValidationError:
        return False
    return True


def bad_values(annotation: Any) -> list[Any]:
    """Values the Struct must refuse for a field of this type."""
    kinds, metas = parts(annotation)
    values = [value for value in WRONG_TYPES if not fits(annotation, value)]
    if str in kinds:
        longest = max((meta.max_length or 0 for meta in metas), default=0)
        values += ["x" * (longest + 1)] if longest else []
        values += [bad for bad in ("a\nb", "a\n", "\x7f", "\x1b[0m") if not fits(annotation, bad)]
        if any(meta.min_length for meta in metas):
            values.append("")
    if int in kinds:
        for meta in metas:
            values += [meta.ge - 1] if meta.ge is not None else []
            values += [meta.le + 1] if meta.le is not None else []
        values += [-(2**63) - 1, 2**64, 10**300]
    if any(getattr(kind, "__name__", "") == "datetime" for kind in kinds):
        values += FAR
    if any(getattr(kind, "__name__", "") == "date" for kind in kinds):
        values += ["2026-02-30", "yesterday", "0001-01-01", "9999-12-31", 20260101]
    if dict in {typing.get_origin(kind) for kind in kinds} and Any not in typing.get_args(kinds[0]):
        values += [bad for bad in ({"en": 7}, {"en": None}, {"a": [1]}, {"": 1}) if not fits(annotation, bad)]
        values += [{"xx": "no such language"}] if str in typing.get_args(kinds[0]) else []
    return values


def fields(struct: Any, path: str = "") -> Any:
    """(path, annotation, required) of every field, into nested Structs and lists of them."""
    hints = typing.get_type_hints(struct, include_extras=True)
    for field in msgspec.structs.fields(struct):
        here = f"{path}.{field.encode_name}" if path else field.encode_name
        yield here, hints[field.name], field.required
        kinds, _metas = parts(hints[field.name])
        for kind in kinds:
            inner = typing.get_args(kind)[0] if typing.get_origin(kind) in (tuple, list) else kind
            inner_kind = parts(inner)[0][0]
            if isinstance(inner_kind, type) and issubclass(inner_kind, msgspec.Struct):
                yield from fields(inner_kind, f"{here}[0]" if inner is not kind else here)


def steps(path: str) -> list[Any]:
    out: list[Any] = []
    for part in path.split("."):
        name, *indexes = part.replace("]", "").split("[")
        out += [name, *(int(index) for index in indexes)]
    return out


def put(body: Any, path: str, value: Any, *, remove: bool = False) -> Any:
    """A copy of the body with one field set or removed; missing objects on the way are made."""
    changed = copy.deepcopy(body)
    *way, last = steps(path)
    here = changed
    for number, step in enumerate(way):
        if isinstance(here, dict) and step not in here:
            here[step] = [{}] if isinstance([*way, last][number + 1], int) else {}
        here = here[step]
    if remove:
        here.pop(last, None)
    else:
        here[last] = value
    return changed


BODIES = [found for found in ALL if found.values[2].body is not None]
QUERIES = [found for found in ALL if found.values[2].query.__struct_fields__]


class Sweep:
    """Sends one bad request after another and remembers what was not refused as it should be."""

    def __init__(self, call, method, address):
        self.call, self.method, self.address, self.wrong = call, method, address, []
        self.sent = 0
        # A batch of refused orders is an answer like any other and would be kept under its key.
        self.key = None if address.endswith("batch") else ""

    def refused(self, what: str, answer: Any, field: str | None) -> None:
        self.sent += 1
        told = _problem_of(answer)
        if told is None or (not 400 <= answer.status_code < 500 and not told.get("in_batch")):
            self.wrong.append(f"{what}: {answer.status_code} {answer.content[:200]!r}")
            return
        named = [error["field"] for error in told.get("errors", ())]
        if field is not None and not any(_names(found, field) for found in named):
            self.wrong.append(f"{what}: names {named} {told['detail']}")

    def body(self, what: str, body: Any, field: str) -> None:
        self.refused(what, self.call(self.method, self.address, body, key=self.key), field)

    def done(self) -> None:
        assert self.sent > 3
        assert not self.wrong, "\n".join(self.wrong)


def _problem_of(answer: Any) -> dict | None:
    """The problem, or in a batch the only order's."""
    if answer.headers["Content-Type"] == "application/problem+json":
        return answer.json()
    if answer.status_code == 200 and answer.content.startswith(b'{"results":[{"index":0'):
        problem = answer.json()["results"][0]["problem"]
        if problem:
            for error in problem.get("errors", ()):
                error["field"] = f"orders[0].{error['field']}"
            return {**problem, "in_batch": True}
    return None


def _names(found: str, wanted: str) -> bool:
    """The field itself, one inside it, or (for what only makes sense together) the one around it."""
    plain = found.replace("[...]", "")
    return plain.startswith(wanted) or wanted.startswith((plain + ".", plain + "["))


def _base(address: str, example: Any) -> Any:
    """The example, with the fields that a sweep of their parts needs."""
    base = copy.deepcopy(example)
    if address in ("orders", "orders/quote"):
        base = {**an_order("ana"), **base}
    return base


@pytest.mark.parametrize(("method", "address", "spec"), BODIES)
def test_every_field_of_every_body(call, lunas, method, address, spec):
    before = counts()
    sweep = Sweep(call, method, filled(address, **lunas))
    base = _base(address, spec.example)
    for path, annotation, required in fields(spec.body):
        if "document" in path or (path == "programme" and bool not in parts(annotation)[0]):
            values = [None, True, 7, "text", []]
        else:
            values = bad_values(annotation)
        for value in values:
            sweep.body(f"{path} = {value!r:.60}", put(base, path, value), path)
        if required:
            sweep.body(f"{path} missing", put(base, path, None, remove=True), path)
        _hostile_texts(sweep, base, path)
    sweep.body("unknown field", {**base, "merchant_id": 1}, "merchant_id")
    sweep.done()
    assert counts() == before


def _hostile_texts(sweep: Sweep, base: Any, path: str) -> None:
    """What only raw bytes can say, at every field."""
    mark = "~here~"
    raw = json.dumps(put(base, path, mark)).encode()
    for what, text in (
        ("NUL", b'"a\\u0000b"'),
        ("raw NUL", b'"a\x00b"'),
        ("invalid UTF-8", b'"\xff\xfe"'),
        ("half a surrogate pair", b'"\\ud83d"'),
        ("NaN", b"NaN"),
        ("Infinity", b"-Infinity"),
        ("1e999", b"1e999"),
        ("5,000 digits", b"9" * 5000),
    ):
        sent = raw.replace(b'"~here~"', text)
        sweep.refused(
            f"{path} = {what}", sweep.call(sweep.method, sweep.address, raw=sent, key=sweep.key), path
        )
    name = json.dumps(steps(path)[-1]).encode()
    twice = raw.replace(name + b': "~here~"', name + b": 1, " + name + b": 2")
    sweep.refused(f"{path} twice", sweep.call(sweep.method, sweep.address, raw=twice, key=sweep.key), path)


@pytest.mark.parametrize(("method", "address", "spec"), QUERIES)
def test_every_query_parameter(call, lunas, method, address, spec):
    where = filled(address, **lunas)
    before = counts()
    body = spec.example if spec.body is not None else None
    sweep = Sweep(call, method, "")
    hints = typing.get_type_hints(spec.query, include_extras=True)
    for name in spec.query.__struct_fields__:
        kinds, _metas = parts(hints[name])
        bad = ["%00", "a%00b"]
        bad += ["maybe", "7.5", ""] if bool in kinds else []
        bad += ["-1", "0.5", "x", "99999999999999999999", ""] if int in kinds else []
        bad += (
            ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "soon", "2026-03-02"]
            if "at" in name.split("_")
            else []
        )
        bad += ["x" * 600] if str in kinds else []
        for value in bad:
            answer = call(method, f"{where}?{name}={value}", body)
            sweep.refused(f"{name}={value[:30]}", answer, name)
        answer = call(method, f"{where}?{name}=1&{name}=1", body)
        sweep.refused(f"{name} twice", answer, name)
    sweep.refused("unknown", call(method, f"{where}?merchant=1", body), "merchant")
    sweep.done()
    assert counts() == before


@pytest.mark.parametrize(
    "text",
    [
        "mbr_" + "z" * 26,
        "mbr_0",
        "ord_01m6k3q8r6e3vabq7m6w0t9d2c",
        "%00",
        "mbr_%00",
        "1",
        "ä",
        "mbr_" + "0" * 5000,
        "..",
        "%2e%2e",
        "None",
        "'--",
    ],
)
@pytest.mark.parametrize(
    "address",
    [
        "members/{}",
        "members/{}/balances",
        "orders/{}",
        "rewards/{}",
        "redemptions/{}",
        "sessions/{}",
        "bookings/{}",
        "fulfilments/{}",
        "programme/versions/{}",
    ],
)
def test_strange_ids_do_not_exist(call, address, text):
    answer = call.get(address.format("999" if text == "1" else text))
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(("method", "address", "spec"), BODIES)
def test_bodies_that_are_no_json_object(call, method, address, spec):
    before = counts()
    where = filled(address)
    for raw in (
        b"",
        b" ",
        b"{",
        b"[]",
        b"7",
        b'"text"',
        b"null",
        b"{}x",
        b"{'a': 1}",
        b"\xff\xfe{\x00}\x00",
        b"\x00",
        b"\xef\xbb\xbf{}",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"{,}",
    ):
        answer = call(method, where, raw=raw)
        assert answer.status_code in ((400, 415) if not raw else (400,)), (raw[:20], answer.content[:200])
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json()["code"] in ("invalid_json", "invalid_input", "unsupported_media_type")
    for kind in (
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/xml",
        "",
        "application/json; charset=utf-16",
    ):
        answer = call(method, where, raw=json.dumps(spec.example).encode(), content_type=kind)
        assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")
    big = b'{"a": "' + b"x" * (spec.max_bytes + 1) + b'"}'
    answer = call(method, where, raw=big)
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    assert counts() == before


def test_bodies_where_none_is_asked_for(call):
    member = call.post("members", {"external_id": "ana"}).json()["id"]
    call.post(f"members/{member}/block", {"reason": "x"})
    assert call.post(f"members/{member}/unblock", {"reason": "x"}).status_code == 400
    assert call.post(f"members/{member}/unblock", {}).status_code == 200


def test_an_order_makes_sense_or_is_refused(call):
    call.post("members", {"external_id": "ana"})
    before = counts()
    for field, change in {
        "currency": {"currency": "EUR"},
        "placed_at": {"placed_at": "2099-01-01T00:00:00Z"},
        "discount_minor": {"discount_minor": 10_001},
        "points_minor": {"points_minor": 10_001},
        "member": {"member": {"external_id": "ana", "email": "ana@example.com"}},
        "member.email": {"member": {"email": "no address"}},
        "lines": {"lines": [{"sku": "x", "amount_minor": 10**12}, {"sku": "x", "amount_minor": 1}]},
        "lines[0].quantity": {"lines": [{"sku": "x", "amount_minor": 1, "quantity": "١"}]},
        "lines[0].quantity ": {"lines": [{"sku": "x", "amount_minor": 1, "quantity": "1\n"}]},
    }.items():
        answer = call.post("orders", {**an_order("ana"), **change})
        assert answer.status_code in (400, 422), (field, answer.content)
        assert answer.json()["errors"][0]["field"] == field.strip(), answer.content
    assert counts() == before
    assert call.post("orders", an_order("ana")).status_code == 201


def test_counting_rows_would_notice_one(call):
    """The twin: a row more in any table shows."""
    before = counts()
    call.post("members", {"external_id": "ana"})
    after = counts()
    assert {table for table in after if after[table] != before[table]} >= {"members_member", "events_event"}
