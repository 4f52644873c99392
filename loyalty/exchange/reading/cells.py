"""Cells that no spreadsheet runs.

The rule: a text that begins with = + - @, a tab or a line break (after any number of apostrophes) gets one apostrophe
before it when it is written, and loses one when it is read. So nothing that somebody typed becomes a formula, and what
was exported comes back exactly as it was. Numbers are written as numbers and stay as they are.
"""

import re

_RISKY = re.compile(r"'*[=+\-@\t\r\n]")
_PROTECTED = re.compile(r"''*[=+\-@\t\r\n]")


def protected(text: str) -> str:
    """A text as a cell of a file that goes out."""
    return f"'{text}" if _RISKY.match(text) else text


def plain(cell: str) -> str:
    """What a cell of a file that comes in says."""
    return cell[1:] if _PROTECTED.match(cell) else cell
