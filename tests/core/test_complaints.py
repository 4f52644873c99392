"""What rules say about a field that cannot be used is said in the reader's language, numbers and all."""

import ast
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from django.utils import translation

from loyalty.core.catalogues import ROOT
from loyalty.core.complaints import in_words, is_known
from loyalty.core.errors import InvalidInput

#: What may stand at a place of a sentence.
FILLERS = ("7", "rules", "rule", "tier", "points", "SEK", "how many per cent", "how many hours before")


def _sentences(node: ast.expr) -> list[str]:
    """A sentence as it is written, or all that an f-string may become; nothing for other texts."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value] if node.value[:1].isupper() and node.value.endswith(".") else []
    if not isinstance(node, ast.JoinedStr):
        return []
    parts: list[tuple[str, ...]] = []
    for part in node.values:
        if isinstance(part, ast.Constant):
            parts.append((str(part.value),))
        elif isinstance(part, ast.FormattedValue) and isinstance(part.value, ast.IfExp):
            parts.append(tuple(ast.literal_eval(each) for each in (part.value.body, part.value.orelse)))
        else:
            parts.append(FILLERS)
    texts = ["".join(each) for each in product(*parts)]
    return texts if texts[0][:1].isupper() and texts[0].endswith(".") else []


def complaints_of(path: Path) -> Iterator[list[str]]:
    """Each complaint of a file, with everything it may say: `(field, sentence)` and what `InvalidInput` is given."""
    in_rules = "rules" in path.parts or "programme" in path.parts or "operations" in path.parts
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Tuple) and len(node.elts) == 2 and in_rules:
            yield _sentences(node.elts[1])
        elif (
            isinstance(node, ast.Call) and ast.unparse(node.func) == "InvalidInput.of" and len(node.args) > 1
        ):
            yield _sentences(node.args[1])
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value == "message":
                    yield _sentences(value)


def test_every_complaint_has_its_words():
    """Where this fails: add the sentence to `loyalty.core.complaints.SENTENCES`, then `make messages`."""
    files = [
        path
        for app in ("loyalty", "members", "rewards")
        for path in (ROOT / app).rglob("*.py")
        if "migrations" not in path.parts and path.name != "complaints.py"
    ]
    found = [(path, texts) for path in files for texts in complaints_of(path) if texts]
    assert len(found) > 150
    unknown = {
        f"{path.relative_to(ROOT)}: {texts[0]}" for path, texts in found if not any(map(is_known, texts))
    }
    assert not unknown, "\n".join(sorted(unknown))


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "Give a whole number from 1 to 1,000,000."),
        ("sv", "Ange ett heltal från 1 till 1\u00a0000\u00a0000."),
        ("nl", "Geef een heel getal van 1 tot 1.000.000."),
    ],
)
def test_numbers_are_written_as_the_language_writes_them(language: str, sentence: str):
    with translation.override(language):
        assert in_words("Give a whole number from 1 to 1,000,000.") == sentence


def test_bad_input_is_complained_about_in_the_language_of_the_reader():
    with translation.override("sv"):
        refused = InvalidInput.of("earning.rules[0].name", "At most 120 characters.")
    assert refused.errors == [
        {"field": "earning.rules[0].name", "code": "invalid", "message": "Högst 120 tecken."}
    ]


@pytest.mark.parametrize(
    "text", ["Nobody has said this yet.", "", "x" * 5000, "At most \n characters, and more."]
)
def test_what_is_not_known_is_shown_as_it_is(text: str):
    with translation.override("sv"):
        assert in_words(text) == text


def test_a_complaint_without_words_is_found(tmp_path: Path):
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "odd.py").write_text(
        'found = [("a", "Be odd."), ("b", f"At most {n} rules."), ("c", "no sentence")]'
    )
    texts = [each for each in complaints_of(rules / "odd.py") if each]
    assert [any(map(is_known, each)) for each in texts] == [False, True]
