"""The OpenAPI document: whole, true to the endpoints, and pages that show it."""

import json

import msgspec
import pytest
from django.test import Client

from loyalty.core.api import errors
from loyalty.web.api import Generator
from tests.api.test_rights import ALL, operations


@pytest.fixture(scope="module")
def document():
    return json.loads(json.dumps(Generator().get_schema(request=None, public=True), default=str))


def test_every_operation_is_in_it_once(document):
    assert document["openapi"].startswith("3.1")
    written = {
        (method.upper(), path.removeprefix("/api/v1/"))
        for path, methods in document["paths"].items()
        for method in methods
    }
    assert written == {(method, address) for method, address, _spec in operations()}
    identifiers = [one["operationId"] for methods in document["paths"].values() for one in methods.values()]
    assert len(set(identifiers)) == len(identifiers)
    assert {"join_member", "record_order", "reserve_reward", "commit_redemption"} <= set(identifiers)


def test_every_reference_leads_somewhere(document):
    text = json.dumps(document)
    names = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert names == names & set(document["components"]["schemas"])
    assert all("." not in name for name in document["components"]["schemas"]), "two shapes have the same name"
    assert "(?!" not in text, "patterns are written for every language"


@pytest.mark.parametrize(("method", "address", "spec"), ALL)
def test_examples_are_true(method, address, spec):
    if spec.example is not None:
        msgspec.convert(spec.example, spec.body, strict=True)


def test_times_say_that_they_are_times(document):
    order = document["components"]["schemas"]["NewOrder"]["properties"]
    assert order["placed_at"]["format"] == "date-time"
    assert order["lines"]["maxItems"] == 500


def test_what_moves_value_asks_for_a_key(document):
    merge = document["paths"]["/api/v1/members/{id}/merge"]["post"]
    (key,) = [one for one in merge["parameters"] if one["in"] == "header"]
    assert (key["name"], key["required"]) == ("Idempotency-Key", True)


@pytest.mark.django_db
def test_anyone_may_read_the_document_in_both_notations():
    answer = Client().get("/api/v1/schema", headers={"Accept": "application/json"})
    assert answer.status_code == 200
    assert json.loads(answer.content)["info"]["title"] == "Loyalty API"
    assert b"openapi: 3.1" in Client().get("/api/v1/schema", headers={"Accept": "application/yaml"}).content


@pytest.mark.django_db
def test_the_documentation_needs_no_inline_code_and_no_other_host(settings):
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    page = Client().get("/api/docs")
    text = page.content.decode()
    assert page.status_code == 200
    assert "<style" not in text
    assert "style=" not in text
    assert "http://" not in text
    assert "https://" not in text
    scripts = text.split("<script")[1:]
    assert len(scripts) == 3
    assert all("></script>" in script for script in scripts)
    script = Client().get("/api/docs?script=")
    assert script.headers["Content-Type"].startswith("application/javascript")
    assert b"/api/v1/schema" in script.content


def test_every_code_is_stable_and_explained():
    """Two refusals may share a code only when they share its meaning and status."""
    by_code: dict = {}
    for kind in errors.kinds():
        by_code.setdefault(kind.code, set()).add(kind.status)
    assert all(len(statuses) == 1 for statuses in by_code.values()), by_code
    assert {"not_found", "invalid_input", "key_reused", "not_enough_points", "code_not_valid"} <= set(by_code)
