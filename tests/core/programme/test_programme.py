"""The programme is a document: checked whole, published for good, compared, rolled back, carried as one file."""

import json
import threading

import pytest
from django.db import connection, connections, transaction
from django.db.utils import DatabaseError

from loyalty.core.errors import InvalidInput, NotFound
from loyalty.core.events.models import Event
from loyalty.core.merchants.models import Merchant
from loyalty.core.programme import document, operations, queries
from loyalty.core.programme.models import InForce, Version
from loyalty.core.programme.operations import NoDraft, NothingChanged
from loyalty.core.tenancy.scope import acting_for
from tests.cast import AT, MARA, ONE_POINT_PER_KRONA, shop

pytestmark = pytest.mark.django_db

CONTENT = {"identity": {"name": {"en": "Luna Club"}}, "earning": {"rules": [ONE_POINT_PER_KRONA]}}


def draft(points: int = 1, **sections: object) -> Version:
    """A draft that differs by the points for a krona."""
    rules = [{**ONE_POINT_PER_KRONA, "points": points}]
    return operations.save_draft(content={**CONTENT, "earning": {"rules": rules}, **sections}, at=AT)


@pytest.fixture
def here(luna: Merchant) -> object:
    with acting_for(luna, by=MARA):
        yield luna


def test_there_is_one_draft_and_it_changes_nothing_until_it_is_published(here: Merchant) -> None:
    assert draft(1).pk == draft(2).pk
    assert queries.in_force() is None
    operations.publish(at=AT, note="the first")
    assert queries.in_force().number == 1
    assert queries.draft() is None
    assert [(e.kind, e.data["number"]) for e in Event.objects.filter(kind__startswith="programme")] == [
        ("programme.published", 1)
    ]


def test_versions_are_numbered_without_gaps(here: Merchant) -> None:
    for points in (1, 2, 3):
        draft(points)
        operations.publish(at=AT)
    assert [row.number for row in queries.history()] == [3, 2, 1]


def test_without_a_draft_there_is_nothing_to_publish(here: Merchant) -> None:
    with pytest.raises(NoDraft):
        operations.publish(at=AT)
    draft()
    operations.discard_draft()
    with pytest.raises(NoDraft):
        operations.publish(at=AT)


def test_publishing_the_same_again_is_refused_and_keeps_the_draft(here: Merchant) -> None:
    draft()
    operations.publish(at=AT)
    draft()
    with pytest.raises(NothingChanged):
        operations.publish(at=AT)
    assert queries.in_force().number == 1


@pytest.mark.parametrize(
    ("content", "field", "code"),
    [
        ({"format": 2}, "format", "invalid"),
        ({"surprises": {}}, "surprises", "unknown"),
        ({"identity": {"nam": {}}}, "identity.nam", "unknown"),
        ({"identity": {"name": {"xx": "Luna"}}}, "identity.name.xx", "invalid"),
        ({"identity": {"name": {"en": " "}}}, "identity.name.en", "invalid"),
        ({"identity": {"name": {"en": 1}}}, "identity.name[...]", "invalid"),
        ({"identity": {"points": {"en": {"one": "star"}}}}, "identity.points[...].other", "missing"),
        (
            {"earning": {"rules": [{**ONE_POINT_PER_KRONA, "points": "1"}]}},
            "earning.rules[0].points",
            "invalid",
        ),
        (
            {"earning": {"rules": [{**ONE_POINT_PER_KRONA, "points": 0}]}},
            "earning.rules[0].points",
            "invalid",
        ),
        ({"identity": {"name": {"en": "Lu\x00na"}}}, "identity.name.en", "invalid"),
        ({"identity": {"name": {"en": "Lu\ud800na"}}}, "identity.name.en", "invalid"),
    ],
)
def test_a_mistake_is_named_with_its_path(here: Merchant, content: dict, field: str, code: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        operations.save_draft(content={**CONTENT, **content}, at=AT)
    assert (field, code) in [(error["field"], error["code"]) for error in refusal.value.errors]
    assert queries.draft() is None


@pytest.mark.parametrize("content", [None, [], "text", 7, {"programme": []}])
def test_what_is_no_document_is_refused(here: Merchant, content: object) -> None:
    with pytest.raises(InvalidInput):
        operations.import_file(content=content, at=AT)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE programme_version SET document = '{}'",
        "UPDATE programme_version SET note = 'else'",
        "UPDATE programme_version SET number = NULL, published_at = NULL",
        "DELETE FROM programme_version",
    ],
)
def test_the_database_itself_refuses_to_change_what_is_published(here: Merchant, statement: str) -> None:
    published = draft()
    operations.publish(at=AT)
    with pytest.raises(DatabaseError, match="published and cannot change"), transaction.atomic():
        connection.cursor().execute(statement)
    published.refresh_from_db()
    assert published.number == 1


