"""The only place that asks the machine what time it is.

Faces and tasks call `now()` once and pass the instant down as `at`; nothing below a face reads a clock, so
every rule and operation can be tested, rehearsed and replayed at any instant.
"""

from datetime import UTC, datetime


def now() -> datetime:
    """The present instant, aware, in UTC, with microseconds."""
    return datetime.now(UTC)
