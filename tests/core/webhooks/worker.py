"""A worker process for tests: takes what happened out of the outbox and delivers it, until nothing is left or it is
killed. Started as `python -m tests.core.webhooks.worker`, with `HOLD` seconds to wait between sending and noting."""

import os
import time

import django

django.setup()

from loyalty.core.events import tasks as events  # noqa: E402 - needs the apps to be loaded
from loyalty.core.webhooks import tasks  # noqa: E402


def main() -> None:
    """Work until there is nothing more."""
    hold, settle = float(os.environ.get("HOLD", "0")), tasks.settle
    if hold:
        # What was sent and is not noted yet is what a kill leaves in doubt: make that moment long.
        def slowly(*args: object, **kwargs: object) -> None:
            time.sleep(hold)
            settle(*args, **kwargs)  # type: ignore[arg-type]

        tasks.settle = slowly  # type: ignore[assignment]
    events.dispatch_waiting()
    while tasks.deliver(seconds=600)[0]:
        pass


if __name__ == "__main__":
    main()