def test_twin_a_draft_may_still_be_changed(here: Merchant) -> None:
    draft()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE programme_version SET note = 'else'")
        assert cursor.rowcount == 1


def test_a_half_published_version_cannot_exist(here: Merchant) -> None:
    draft()
    with pytest.raises(DatabaseError, match="published_whole"), transaction.atomic():
        Version.objects.update(number=1)


def test_rolling_back_publishes_the_old_content_under_a_new_number(here: Merchant) -> None:
    for points in (1, 2):
        draft(points)
        operations.publish(at=AT)
    back = operations.roll_back(number=1, at=AT)
    assert (back.number, back.document) == (3, queries.numbered(1).document)
    assert InForce.objects.get().version == back
    with pytest.raises(NotFound):
        operations.roll_back(number=9, at=AT)


def test_an_exported_file_imports_as_the_same_document(here: Merchant) -> None:
    draft(3)
    published = operations.publish(at=AT)
    file = json.loads(json.dumps(queries.export(1)))
    with acting_for(here.sandbox, by=MARA):
        copied = operations.import_file(content=file, at=AT)
        assert copied.document == published.document
        assert copied.merchant_id == here.sandbox.pk
    with acting_for(here.sandbox, by=MARA), pytest.raises(NotFound):
        queries.export(1)


def test_a_difference_is_told_leaf_by_leaf_and_rules_are_known_by_their_id() -> None:
    before = {
        "rules": [{"id": "a", "points": 1}, {"id": "b", "points": 2}],
        "name": {"en": "Luna"},
        "list": [1],
    }
    after = {
        "rules": [{"id": "b", "points": 3}, {"id": "a", "points": 1}],
        "name": {"sv": "Luna"},
        "list": [1, 2],
    }
    assert {(c.path, str(c.before), str(c.after)) for c in document.diff(before, after)} == {
        ("rules.b.points", "2", "3"),
        ("name.en", "Luna", "None"),
        ("name.sv", "None", "Luna"),
        ("list", "[1]", "[1, 2]"),
    }
    assert document.diff(before, before) == []


def test_rules_that_share_an_id_are_compared_as_they_stand() -> None:
    twice = {"rules": [{"id": "a", "points": 1}, {"id": "a", "points": 2}]}
    other = {"rules": [{"id": "a", "points": 2}, {"id": "a", "points": 1}]}
    assert [change.path for change in document.diff(twice, other)] == ["rules"]


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_editors_who_save_and_publish_at_the_same_moment_wait_for_each_other() -> None:
    luna = shop()
    together, outcomes = threading.Barrier(4), []

    def edit(points: int) -> None:
        try:
            together.wait(10)
            with acting_for(luna, by=MARA):
                draft(points)
            with acting_for(luna, by=MARA):
                outcomes.append(operations.publish(at=AT).number)
        except (NoDraft, NothingChanged) as refusal:
            outcomes.append(refusal.code)
        finally:
            connections.close_all()

    editors = [threading.Thread(target=edit, args=[points]) for points in (1, 2, 3, 4)]
    for editor in editors:
        editor.start()
    for editor in editors:
        editor.join(20)
    assert len(outcomes) == 4
    with acting_for(luna, by=MARA):
        numbers = sorted(row.number for row in queries.history())
        assert numbers == list(range(1, len(numbers) + 1))
        assert sorted(found for found in outcomes if isinstance(found, int)) == numbers
        assert queries.in_force().number == numbers[-1]
