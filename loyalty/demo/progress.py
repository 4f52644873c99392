"""A progress line for work that takes minutes: how far, how fast, how much longer."""

import time
from typing import TextIO

_REPEAT_SECONDS = {True: 0.2, False: 5.0}
"""How often to say something: a terminal redraws one line, a log grows by one."""


class Progress:
    """Counts towards `total` on `out`: one line that redraws on a terminal, plain lines elsewhere.

    The rate is over the time since the first thing was counted, so that a start-up does not slow it.
    """

    def __init__(self, out: TextIO, total: int, *, what: str = "orders", width: int = 24) -> None:
        """`what` is the plural that is counted; `width` the bar's, in characters."""
        self.out, self.total, self.what, self.width = out, total, what, width
        self.live = out.isatty()
        self._began: float | None = None
        self._offset = 0
        self._said = 0.0

    def show(self, done: int, *, skipped: int = 0, beside: str = "") -> None:
        """Say how far it is, unless that was just said. `skipped` of `done` took no time."""
        now = time.monotonic()
        if self._began is None and done > skipped:
            self._began = now
            self._offset = done - skipped
        if now - self._said >= _REPEAT_SECONDS[self.live] and done < self.total:
            self._said = now
            self._write(self.line(done, skipped=skipped, now=now, beside=beside))

    def finish(self, text: str) -> None:
        """End with a sentence that stays."""
        self._write(text, last=True)

    def line(self, done: int, *, skipped: int, now: float, beside: str = "") -> str:
        """What `show` writes at `now` on the monotonic clock."""
        part = min(1.0, done / self.total) if self.total else 1.0
        filled = round(part * self.width)
        bar = "█" * filled + "░" * (self.width - filled)
        words = [f"{bar} {part:4.0%}", f"{done:,} of {self.total:,} {self.what}"]
        seconds = now - self._began if self._began is not None else 0.0
        worked = done - skipped - self._offset
        if seconds >= 0.5 and worked > 0:
            rate = worked / seconds
            words.append(f"{rate:,.0f} a second")
            words.append(f"{spoken((self.total - done) / rate)} left")
        return " · ".join([*words, beside] if beside else words)

    def _write(self, text: str, *, last: bool = False) -> None:
        if self.live:
            # Return to the line's start and clear what a longer line left behind.
            self.out.write(f"\r\x1b[2K{text}" + ("\n" if last else ""))
        else:
            self.out.write(text + "\n")
        self.out.flush()


def spoken(seconds: float) -> str:
    """8.2 → "8 s", 192 → "3 min 12 s"."""
    minutes, rest = divmod(max(0, round(seconds)), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
