"""What every template keeps to: nothing the security policy blocks, nothing that only a script can reach, no
word that cannot be translated, nothing that is not there. Each rule is also shown something that breaks it.
"""

import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.template.loader import get_template

from loyalty.web.templatetags.ui import icon

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted(
    path
    for pattern in ("templates/**/*.html", "*/templates/**/*.html", "*/*/templates/**/*.html")
    for path in ROOT.glob(pattern)
    if ".venv" not in path.parts and ".data" not in path.parts
)
SCRIPTS = sorted(ROOT.glob("static/**/*.js"))
#: docs.css stands beside the stylesheet of the API's browser, which is not ours and knows no layers.
STYLES = sorted(path for path in ROOT.glob("static/**/*.css") if path.name != "docs.css")
NAMES = [str(path.relative_to(ROOT)) for path in TEMPLATES]
#: A mail brings its looks along, and mail programs know only tables: everything else holds for it, too.
LETTERS = (ROOT / "templates" / "messages", ROOT / "templates" / "account" / "email")
OF_PAGES_ONLY = {"a style attribute"}
PAGES = [path for path in TEMPLATES if not any(folder in path.parents for folder in LETTERS)]

_TAG = re.compile(r"<[a-zA-Z](?:\{%.*?%\}|\{\{.*?\}\}|\"[^\"]*\"|'[^']*'|[^>])*>", re.DOTALL)
_COMMENT = re.compile(r"\{% comment[^%]*%\}.*?\{% endcomment %\}|\{#.*?#\}|<!--.*?-->", re.DOTALL)
_TRANSLATED = re.compile(r"\{% blocktrans(?:late)?\b.*?\{% endblocktrans(?:late)? %\}", re.DOTALL)
_TEMPLATE_SYNTAX = re.compile(r"\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)

#: What `default-src 'self'` would block, and what htmx would drop or evaluate.
BLOCKED = {
    "a style attribute": re.compile(r"<[^>]*\sstyle\s*=", re.IGNORECASE),
    "a style element": re.compile(r"<style\b", re.IGNORECASE),
    "a script with a body": re.compile(
        r"<script\b(?![^>]*\btype=\"application/json\")[^>]*>\s*[^<\s]", re.IGNORECASE
    ),
    "an on… handler": re.compile(r"<[^>]*\son[a-z]+\s*=", re.IGNORECASE),
    "hx-on": re.compile(r"\bhx[-_]on\b", re.IGNORECASE),
    "a js: value": re.compile(r"=\s*[\"']\s*(?:js|javascript):", re.IGNORECASE),
    "a filter in hx-trigger": re.compile(r"hx[-_]trigger=(?:\"[^\"]*\[|'[^']*\[)"),
    # A page's own `title` or `link` would show in it.
    "a banner that sees the page's names": re.compile(
        r"include \"components/banner\.html\"(?!(?:(?!%\}).)* only %\})"
    ),
    "a foreign host": re.compile(r"\bhttps?://|(?:src|href|action)=[\"']//", re.IGNORECASE),
}

PLANTED = {
    "a style attribute": ['<p class="x" style="color: red">', "<p STYLE = 'x'>"],
    "a style element": ["<style>p {}</style>"],
    "a script with a body": ["<script>alert(1)</script>", '<script defer type="module">\n  import x'],
    "an on… handler": ['<button onclick="x()">', "<body\n  onload='x'>"],
    "hx-on": ['<p hx-on:click="x">', '<p hx-on="x">', '{% button hx_on="x" %}'],
    "a js: value": ["<p hx-vals='js:{a: 1}'>", '<a href="javascript:x">'],
    "a filter in hx-trigger": ['<p hx-trigger="click[ctrlKey]">', '{% button hx_trigger="keyup[key]" %}'],
    "a banner that sees the page's names": [
        '{% include "components/banner.html" with text=_("50 % only") %}'
    ],
    "a foreign host": ['<img src="https://cdn.example/x.png">', '<script src="//cdn.example/x.js"></script>'],
}

ALLOWED = [
    "<script src=\"{% static 'js/copy.js' %}\" defer></script>",
    '<script type="application/json" data-x="y">{"a": 1}</script>',
    '<p class="style" data-style="1" aria-label="on=1">',
    '<p hx-trigger="input changed delay:250ms">[optional]</p>',
    '<a href="/on/x" hx-get="/on/x">',
]


def source(path: Path) -> str:
    """A template without its comments, which may name what the page must not do."""
    return _COMMENT.sub("", path.read_text())


def words_left(text: str) -> list[str]:
    """Words a reader would meet that no translation reaches: between tags, or in an attribute read out."""
    text = _TRANSLATED.sub(" ", _COMMENT.sub(" ", text))
    text = re.sub(r"\{% block \w*class %\}.*?\{% endblock %\}", " ", text)
    tags = _TAG.findall(text)
    shown = [_TAG.sub(" ", re.sub(r"<(code|kbd|title)\b.*?</\1>", " ", text, flags=re.DOTALL))]
    for tag in tags:
        shown += re.findall(
            r"\s(?:placeholder|aria-label|title|alt)=\"((?:\{%.*?%\}|\{\{.*?\}\}|[^\"])*)\"", tag
        )
    plain = " ".join(_TEMPLATE_SYNTAX.sub(" ", part) for part in shown)
    plain = re.sub(r"</[a-z0-9]+>|<!doctype html>|&[a-z]+;", " ", plain, flags=re.IGNORECASE)
    return re.findall(r"[^\W\d_]{2,}", plain)


def links_without_href(text: str) -> list[str]:
    """Links that htmx follows and nobody else can."""
    tags = [tag for tag in _TAG.findall(text) if re.match(r"<a\s", tag)]
    return [tag for tag in tags if "hx-get" in tag and not re.search(r"\shref=", tag)]


def test_there_is_something_to_look_at():
    assert len(TEMPLATES) > 30
    assert len(STYLES) >= 10
    assert len(SCRIPTS) >= 5


@pytest.mark.parametrize("path", TEMPLATES, ids=NAMES)
def test_no_template_holds_what_the_browser_would_block(path: Path):
    text, excused = source(path), OF_PAGES_ONLY if path not in PAGES else set()
    found = {rule: seen for rule, pattern in BLOCKED.items() if (seen := pattern.findall(text))}
    assert found.keys() - excused == set()


@pytest.mark.parametrize("rule", BLOCKED)
def test_the_rule_sees_what_it_forbids(rule: str):
    assert [text for text in PLANTED[rule] if not BLOCKED[rule].search(text)] == []


@pytest.mark.parametrize("text", ALLOWED)
def test_no_rule_minds_what_is_allowed(text: str):
    assert [rule for rule, pattern in BLOCKED.items() if pattern.search(text)] == []


@pytest.mark.parametrize("path", TEMPLATES, ids=NAMES)
def test_what_htmx_follows_can_be_followed_without_it(path: Path):
    assert links_without_href(source(path)) == []


def test_a_link_only_for_htmx_is_seen():
    assert links_without_href('<a class="x" hx-get="/a">') == ['<a class="x" hx-get="/a">']
    assert (
        links_without_href('<a hx-get="{% url "x" %}"{% if a > b %} hx-target="#x"{% endif %} href="/a">')
        == []
    )


@pytest.mark.parametrize("path", TEMPLATES, ids=NAMES)
def test_every_word_can_be_translated(path: Path):
    allowed = {"Ctrl", "Esc", "CSV", "Excel", "Apple", "Google", "Wallet"}
    assert [word for word in words_left(path.read_text()) if word not in allowed] == []


def test_a_word_outside_translation_is_seen():
    assert words_left("<p>Hello {{ name }}</p>") == ["Hello"]
    assert words_left('<input placeholder="Search" value="{{ q }}">') == ["Search"]
    assert words_left('<p>{% translate "Hello" %}</p><img alt="{% translate "A cup" %}">') == []
    assert words_left("{% blocktranslate %}You have <b>{{ n }}</b> points{% endblocktranslate %}") == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_rows_stay_rows_when_a_table_turns_into_cards(path: Path):
    """Where CSS changes a table's display, only explicit roles keep it a table for screen readers."""
    rows = [tag for tag in _TAG.findall(source(path)) if re.match(r"<tr\b", tag)]
    assert [tag for tag in rows if 'role="row"' not in tag] == []


@pytest.mark.parametrize("path", TEMPLATES, ids=NAMES)
def test_every_template_compiles_and_every_file_it_links_exists(path: Path):
    parts = path.parts
    name = "/".join(parts[len(parts) - parts[::-1].index("templates") :])
    get_template(name)
    linked = re.findall(r"\{% static '([^']+)' %\}", path.read_text())
    assert [file for file in linked if finders.find(file) is None] == []


@pytest.mark.parametrize("path", TEMPLATES, ids=NAMES)
def test_every_icon_exists(path: Path):
    named = set(re.findall(r"\{% icon \"([a-z0-9-]+)\"|\bicon=\"([a-z0-9-]+)\"", path.read_text()))
    for one, other in named:
        assert icon(one or other).startswith("<svg")


@pytest.mark.parametrize("path", [*SCRIPTS, *STYLES], ids=lambda path: path.name)
def test_scripts_and_styles_ask_nobody_else_and_evaluate_nothing(path: Path):
    text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
    found = re.findall(
        r"https?://|@import|\burl\(|\beval\(|new Function|innerHTML|outerHTML|insertAdjacentHTML"
        r"|document\.write|setAttribute\(\"style\"",
        text,
    )
    assert found == []


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.name)
def test_every_rule_is_in_a_layer_and_every_value_has_a_name(path: Path):
    text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
    outside = re.sub(r"@layer [a-z, ]+;", "", text)
    depth, loose = 0, ""
    for character in outside:
        depth += (character == "{") - (character == "}")
        loose += character if depth == 0 else ""
    assert depth == 0
    assert re.sub(r"@layer [a-z]+ |\}|\s", "", loose) == ""
    defined = set(re.findall(r"(--[a-z0-9-]+):", "".join(sheet.read_text() for sheet in STYLES)))
    assert set(re.findall(r"var\((--[a-z0-9-]+)\s*\)", text)) - defined == set()


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.name)
def test_only_the_tokens_name_colours(path: Path):
    """A colour written anywhere else would not follow the theme, nor a merchant's brand."""
    text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
    named = [] if path.name == "tokens.css" else re.findall(r"#[0-9a-fA-F]{3,8}\b|\brgb\(", text)
    assert named == []
