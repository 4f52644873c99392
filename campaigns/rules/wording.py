"""A shop's own words with placeholders in braces. Plain text with a fixed list of names: nothing in it is run. Pure."""

import re
from collections.abc import Collection, Mapping

MOST_SUBJECT = 120
MOST_BODY = 8000
_HOLE = re.compile(r"\{([a-z_]{1,30})\}")
_SPACES = re.compile(r"[ \t]{2,}")


def unknown(text: str, known: Collection[str]) -> list[str]:
    """Placeholders in a text that mean nothing there, each once, in the order in which they stand."""
    return list(dict.fromkeys(name for name in _HOLE.findall(text) if name not in known))


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with its placeholders filled; one without a value leaves nothing. Values are put in as they are and not
    looked at again, so that a name with braces stays a name."""
    return _SPACES.sub(" ", _HOLE.sub(lambda hole: values.get(hole[1], ""), text)).strip()


def one_line(text: str) -> str:
    """A text as a subject: on one line, so that nothing in it can become a header."""
    return " ".join(text.split())


def paragraphs(text: str) -> list[str]:
    """The paragraphs of a text: what blank lines divide."""
    return [part.strip() for part in re.split(r"\n\s*\n", text.replace("\r\n", "\n")) if part.strip()]
