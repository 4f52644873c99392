"""Time zones as people choose them."""

from functools import cache
from zoneinfo import available_timezones

_ELSEWHERE = ("Etc", "SystemV", "US", "Canada", "Brazil", "Chile", "Mexico")


@cache
def zones() -> list[tuple[str, str]]:
    """The world's time zones by place: "Europe/Stockholm" reads "Europe/Stockholm", "America/New_York" with a space."""
    names = [
        name for name in available_timezones() if "/" in name and name.partition("/")[0] not in _ELSEWHERE
    ]
    return [(name, name.replace("_", " ")) for name in sorted([*names, "UTC"])]
