"""The first calls and how to verify a webhook, in four languages, ready to copy.

What a shop's own page shows works as it stands: its address, its currency and what it has are in it. The secret is
not: it is read from the environment.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string

LANGUAGES = (("curl", "curl"), ("python", "Python"), ("php", "PHP"), ("js", "JavaScript"))
"""Names in addresses and ids, and as people say them; the same in every language."""

_VERIFY = {
    "curl": "api/verify/shell.txt",
    "python": "api/verify/python.txt",
    "php": "api/verify/php.txt",
    "js": "api/verify/javascript.txt",
}


@dataclass(frozen=True, slots=True)
class Call:
    """One request to the API. `key` is its Idempotency-Key."""

    method: str
    url: str
    body: dict[str, Any] | None = None
    key: str = ""


def _curl(call: Call) -> str:
    lines = [f'curl "{call.url}"', '  -H "Authorization: Bearer $LOYALTY_KEY"']
    if call.key:
        lines.append(f'  -H "Idempotency-Key: {call.key}"')
    if call.body is not None:
        lines += ['  -H "Content-Type: application/json"', f"  -d '{json.dumps(call.body, indent=2)}'"]
    return " \\\n".join(lines)


def _python(call: Call) -> str:
    head = '    headers={"Authorization": "Bearer " + os.environ["LOYALTY_KEY"]'
    if call.key:
        head += f', "Idempotency-Key": "{call.key}"'
    body = f",\n    json={_indented(repr_python(call.body), 4)}" if call.body is not None else ""
    return (
        "import os\nimport requests\n\n"
        f'answer = requests.{call.method.lower()}(\n    "{call.url}",\n{head}}}{body},\n    timeout=10,\n)\n'
        "print(answer.status_code, answer.json())"
    )


def repr_python(value: Any) -> str:
    """JSON as Python writes it; what is in our examples is neither null nor a truth value."""
    return json.dumps(value, indent=4)


def _php(call: Call) -> str:
    heads = ["'Authorization: Bearer ' . getenv('LOYALTY_KEY')"]
    if call.key:
        heads.append(f"'Idempotency-Key: {call.key}'")
    if call.body is not None:
        heads.append("'Content-Type: application/json'")
    lines = [f"$call = curl_init('{call.url}');", "curl_setopt_array($call, ["]
    lines += ["    CURLOPT_RETURNTRANSFER => true,", "    CURLOPT_TIMEOUT => 10,"]
    lines += ["    CURLOPT_HTTPHEADER => [", *(f"        {head}," for head in heads), "    ],"]
    if call.body is not None:
        lines.append(f"    CURLOPT_POSTFIELDS => json_encode({_indented(_php_value(call.body), 4)}),")
    return "\n".join(["<?php", *lines, "]);", "echo curl_exec($call);"])


def _php_value(value: Any, depth: int = 0) -> str:
    pad, end = "    " * (depth + 1), "    " * depth
    match value:
        case dict():
            inner = [f"{pad}'{key}' => {_php_value(one, depth + 1)}," for key, one in value.items()]
            return "\n".join(["[", *inner, f"{end}]"])
        case list():
            return "\n".join(["[", *(f"{pad}{_php_value(one, depth + 1)}," for one in value), f"{end}]"])
        case str():
            return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
    return str(value)


def _js(call: Call) -> str:
    heads = ['    "Authorization": `Bearer ${process.env.LOYALTY_KEY}`,']
    if call.key:
        heads.append(f'    "Idempotency-Key": "{call.key}",')
    if call.body is not None:
        heads.append('    "Content-Type": "application/json",')
    lines = [f'const answer = await fetch("{call.url}", {{', f'  method: "{call.method}",']
    lines += ["  headers: {", *heads, "  },"]
    if call.body is not None:
        lines.append(f"  body: JSON.stringify({_indented(json.dumps(call.body, indent=2), 2)}),")
    return "\n".join([*lines, "});", "console.log(answer.status, await answer.json());"])


def _indented(text: str, spaces: int) -> str:
    """All lines but the first moved in."""
    return text.replace("\n", "\n" + " " * spaces)


_WRITERS: dict[str, Callable[[Call], str]] = {"curl": _curl, "python": _python, "php": _php, "js": _js}


def in_all(call: Call, title: str) -> list[dict[str, str]]:
    """A call in every language: `lang`, `title` (with the language's name), `text`."""
    return [
        {"lang": lang, "title": f"{title} · {name}", "text": _WRITERS[lang](call)} for lang, name in LANGUAGES
    ]


def verification() -> list[dict[str, str]]:
    """How to verify a message, in every language."""
    return [
        {
            "lang": lang,
            "title": "Shell" if lang == "curl" else name,
            "text": render_to_string(_VERIFY[lang]).strip(),
        }
        for lang, name in LANGUAGES
    ]
