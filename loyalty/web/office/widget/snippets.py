"""What a shop pastes to show the widget: the script's tag, and how its server says who is shopping."""

from html import escape
from typing import Any

from django.template.loader import render_to_string

from loyalty.core.widget.tokens import audience

LANGUAGES = (("php", "PHP"), ("python", "Python"), ("js", "JavaScript"))
"""Names in addresses and ids, and as people say them; the same in every language."""
_MINT = {
    "php": "office/widget/token/php.txt",
    "python": "office/widget/token/python.txt",
    "js": "office/widget/token/javascript.txt",
}


def tag(home: str, slug: str) -> str:
    """The script's tag. `home` is this server's origin."""
    return (
        f'<script src="{escape(home)}/widget.js?shop={escape(slug)}"\n'
        '        data-token-url="/loyalty-token" defer></script>'
    )


def policy(home: str) -> str:
    """What a page with a strict policy has to let in."""
    return f"Content-Security-Policy: script-src {home}; frame-src {home}"


def points() -> str:
    """How a page says what a product and its basket earn."""
    return (
        '<p data-loyalty-sku="coffee-250" data-loyalty-amount="89.00"></p>\n\n'
        '<script src="/basket.js" defer></script>\n\n'
        "// basket.js\n"
        'window.addEventListener("loyalty:ready", () => {\n'
        '  loyalty.basket({ lines: [{ sku: "coffee-250", amount: "178.00", quantity: "2" }] });\n'
        "});\n"
        'window.addEventListener("loyalty:code", (event) => {\n'
        '  document.querySelector("#discount-code").value = event.detail.code;\n'
        "});"
    )


def minting(slug: str, site: str) -> list[dict[str, Any]]:
    """How a token is made, in every language, without a library."""
    values = {"audience": audience(slug), "site": site}
    return [
        {"lang": lang, "title": name, "text": render_to_string(_MINT[lang], values).strip()}
        for lang, name in LANGUAGES
    ]
