"""Consumers that tests register, in this process or in a worker's: what they did is left in locations."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

from loyalty.core import ids
from loyalty.core.events import consumers
from loyalty.core.events.models import Event
from loyalty.core.merchants.models import Location

NAME = f"{__name__}.remember"


def remember(event: Event) -> None:
    """Leave one row for each time it ran; waits or dies on the way when the event asks for it."""
    Location.objects.create(code=ids.new().hex, name=f"event {event.pk}")
    if event.data.get("slow"):
        time.sleep(event.data["slow"])
    if event.data.get("deadly") and os.environ.get("DEADLY"):
        os.kill(os.getpid(), signal.SIGKILL)


@contextmanager
def registered(*functions: consumers.Consumer, now: tuple[consumers.Consumer, ...] = ()) -> Iterator[None]:
    """Register consumers of `test.*` for after commit, and of `test.now` for inside the transaction."""
    for function in functions:
        consumers.consumes("test.*")(function)
    for function in now:
        consumers.consumes_now("test.now")(function)
    try:
        yield
    finally:
        for function in functions:
            consumers._after_commit["test.*"].pop(consumers._name(function))
        for function in now:
            consumers._now["test.now"].remove(function)
