"""A worker process for tests: hands over what is due until nothing is left or it is killed. `AHEAD` seconds are added to
its clock, so that it finds the leases of a dead one over; `PROMISE_EARLY` makes it note a message as sent before it is."""

import os
import time
from datetime import timedelta

import django

django.setup()

from campaigns.models import Message  # noqa: E402 - needs the apps to be loaded
from campaigns.operations import sending  # noqa: E402
from loyalty.core import clock  # noqa: E402
from loyalty.core.tenancy.scope import SYSTEM, acting_for  # noqa: E402


def main() -> None:
    """Work until there is nothing more."""
    if os.environ.get("PROMISE_EARLY"):
        hand_over = sending.hand_over

        def promised(**given: object) -> int:
            for one in given["claims"]:  # type: ignore[attr-defined]
                with acting_for(one.merchant, by=SYSTEM):
                    Message.objects.filter(pk=one.message).update(due_at=clock.now() + timedelta(days=9))
            return hand_over(**given)  # type: ignore[arg-type]

        sending.hand_over = promised  # type: ignore[assignment]
    at = clock.now() + timedelta(seconds=float(os.environ.get("AHEAD", "0")))
    while sending.deliver(seconds=600, at=at)[0]:
        time.sleep(0)


if __name__ == "__main__":
    main()
