"""Sends one message, and believes nothing of what comes back.

A name is looked up once for each attempt and what was looked up is what is dialled, so a name that leads elsewhere a
moment later gains nothing. Private, loopback, link-local and metadata addresses are refused there, however they are
written; redirects are not followed; no cookie, proxy setting or stored password of this machine takes part. An attempt
is over after `DEADLINE_SECONDS`, however slowly the other side drips.
"""

import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests_hardened import Config, HTTPSession
from requests_hardened.ip_filter import InvalidIPAddress
from requests_hardened.ip_filter_adapter import IPFilterAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from loyalty.core.webhooks.addresses import complaint, is_allowed

AGENT = "Loyalty-Webhooks/1"
CONNECT_SECONDS, READ_SECONDS = 5, 10
DEADLINE_SECONDS = 15.0
KEPT_BYTES = 1024
_here = threading.local()
# What is refused is told by the delivery; what the operator allows needs no warning.
logging.getLogger("requests_hardened").setLevel(logging.ERROR)


@dataclass(frozen=True, slots=True)
class Result:
    """How an attempt ended. `error` is "" or a code: address_refused, no_connection, timeout, tls, redirect, status.
    `wished` is how long the receiver asked us to wait."""

    status_code: int | None
    error: str
    duration_ms: int
    response: str = ""
    wished: timedelta | None = None


class _Line:
    """The connection an attempt uses, so that it can be cut off from outside."""

    def __init__(self) -> None:
        self.connection: HTTPConnection | None = None
        self.was_cut = False

    def cut(self) -> None:
        self.was_cut = True
        sock = getattr(self.connection, "sock", None)
        if sock is not None:
            with suppress(OSError):
                socket.socket.shutdown(sock, socket.SHUT_RDWR)


class _Noting:
    """Tells the attempt of this thread which connection it uses."""

    def putrequest(self, *args: Any, **kwargs: Any) -> None:
        line = getattr(_here, "line", None)
        if line is not None:
            line.connection = self
        super().putrequest(*args, **kwargs)  # type: ignore[misc] # beside HTTPConnection


class _Plain(_Noting, HTTPConnection):
    pass


class _Secure(_Noting, HTTPSConnection):
    pass


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _Secure


class _Adapter(IPFilterAdapter):
    """The library's filter, with the operator's exceptions."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}

    def build_connection_pool_key_attributes(self, request: Any, verify: Any, cert: Any = None) -> Any:
        try:
            return super().build_connection_pool_key_attributes(request, verify, cert)
        except InvalidIPAddress as refused:
            (address,) = refused.args
            if not is_allowed(address):
                raise
            host, pool = HTTPAdapter.build_connection_pool_key_attributes(self, request, verify, cert)
            if self._is_https_proto:
                pool |= {"assert_hostname": host["host"], "server_hostname": host["host"]}
            host["host"] = str(address) if address.version == 4 else f"[{address}]"
            return host, pool


def _session() -> HTTPSession:
    """This thread's own."""
    found = getattr(_here, "session", None)
    if found is None:
        found = _here.session = HTTPSession(
            Config(
                ip_filter_enable=True,
                ip_filter_allow_loopback_ips=False,
                never_redirect=True,
                default_timeout=(CONNECT_SECONDS, READ_SECONDS),
                user_agent_override=AGENT,
            )
        )
        found.trust_env = False
        found.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        found.mount("http://", _Adapter(is_https_proto=False))
        found.mount("https://", _Adapter(is_https_proto=True))
    return found


@contextmanager
def _within(seconds: float) -> Iterator[_Line]:
    line = _here.line = _Line()
    timer = threading.Timer(seconds, line.cut)
    timer.daemon = True
    timer.start()
    try:
        yield line
    finally:
        timer.cancel()
        _here.line = None


@dataclass
class _Answer:
    status_code: int | None = None
    error: str = ""
    response: str = ""
    headers: Any = field(default_factory=dict)


def send(url: str, *, headers: dict[str, str], body: bytes) -> Result:
    """POST one message. Never raises: whatever goes wrong is a result."""
    began = time.monotonic()
    answer = _Answer()
    if complaint(url):  # the operator's exceptions may have changed since it was added
        answer.error = "address_refused"
    else:
        with _within(DEADLINE_SECONDS) as line:
            try:
                answer = _posted(url, headers, body)
            except Exception as trouble:  # noqa: BLE001 - told by its code
                answer.error = "timeout" if line.was_cut else _code_of(trouble)
            else:
                if line.was_cut and answer.status_code is None:
                    answer.error = "timeout"
    took = round((time.monotonic() - began) * 1000)
    return Result(answer.status_code, answer.error, took, answer.response, _wished(answer))


def _posted(url: str, headers: dict[str, str], body: bytes) -> _Answer:
    sent = {"Content-Type": "application/json", "Accept-Encoding": "identity", **headers}
    with _session().post(url, data=body, headers=sent, stream=True, allow_redirects=False) as came:
        status = came.status_code
        error = "" if 200 <= status < 300 else "redirect" if 300 <= status < 400 else "status"
        return _Answer(status, error, _excerpt(came), came.headers)


def _excerpt(came: requests.Response) -> str:
    """The beginning of an answer as text; what comes too late or broken is left out."""
    parts: list[bytes] = []
    with suppress(Exception):
        while (room := KEPT_BYTES - sum(map(len, parts))) > 0:
            part = came.raw.read1(room, decode_content=False)
            if not part:
                break
            parts.append(part)
    text = b"".join(parts).decode("utf-8", "replace")
    return "".join(one if one.isprintable() or one in "\n\t" else "\ufffd" for one in text)[:KEPT_BYTES]


def _code_of(trouble: Exception) -> str:
    match trouble:
        case InvalidIPAddress() | requests.exceptions.InvalidURL():
            return "address_refused"
        case requests.exceptions.SSLError():
            return "tls"
        case requests.exceptions.Timeout():
            return "timeout"
    return "no_connection"


def _wished(answer: _Answer) -> timedelta | None:
    """`Retry-After` in seconds, from who is overloaded."""
    text = answer.headers.get("Retry-After", "") if answer.status_code in (429, 502, 503, 504) else ""
    return timedelta(seconds=int(text)) if text.isascii() and text.isdecimal() and len(text) < 7 else None
