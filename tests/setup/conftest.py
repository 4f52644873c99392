"""Nothing has been collected and hashed when tests run."""

from tests.web.office.conftest import _plain_static_files  # noqa: F401 - a fixture for every test here
