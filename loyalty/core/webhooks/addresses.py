"""Where deliveries may go: public addresses over https, and what the operator allows besides.

Here an address is read; whether its name leads somewhere private is only known when it is looked up, which happens once
at each delivery (`sending`), and what was looked up is what is dialled.
"""

import ipaddress
from functools import cache
from urllib.parse import urlsplit

from django.conf import settings

LONGEST = 2000
_PORTS = {None, 443, 8443}
_LOCAL = ("localhost", ".localhost", ".local", ".internal", ".home.arpa", ".lan")

type Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@cache
def _networks(texts: tuple[str, ...]) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    return tuple(ipaddress.ip_network(text, strict=False) for text in texts)


def is_allowed(address: Address) -> bool:
    """Whether the operator allows this address although it is not public."""
    return any(address in net for net in _networks(tuple(settings.WEBHOOK_ALLOWED_NETS)))


def has_exceptions() -> bool:
    """Whether the operator allows any network besides the public one; plain http and other ports come with it."""
    return bool(settings.WEBHOOK_ALLOWED_NETS)


def complaint(url: str) -> str:
    """What is wrong with an address, by code: "" when it can be used."""
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname or ""
    except ValueError:
        return "not_an_address"
    if len(url) > LONGEST or not url.isprintable() or " " in url or not host:
        return "not_an_address"
    if parts.scheme != "https" and not (parts.scheme == "http" and has_exceptions()):
        return "not_https"
    if "@" in parts.netloc:
        return "has_password"
    if "#" in url:
        return "has_fragment"
    if port not in _PORTS and not has_exceptions():
        return "port"
    return _complaint_about_host(host)


def _complaint_about_host(host: str) -> str:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        is_local = "." not in host or host.endswith(_LOCAL)
        return "not_public" if is_local and not has_exceptions() else ""
    return "" if is_allowed(address) or (address.is_global and not address.is_multicast) else "not_public"
