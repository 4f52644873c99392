"""What a page says: its texts, and which of them are in the wrong language.

Two honest ways to find English where another language is meant. A text that is the same in English and in the other
language is either data (a name, a code), a word that both languages share, or it was never marked for translation. And
a text with words of the catalogue's English in it was marked but came out untranslated.
"""

import re
from functools import cache
from html.parser import HTMLParser

from django.http import HttpResponse

from loyalty.core import catalogues

_SPOKEN = ("aria-label", "title", "placeholder", "alt", "data-label")
_SILENT = {"script", "style", "code", "pre", "time"}
_WORD = re.compile(r"[^\W\d_]{3,}")
_CODE = re.compile(r"[A-Z0-9]{4}(?:-[A-Z0-9]{4})+|(?:mbr|ord|rwd)_\w+|lk_\w+")
_PLACE = re.compile(r"%\(\w+\)s|\{\w*\}|<[^>]*>")
_VOID = {
    "area",
    "base",
    "br",
    "col",
    "hr",
    "img",
    "input",
    "link",
    "meta",
    "source",
    "wbr",
    "path",
    "rect",
    "circle",
}


class _Listener(HTMLParser):
    """Hears a page, but for what is no prose and for parts that say they are in a language of their own, like a preview
    for members."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, bool]] = []  # elements, and whether what is in them is heard
        self.said: set[str] = set()

    @property
    def _hears(self) -> bool:
        return all(heard for _tag, heard in self.open)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        heard = tag not in _SILENT and (tag == "html" or "lang" not in dict(attrs))
        if self._hears and (heard or tag in _SILENT):
            self.said |= {" ".join(value.split()) for name, value in attrs if name in _SPOKEN and value}
        if tag not in _VOID:
            self.open.append((tag, heard))

    def handle_endtag(self, tag: str) -> None:
        if tag in (name for name, _heard in self.open):
            while self.open.pop()[0] != tag:
                pass

    def handle_data(self, data: str) -> None:
        if data.strip() and self._hears:
            self.said.add(" ".join(data.split()))


def said(answer: HttpResponse) -> set[str]:
    """Everything that a page says in words: its texts, and the names that screen readers speak."""
    listener = _Listener()
    listener.feed(answer.content.decode())
    return {text for text in listener.said if _WORD.search(text)}


@cache
def _pairs(language: str) -> list[tuple[str, str]]:
    kept = catalogues.catalogue(language)
    found = []
    for message in kept:
        if message.id:
            originals = message.id if isinstance(message.id, (list, tuple)) else (message.id,)
            strings = message.string if isinstance(message.string, (list, tuple)) else (message.string,)
            found += [
                (" ".join(a.split()), " ".join(b.split())) for a, b in zip(originals, strings, strict=True)
            ]
    return found


def shared(language: str) -> set[str]:
    """Texts that are written alike in English and in a language."""
    return {english for english, other in _pairs(language) if english == other}


def _pattern(text: str) -> re.Pattern[str]:
    """What a sentence looks like once its places are filled."""
    return re.compile(".+?".join(map(re.escape, _PLACE.split(text))))


def unmarked(english: set[str], other: set[str], language: str, data: set[str]) -> list[str]:
    """What a page says alike in English and in another language, though it is no sentence of that language."""
    alike = [text for text in english & other if not _made_of(text, data)]
    return sorted(
        text for text in alike if not any(pattern.fullmatch(text) for pattern in _shared_patterns(language))
    )


@cache
def _shared_patterns(language: str) -> list[re.Pattern[str]]:
    return [_pattern(text) for text in shared(language) if _WORD.search(_PLACE.sub("", text))]


def _made_of(text: str, data: set[str]) -> bool:
    """Whether nothing but data is left: names with digits, codes and such between them."""
    for name in sorted(data, key=len, reverse=True):
        text = text.replace(name, " ")
    return not _WORD.search(_CODE.sub(" ", text))


def left_in_english(texts: set[str], language: str, data: set[str]) -> list[str]:
    """The texts that are words of the catalogue's English, filled or not, which the language says otherwise."""
    whole, filled = _marked(language)
    return sorted(
        text
        for text in texts
        if text not in data and (text in whole or any(pattern.fullmatch(text) for pattern in filled))
    )


@cache
def _marked(language: str) -> tuple[set[str], list[re.Pattern[str]]]:
    """English texts that the language says otherwise, and what those of several words look like once they are filled."""
    pairs = _pairs(language)
    ours = {other for _english, other in pairs}
    whole = {english for english, other in pairs if english != other} - ours
    return whole, [_pattern(text) for text in whole if len(_WORD.findall(_PLACE.sub(" ", text))) > 1]
