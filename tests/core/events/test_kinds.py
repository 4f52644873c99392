"""What can happen is described: nothing is recorded whose kind the list of webhooks and the documentation lack."""

import ast
from collections.abc import Iterator

from loyalty.core import ids
from loyalty.core.events.kinds import known
from loyalty.core.events.models import Event
from loyalty.core.events.public import told
from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy.scope import acting_for
from tests.cast import AT, MARA
from tests.test_tidy import files


def texts(call: ast.Call) -> Iterator[str]:
    """The kinds that a call records, where they stand in it as they are: `record("…")`, `Posting(event="…")`."""
    name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
    asked = call.args[:1] if name == "record" else []
    asked += [word.value for word in call.keywords if word.arg == "event"]
    for value in asked:
        for each in (value.body, value.orelse) if isinstance(value, ast.IfExp) else (value,):
            if isinstance(each, ast.Constant) and isinstance(each.value, str) and "." in each.value:
                yield each.value


def recorded() -> dict[str, str]:
    """Every kind that the source records by name, with the file that does."""
    found = {}
    for path in files(".py", tests=False):
        if "migrations" not in path.parts and "demo" not in path.parts:
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call):
                    found |= dict.fromkeys(texts(node), str(path))
    return found


def test_whatever_is_recorded_is_described():
    described, found = {kind.name for kind in known()}, recorded()
    assert len(found) > 100
    assert {kind: file for kind, file in found.items() if kind not in described} == {}


def test_an_event_names_its_subject_as_its_kind_says(luna: Merchant):
    subject = ids.new()

    def named(kind: str) -> str | None:
        with acting_for(luna, by=MARA):
            row = Event(kind=kind, subject=subject, actor="staff:1", data={}, happened_at=AT, recorded_at=AT)
            return told(row).subject

    assert named("member.joined") == ids.encode("mbr", subject)
    assert named("reward.created") == ids.encode("rwd", subject)
    assert named("job.asked") == ids.encode("job", subject)
    assert named("till.paired") is None
    assert named("nobody.described_this") is None
