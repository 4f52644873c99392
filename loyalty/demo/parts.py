"""Loading in two processes beside each other, and telling how far they are.

Imports nothing that needs Django: a fresh process reads this module before it has set Django up.
"""

import multiprocessing
import os
import threading
import time
from dataclasses import dataclass
from datetime import date
from multiprocessing.connection import wait
from typing import Any, TextIO

from loyalty.demo.progress import Progress, spoken

PARTS = 2
"""Fixed, not the number of cores: months are marked as done by part."""

JOINED, PASSED, SKIPPED, REDEEMED = range(4)
"""Places in a part's tally: members joined; receipts read; of those, not recorded now; redemptions made."""


class NotLoaded(RuntimeError):
    """The history could not be loaded to its end. What was committed stays; starting again continues."""


@dataclass(frozen=True, slots=True)
class Work:
    """What there is to load: `size` is a key of `load.SIZES`, `skip` the households to leave alone."""

    merchant: int
    size: str
    last_day: date
    skip: frozenset[str]


def load_in_parts(work: Work, total: int, out: TextIO) -> tuple[int, int]:
    """Run the parts beside each other, `total` receipts in all, with progress on `out`.

    Returns how many orders were recorded and how many redemptions made. Raises `NotLoaded`.
    """
    context = multiprocessing.get_context("spawn")
    tallies = [context.Array("q", 4) for _part in range(PARTS)]
    processes = [
        context.Process(target=_in_process, args=(work, part, tallies[part]), daemon=True)
        for part in range(PARTS)
    ]
    progress = Progress(out, total)
    began = time.monotonic()
    for process in processes:
        process.start()
    try:
        while any(process.is_alive() for process in processes):
            sums = _sums(tallies)
            beside = "" if sums[PASSED] else f"{sums[JOINED]:,} members joined"
            progress.show(sums[PASSED], skipped=sums[SKIPPED], beside=beside)
            _still_well(processes)
            time.sleep(0.1)
        _still_well(processes)
    finally:
        for process in processes:
            process.terminate()
            process.join(10)
    sums, seconds = _sums(tallies), time.monotonic() - began
    new = sums[PASSED] - sums[SKIPPED]
    progress.finish(
        f"{sums[JOINED]:,} members, {new:,} orders and {sums[REDEEMED]:,} redemptions loaded in "
        f"{spoken(seconds)} ({new / seconds:,.0f} orders a second)."
    )
    return new, sums[REDEEMED]


def _sums(tallies: list[Any]) -> list[int]:
    return [sum(place) for place in zip(*(tally[:] for tally in tallies), strict=True)]


def _still_well(processes: list[Any]) -> None:
    if any(process.exitcode for process in processes):
        raise NotLoaded("A loading process ended with an error; see above. Start again to continue.")


def _in_process(work: Work, part: int, tally: Any) -> None:
    """A loading process's whole life. Django is set up anew: nothing is shared with the parent."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "loyalty.settings")
    import django

    django.setup()
    from loyalty.demo.load import load_part

    try:
        load_part(work, part, tally)
    except KeyboardInterrupt:
        raise SystemExit(130) from None


def _end_with_parent() -> None:
    """However the parent ends, killed even: a part that goes on alone would meet the next start's."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)  # at once: the database undoes the transaction that was open
