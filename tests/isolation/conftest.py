"""Crowded shops, in a database of their own."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from loyalty.core.tenancy.scope import acting_for
from tests.cast import MARA
from tests.isolation.crowd import Crowded, filled
from tests.isolation.crowding import connected_to, copied


@pytest.fixture(scope="session")
def crowd(django_db_setup: None, django_db_blocker: Any) -> Iterator[Crowded]:
    """Two crowded shops, made once: copying their database takes a moment, and filling it ten seconds."""
    usual = connection.settings_dict["NAME"]
    with copied(os.environ["TEST_DATABASE_MADE"], f"{usual}_crowd") as database, django_db_blocker.unblock():
        with connected_to(database):
            made = [filled(slug) for slug in ("luna", "ottos")]
        yield Crowded(database, *made[-1])


@pytest.fixture
def crowded(transactional_db: None, crowd: Crowded) -> Iterator[Crowded]:
    with (
        copied(crowd.database, f"{crowd.database}_now") as database,
        connected_to(database),
        acting_for(crowd.merchant, by=MARA),
    ):
        yield crowd
