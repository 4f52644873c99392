"""Who a shop says its shopper is. Every way in which a token can be wrong is tried; each differs from one that is
accepted in that alone."""

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import pytest

from loyalty.core.widget import tokens
from loyalty.core.widget.tokens import BadToken, Shopper
from tests.cast import AT

SECRET, OTHER = tokens.new_secret(), tokens.new_secret()
SITES = ("https://shop.example", "https://www.shop.example")
NOW = int(AT.timestamp())
CLAIMS = {
    "iss": "https://shop.example", "aud": "loyalty:luna", "sub": "c-17", "email": "ana@example.com",
    "email_verified": True, "given_name": "Ana", "iat": NOW, "exp": NOW + 300, "jti": "one",
}  # fmt: skip


def read(token: str, secrets: tuple[str, ...] = (SECRET,), slug: str = "luna") -> Shopper:
    return tokens.read(token, secrets=secrets, slug=slug, sites=SITES, at=AT)


def refusal(token: str, **how: Any) -> str:
    with pytest.raises(BadToken) as found:
        read(token, **how)
    return found.value.reason


def made(secret: str = SECRET, *, without: str = "", **claims: Any) -> str:
    content = {name: value for name, value in {**CLAIMS, **claims}.items() if name != without}
    return tokens.sign(content, secret)


def part(content: Any) -> str:
    text = content if isinstance(content, bytes) else json.dumps(content).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def headed(header: Any, claims: Any = CLAIMS, secret: str = SECRET) -> str:
    """A token with another header, signed as it should be."""
    text = f"{part(header)}.{part(claims)}"
    return f"{text}.{part(hmac.digest(secret.encode(), text.encode(), hashlib.sha256))}"


def test_a_good_token_names_the_shopper():
    assert read(made()) == Shopper(
        subject="c-17",
        token="one",
        ends_at=AT + timedelta(minutes=5),
        email="ana@example.com",
        given_name="Ana",
    )


def test_either_of_two_secrets_counts_while_one_is_being_replaced():
    assert read(made(OTHER), (SECRET, OTHER)).subject == read(made(SECRET), (SECRET, OTHER)).subject == "c-17"
    assert refusal(made(OTHER)) == "signature"
    assert refusal(made(), secrets=()) == "signature", "a shop without a secret knows nobody"


def test_an_address_that_the_shop_has_not_checked_finds_nobody():
    assert read(made(email_verified=False)).email == ""
    assert read(made(without="email_verified")).email == ""
    assert read(made(email_verified="true")).email == "", "a text is no yes"
    assert read(made(email=17)).email == ""


def test_the_algorithm_is_ours_to_choose():
    good = headed({"alg": "HS256", "typ": "JWT"})
    assert read(good).subject == "c-17"
    for name in (
        "none",
        "None",
        "NONE",
        "",
        "hs256",
        "HS384",
        "HS512",
        "RS256",
        "ES256",
        "EdDSA",
        None,
        ["HS256"],
    ):
        assert refusal(headed({"alg": name, "typ": "JWT"})) == "algorithm", name
    assert refusal(headed({"typ": "JWT"})) == "algorithm"
    assert refusal(headed({"alg": "HS256", "typ": "JWE"})) == "algorithm"
    assert refusal(headed({"alg": "HS256", "crit": ["exp"]})) == "algorithm"
    head, body, _signature = good.split(".")
    assert refusal(f"{part({'alg': 'none'})}.{body}.") == "algorithm", (
        "unsigned, as old libraries let through"
    )
    assert refusal(f"{head}.{body}.") == "signature"


def test_what_is_signed_cannot_be_changed():
    head, body, signature = made().split(".")
    forged = part({**CLAIMS, "sub": "c-18"})
    assert refusal(f"{head}.{forged}.{signature}") == "signature"
    for place in range(0, len(signature) - 1, 7):
        letter = "A" if signature[place] != "A" else "B"
        assert refusal(f"{head}.{body}.{signature[:place]}{letter}{signature[place + 1 :]}") == "signature"
    assert refusal(f"{head}.{body}.{signature[:-4]}") in {"signature", "malformed"}


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"aud": "loyalty:ottos"}, "audience"),
        ({"aud": ["loyalty:ottos", "other"]}, "audience"),
        ({"without": "aud"}, "audience"),
        ({"aud": {"loyalty:luna": 1}}, "audience"),
        ({"iss": "https://evil.example"}, "issuer"),
        ({"iss": "https://shop.example/"}, "issuer"),
        ({"without": "iss"}, "issuer"),
        ({"exp": NOW, "iat": NOW - 60}, "expired"),
        ({"exp": NOW - 1, "iat": NOW - 60}, "expired"),
        ({"exp": NOW + 601}, "lives_too_long"),
        ({"exp": NOW + 300, "iat": NOW - 301}, "lives_too_long"),
        ({"iat": NOW + 400, "exp": NOW + 300}, "not_yet"),
        ({"iat": NOW + 50, "exp": NOW + 50}, "lives_too_long"),
        ({"iat": NOW + 61, "exp": NOW + 90}, "not_yet"),
        ({"nbf": NOW + 61}, "not_yet"),
        ({"without": "exp"}, "no_exp"),
        ({"exp": str(NOW + 300)}, "no_exp"),
        ({"exp": True}, "no_exp"),
        ({"exp": 2**60}, "no_exp"),
        ({"exp": float("inf")}, "no_exp"),
        ({"without": "iat"}, "no_iat"),
        ({"without": "sub"}, "no_sub"),
        ({"sub": ""}, "no_sub"),
        ({"sub": " "}, "no_sub"),
        ({"sub": 17}, "no_sub"),
        ({"sub": "x" * 101}, "no_sub"),
        ({"sub": "a\x00b"}, "no_sub"),
        ({"without": "jti"}, "no_jti"),
        ({"jti": ""}, "no_jti"),
    ],
)
def test_a_token_is_for_this_shop_from_its_site_and_for_minutes(claims: dict[str, Any], reason: str):
    assert refusal(made(**claims)) == reason


def test_what_is_still_accepted():
    assert read(made(aud=["loyalty:luna", "other"])).subject == "c-17"
    assert read(made(iss="https://www.shop.example")).subject == "c-17"
    assert read(made(iat=NOW + 50, exp=NOW + 600)).subject == "c-17", "clocks differ a little"
    assert read(made(given_name="x" * 500)).given_name == ""


def test_what_is_no_token_at_all_is_refused_and_never_breaks():
    whole = made()
    bodies = ([], "text", 17, None)
    for text in (
        "", ".", "..", "a.b", "a.b.c", "a.b.c.d", whole + ".x", whole.replace(".", "!"), "é.é.é", "=.=.=",
        whole + "=", whole.replace(".", ".\n", 1), "x" * 5000, part(b"\xff\xfe") + "." + ".".join(whole.split(".")[1:]),
    ):  # fmt: skip
        assert refusal(text) in {"malformed", "algorithm", "signature"}, text[:40]
    for body in bodies:
        assert refusal(headed({"alg": "HS256"}, body)) == "malformed"
    deep = part(b"[" * 3000)
    assert refusal(f"{deep}.{deep}.{deep}") == "malformed"
