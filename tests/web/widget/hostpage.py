"""A shop's own site, on another host than ours and with a policy as strict as one can write it: it lets in the widget's
script and frame and nothing else from anywhere."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

STYLE = "body { margin: 0 auto; max-width: 40rem; font: 18px/1.5 serif } .slot { height: 1.5em }"
PAGE = """<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><title>A shop</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="stylesheet" href="/page.css">
<link rel="icon" href="data:,"></head><body><main><h1>A shop</h1>{words}
<p class="slot" id="beans" data-loyalty-sku="beans" data-loyalty-amount="184.50"></p>
<p class="slot" id="basket" data-loyalty-basket-points></p><button id="last">Buy</button></main>
<script src="{home}/widget.js?shop={shop}"{attributes} defer></script></body></html>"""


@dataclass
class HostPage:
    """What the site serves: `attributes` of the script's tag, and what `/loyalty-token` answers once `ready` is set."""

    home: str
    shop: str = "luna"
    url: str = ""
    lang: str = "en"
    attributes: dict[str, str] = field(default_factory=dict)
    tokens: list[str] = field(default_factory=list)
    asked: int = 0
    ready: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.ready.set()

    @property
    def policy(self) -> str:
        return (
            f"default-src 'none'; style-src 'self'; script-src {self.home}; frame-src {self.home};"
            " connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'"
        )

    def html(self) -> str:
        attributes = "".join(f' {name}="{escape(value)}"' for name, value in self.attributes.items())
        words = "<p>Bread, coffee and a place to sit.</p>" * 30
        return PAGE.format(lang=self.lang, words=words, home=self.home, shop=self.shop, attributes=attributes)

    def token(self) -> str:
        """The next token: the last one again once there is no other."""
        self.asked += 1
        return self.tokens.pop(0) if len(self.tokens) > 1 else "".join(self.tokens)


class _Site(ThreadingHTTPServer):
    page: HostPage
    daemon_threads = True


class _Handler(BaseHTTPRequestHandler):
    server: _Site

    def do_GET(self) -> None:
        page = self.server.page
        if self.path == "/page.css":
            self._send(STYLE, "text/css")
        elif self.path == "/loyalty-token":
            page.ready.wait(30)
            self._send(json.dumps({"token": page.token()}), "application/json")
        elif self.path == "/":
            self._send(page.html(), "text/html; charset=utf-8")
        else:
            self.send_error(404)

    def _send(self, text: str, kind: str) -> None:
        content = text.encode()
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Content-Security-Policy", self.server.page.policy)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_args: Any) -> None:
        """Says nothing."""


@contextmanager
def hosting(page: HostPage) -> Iterator[HostPage]:
    """Serve it on a port of its own until the block ends."""
    site = _Site(("127.0.0.1", 0), _Handler)
    site.page = page
    page.url = f"http://127.0.0.1:{site.server_address[1]}"
    thread = threading.Thread(target=site.serve_forever, daemon=True)
    thread.start()
    try:
        yield page
    finally:
        site.shutdown()
        site.server_close()
        thread.join()
