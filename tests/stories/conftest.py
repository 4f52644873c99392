"""Stories are played on pages as they are served in tests: plain static files, a cache of their own."""

from tests.web.portal.conftest import _ready  # noqa: F401
