"""A Celery application for tests: the product's own, with the consumers of the tests registered."""

import django

from loyalty.celery import app

django.setup()

from loyalty.core.events import consumers  # noqa: E402 - needs the apps to be loaded
from tests.core.events.reactions import remember  # noqa: E402

consumers.consumes("test.*")(remember)
__all__ = ["app"]
