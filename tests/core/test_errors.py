"""Errors for people: a stable code, a sentence that helps, and nothing that tells the absent from the forbidden."""

import importlib
import pkgutil
import re
from collections.abc import Iterator

import pytest
from django.utils import translation

import loyalty.core
import members
import rewards
from loyalty.core.errors import Busy, DomainError, Forbidden, InvalidInput, KeyReused, NotFound
from loyalty.core.ledger.operations import NotEnoughPoints


def every_error() -> list[type[DomainError]]:
    """All refusals of the house."""
    for package in (loyalty.core, members, rewards):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if ".migrations" not in found.name and ".management" not in found.name:
                importlib.import_module(found.name)

    def below(kind: type[DomainError]) -> Iterator[type[DomainError]]:
        for child in kind.__subclasses__():
            if child.__module__.startswith(("loyalty", "members", "rewards")):
                yield child
                yield from below(child)

    return sorted(set(below(DomainError)), key=lambda kind: kind.__qualname__)


def test_codes_are_stable_words_and_belong_to_one_error() -> None:
    codes: dict[str, list[str]] = {}
    for kind in every_error():
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*", kind.code), kind
        if "code" in vars(kind):
            codes.setdefault(kind.code, []).append(kind.__qualname__)
    assert {code: kinds for code, kinds in codes.items() if len(kinds) > 1} == {}


def test_every_error_has_a_sentence_and_a_status_of_its_kind() -> None:
    for kind in every_error():
        assert str(kind.message).endswith((".", "”", "?", "}")), kind
        assert 400 <= kind.status < 600, kind


def test_the_sentence_is_filled_with_what_is_known() -> None:
    refusal = NotEnoughPoints(needed=100, available=40)
    assert str(refusal) == "40 of the 100 needed are available."
    assert refusal.params == {"needed": 100, "available": 40}


def test_what_somebody_sent_is_never_read_as_a_format() -> None:
    assert "{__class__}" in str(NotFound("{__class__}"))


def test_the_language_is_the_readers_and_not_the_raisers() -> None:
    with translation.override("sv"):
        refusal = KeyReused()
    with translation.override("en"):
        assert str(refusal).startswith("This key was already used")


def test_bad_input_names_each_field() -> None:
    refusal = InvalidInput.of("lines[0].sku", "Too long.")
    assert refusal.errors == [{"field": "lines[0].sku", "code": "invalid", "message": "Too long."}]
    assert (refusal.status, Busy().status, Forbidden().status, NotFound().status) == (400, 409, 403, 404)


@pytest.mark.parametrize("field", [None, "amount"])
def test_an_error_can_be_about_a_field(field: str | None) -> None:
    assert KeyReused(field=field).field == field
