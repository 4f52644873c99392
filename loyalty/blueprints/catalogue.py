"""The blueprints there are: the files beside this module, read once."""

from functools import cache
from pathlib import Path

import msgspec

from loyalty.blueprints.shape import Blueprint
from loyalty.core.errors import NotFound

FILES = Path(__file__).parent / "files"


@cache
def blueprints() -> tuple[Blueprint, ...]:
    """All of them, by the number of their model."""
    read = msgspec.json.Decoder(Blueprint).decode
    found = [read(path.read_bytes()) for path in FILES.glob("*.json")]
    return tuple(sorted(found, key=lambda one: (int(one.model.removeprefix("P")), one.id)))


def blueprint(name: str) -> Blueprint:
    """One by its id; `NotFound` otherwise."""
    for one in blueprints():
        if one.id == name:
            return one
    raise NotFound("blueprint")
