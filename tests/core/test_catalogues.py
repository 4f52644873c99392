"""The product's words in its languages: none is missing where decisions are explained, none asks for what is not given."""

import os
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from django.conf import settings
from django.core.management import call_command
from django.utils import translation
from django.utils.translation import gettext, ngettext

from loyalty.core import catalogues
from loyalty.core.catalogues import LANGUAGES, Word

#: Where nothing may be untranslated: the words of the engine, of tiers, of stories and of rewards.
COMPLETE = ("members/rules/", "members/queries/", "rewards/queries/", "rewards/rules/")


@pytest.fixture(scope="module")
def words() -> list[Word]:
    return catalogues.words()


def test_every_language_offered_has_a_catalogue():
    assert {"en", *LANGUAGES} == {code for code, _name in settings.LANGUAGES}
    assert settings.LOCALE_PATHS == [catalogues.LOCALE]
    assert all(
        (catalogues.LOCALE / language / "LC_MESSAGES" / "django.po").exists() for language in LANGUAGES
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_words_of_the_engine_lack_no_translation(words: list[Word], language: str):
    ours = [word for word in words if word.path.startswith(COMPLETE)]
    assert len(ours) > 350
    lacking = [f"{word.path}: {word.id}" for word in catalogues.missing(ours, catalogues.catalogue(language))]
    assert not lacking, "\n".join(lacking)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_has_the_words_of_the_engine(words: list[Word], language: str):
    """Where this fails: `make messages`, then translate what came in. It also says how much is left elsewhere."""
    ours = [word for word in words if word.path.startswith(COMPLETE)]
    found = catalogues.stale(ours, catalogues.catalogue(language))
    lacking = [line for line in found if line.startswith("not in the catalogue")]
    assert not lacking, "\n".join(lacking)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_asks_for_the_values_that_the_code_gives(language: str):
    found = catalogues.misfits(catalogues.catalogue(language))
    assert not found, "\n".join(found)


@pytest.mark.parametrize("language", LANGUAGES)
def test_quotes_are_those_of_the_language(language: str):
    foreign = {"sv": "“«»", "nb": "“”", "nl": "«»"}[language]
    said = [message.string for message in catalogues.catalogue(language) if message.id]
    texts = [text for string in said for text in ([string] if isinstance(string, str) else string)]
    assert [text for text in texts if set(foreign) & set(text)] == []


# --- the checks can fail ------------------------------------------------------------------------------------------


def kept(**strings: str | tuple[str, str]) -> Catalog:
    found = Catalog(locale="sv")
    for word, string in strings.items():
        found.add(word if isinstance(string, str) else (word, f"{word}s"), string)
    return found


def test_a_word_without_a_translation_is_named():
    catalogue = kept(tree="träd", house="", day=("dag", ""))
    wanted = [Word("a.py", "tree"), Word("b.py", "house"), Word("c.py", ("day", "days")), Word("d.py", "car")]
    assert [word.path for word in catalogues.missing(wanted, catalogue)] == ["b.py", "c.py", "d.py"]
    assert catalogues.stale(wanted[:3], catalogue) == []
    assert catalogues.stale(wanted[1:], catalogue) == [
        "no longer in the code: tree",
        "not in the catalogue: car",
    ]


@pytest.mark.parametrize(
    ("original", "string", "fits"),
    [
        ("{amount} back", "{amount} tillbaka", True),
        ("{amount} back", "tillbaka", False),
        ("{amount} back", "{belopp} tillbaka", False),
        ("{amount} back", "{amount tillbaka", False),
        ("%(points)s left", "%(points)s kvar", True),
        ("%(points)s left", "%(poäng)s kvar", False),
        (("once", "{n} times"), ("en gång", "{n} gånger"), True),
        (("{n} day", "{n} days"), ("en dag", "{n} dagar"), True),
        (("once {when}", "{n} times {when}"), ("en gång", "{n} gånger {when}"), False),
        (("once", "{n} times"), ("en gång", "{antal} gånger"), False),
        (("{n} day", "{n} days"), ("{n} dag", "dagar"), False),
    ],
)  # fmt: skip
def test_a_place_that_is_missing_or_unknown_is_named(original, string, fits: bool):
    catalogue = Catalog(locale="sv")
    catalogue.add(original, string)
    assert (catalogues.misfits(catalogue) == []) is fits


def test_words_are_found_in_code_and_templates():
    code = 'from x import gettext as _\n_("One")\nngettext("{n} a", "{n} b", 2)\npgettext("till", "Close")\n'
    page = (
        '{% if x %}\n  {% translate "Two" %}\n{% endif %}\n{{ _("Three") }}\n'
        "{% blocktranslate with name=y.z %}Hi {{ name }}{% endblocktranslate %}\n"
        "{% blocktranslate count n=3 %}{{ n }} day{% plural %}{{ n }} days{% endblocktranslate %}"
    )
    assert [(word.id, word.context) for word in catalogues.words_in(code, "a.py")] == [
        ("One", None), (("{n} a", "{n} b"), None), ("Close", "till"),
    ]  # fmt: skip
    assert [word.id for word in catalogues.words_in(page, "a.html")] == [
        "Two", "Three", "Hi %(name)s", ("%(n)s day", "%(n)s days"),
    ]  # fmt: skip


def test_an_update_keeps_translations_and_drops_what_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    said = [Word("members/a.py", "tree"), Word("members/a.py", ("{n} day", "{n} days")), Word("b.py", "tree")]
    monkeypatch.setattr(catalogues, "words", lambda: said)
    assert catalogues.update(tmp_path) == {language: {"members": 2} for language in LANGUAGES}
    path = tmp_path / "sv" / "LC_MESSAGES" / "django.po"
    path.write_text(path.read_text().replace('msgid "tree"\nmsgstr ""', 'msgid "tree"\nmsgstr "träd"'))
    said[1:] = [Word("members/b.py", "apple")]
    assert catalogues.update(tmp_path) == {"nb": {"members": 2}, "nl": {"members": 2}, "sv": {"members": 1}}
    text = path.read_text()
    assert 'msgstr "träd"' in text and "day" not in text and text.index("apple") < text.index("tree")
    assert "a.py" not in text and "Date" not in text
    catalogues.update(tmp_path)
    assert path.read_text() == text


def test_only_what_is_stale_is_compiled(tmp_path: Path):
    call_command("compilemessages", verbosity=0)
    folder = tmp_path / "sv" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    po = folder / "django.po"
    po.write_text('msgid "tree"\nmsgstr "träd"\n')
    assert catalogues.compile_stale(tmp_path) == ["sv"]
    assert catalogues.compile_stale(tmp_path) == []
    later = (folder / "django.mo").stat().st_mtime_ns + 1
    os.utime(po, ns=(later, later))
    assert catalogues.compile_stale(tmp_path) == ["sv"]
    assert sorted(path.name for path in folder.iterdir()) == ["django.mo", "django.po"]


@pytest.mark.parametrize(
    ("language", "one", "many", "quoted"),
    [("sv", "1 dag", "2 dagar", "”Te” ger mer"), ("nb", "1 dag", "2 dager", "«Te» gir mer"), ("nl", "1 dag", "2 dagen", "“Te” geeft meer")],
)  # fmt: skip
def test_the_server_speaks_what_the_catalogue_says(language: str, one: str, many: str, quoted: str):
    with translation.override(language):
        assert [ngettext("{n} day", "{n} days", n).format(n=n) for n in (1, 2)] == [one, many]
        assert gettext("“{winner}” gives more").format(winner="Te") == quoted
