"""Stories are played on pages as they are served in tests: plain static files, a cache of their own."""

import pytest

from loyalty.core import clock
from tests.stories.campaigns.played import SATURDAY, Calendar
from tests.web.portal.conftest import _ready  # noqa: F401


@pytest.fixture
def calendar(monkeypatch: pytest.MonkeyPatch) -> Calendar:
    """It is Saturday morning."""
    wall = Calendar(SATURDAY)
    monkeypatch.setattr(clock, "now", wall.now)
    return wall
