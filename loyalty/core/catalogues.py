"""The product's words in its languages: what stands in the code, what is translated, and what the server reads.

`loyalty/locale/<language>/LC_MESSAGES/django.po` is written by people and kept; `django.mo` beside it is made from it
and is not. All of it by Babel: a fresh machine has no gettext tools. Entries are sorted and carry no line numbers, so a
change of the code changes a catalogue only where words changed.
"""

import os
import re
import string
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parents[2]
LOCALE = ROOT / "loyalty" / "locale"
LANGUAGES = ("nb", "nl", "sv")
"""The languages that have a catalogue: all but English, which stands in the code."""

_KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
_SOURCES = ("loyalty", "members", "rewards", "campaigns", "analytics", "templates")
_PERCENT_NAME = re.compile(r"%\((\w+)\)s")
#: Headers that change with every run or say nothing.
_NOISE = re.compile(
    r'^"(?:Project-Id-Version|Report-Msgid-Bugs-To|POT-Creation-Date|PO-Revision-Date|Last-Translator'
    r"|Language-Team|Generated-By):.*\n",
    re.MULTILINE,
)
_HEADER = "# {language} words of the product. `make messages` brings the entries up to date with the code."

type Id = str | tuple[str, str]


@dataclass(frozen=True, slots=True)
class Word:
    """Words in the code: the file they stand in (from the project's root), and both forms of what is counted."""

    path: str
    id: Id
    context: str | None = None


def words_in(text: str, path: str) -> Iterator[Word]:
    """What a Python file or a template asks to have translated."""
    if not path.endswith(".py"):
        # Django turns a template into calls; their indentation means nothing.
        text = "\n".join(line.lstrip() for line in templatize(text).splitlines())
    for _line, found, _comments, context in extract("python", BytesIO(text.encode()), _KEYWORDS):
        if found:
            yield Word(path, found if isinstance(found, str) else (found[0], found[1]), context)


def words() -> list[Word]:
    """Everything in the product that asks to be translated, file by file."""
    found: list[Word] = []
    for source in _SOURCES:
        for path in sorted((ROOT / source).rglob("*")):
            if path.suffix in {".py", ".html", ".txt"} and "migrations" not in path.parts:
                found += words_in(path.read_text(), path.relative_to(ROOT).as_posix())
    return found


def catalogue(language: str, where: Path = LOCALE) -> Catalog:
    """The words of a language as they are kept; an empty catalogue for one that has none."""
    path = _po(language, where)
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def missing(words: Iterable[Word], kept: Catalog) -> list[Word]:
    """The words that a catalogue lacks, or has without a translation of every form."""
    return [word for word in words if not _complete(kept.get(_key(word.id), word.context))]


def stale(words: Iterable[Word], kept: Catalog) -> list[str]:
    """What differs between a catalogue's entries and all words of the code, one line each."""
    wanted = {(_key(word.id), word.context) for word in words}
    found = {(_key(message.id), message.context) for message in kept if message.id}
    lines = [f"not in the catalogue: {key}" for key, _context in wanted - found]
    return sorted(lines + [f"no longer in the code: {key}" for key, _context in found - wanted])


def misfits(kept: Catalog) -> list[str]:
    """Translations whose {places} or %(places)s are not those of the original, one line each."""
    lines = []
    for message in kept:
        if not message.id or not _complete(message):
            continue
        originals = _forms(message.id)
        given = set().union(*map(places, originals))  # nothing may ask for what the code does not give
        for index, text in enumerate(_forms(message.string)):
            needed = places(originals[min(index, len(originals) - 1)])
            if len(originals) > 1 and index == 0:
                needed -= {"n"}  # one of something may go without its number: "once a day"
            if not needed <= places(text) <= given:
                lines.append(f"{originals[0]!r} → {text!r}")
    return lines


def places(text: str) -> set[str]:
    """The places for values in a text; one that is not well formed counts as a place of its own."""
    try:
        braces = {name for _text, name, _spec, _how in string.Formatter().parse(text) if name is not None}
    except ValueError:
        braces = {text}
    return braces | set(_PERCENT_NAME.findall(text))


def update(where: Path = LOCALE) -> dict[str, dict[str, int]]:
    """Bring the catalogues up to date with the code: new words come in untranslated, what the code no longer says goes.
    Returns for each language how many words it lacks, by the folder they stand in."""
    found, lacking = words(), {}
    found_once = {(word.id, word.context): word for word in reversed(found)}.values()
    for language in LANGUAGES:
        kept, new = catalogue(language, where), Catalog(locale=language)
        for word in found:
            old = kept.get(_key(word.id), word.context)
            same = old is not None and len(_forms(old.id)) == len(_forms(word.id))
            message = new.add(word.id, old.string if old and same else None, context=word.context)
            message.flags.discard("python-format")
            message.flags.discard("python-brace-format")
        _write(new, _po(language, where))
        folders = Counter("/".join(word.path.split("/")[:-1][:3]) for word in missing(found_once, new))
        lacking[language] = dict(folders.most_common())
    return lacking


def compile_stale(where: Path = LOCALE) -> list[str]:
    """Make django.mo from each django.po that is newer, and return the languages that it was made for."""
    made = []
    for po in sorted(where.glob("*/LC_MESSAGES/django.po")):
        mo, language = po.with_suffix(".mo"), po.parent.parent.name
        if mo.exists() and mo.stat().st_mtime_ns > po.stat().st_mtime_ns:
            continue
        # Several runs may find it old at once; none of them reads half a file.
        fresh = mo.with_suffix(f".{os.getpid()}")
        with fresh.open("wb") as file:
            write_mo(file, catalogue(language, where))
        fresh.replace(mo)
        made.append(language)
    return made


def _po(language: str, where: Path) -> Path:
    return where / language / "LC_MESSAGES" / "django.po"


def _key(text: str | tuple[str, ...] | list[str]) -> str:
    return text if isinstance(text, str) else text[0]


def _forms(text: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text or ())


def _complete(message: Message | None) -> bool:
    return message is not None and bool(message.string) and all(_forms(message.string))


def _write(new: Catalog, path: Path) -> None:
    new.header_comment = _HEADER.format(language=str(new.locale.get_display_name("en")))
    new.fuzzy = False
    file = BytesIO()
    write_po(file, new, width=110, no_location=True, sort_output=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_NOISE.sub("", file.getvalue().decode()))
