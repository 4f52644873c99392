"""A shop's sites and its secret, and tokens that move value in one open panel only."""

from datetime import timedelta

import pytest

from loyalty.core.errors import InvalidInput, NotFound
from loyalty.core.events.models import Event
from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy.scope import acting_for
from loyalty.core.widget import operations, queries, tokens
from loyalty.core.widget.models import Secret, Site, TokenUse
from loyalty.core.widget.queries import TokenRefused
from loyalty.core.widget.tokens import Shopper
from loyalty.core.widget.vault import opened
from tests.cast import AT, MARA, OTTO

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("typed", "origin"),
    [
        ("https://shop.example", "https://shop.example"),
        ("shop.example", "https://shop.example"),
        (" HTTPS://Shop.Example/page?x=1#y ", "https://shop.example"),
        ("https://shop.example:443/", "https://shop.example"),
        ("https://shop.example:8443", "https://shop.example:8443"),
        ("https://räksmörgås.example", "https://xn--rksmrgs-5wao1o.example"),
        ("http://localhost:3000/", "http://localhost:3000"),
        ("http://127.0.0.1:8001", "http://127.0.0.1:8001"),
        ("http://[::1]:8001", "http://[::1]:8001"),
    ],
)
def test_an_address_becomes_its_origin(typed: str, origin: str):
    assert operations.origin_of(typed) == origin


@pytest.mark.parametrize(
    "typed",
    [
        "", "https://", "http://shop.example", "ftp://shop.example", "javascript://shop.example", "*", "https://*",
        "https://*.shop.example", "https://shop.example;script-src *", "https://shop.example evil.example",
        "https://shop.example,evil.example", "https://shop.example'", 'https://shop.example"', "https://a@shop.example",
        "https://shop.example:99999", "https://shop..example", "https://-shop.example", "https://[::2]", "'self'",
        "https://shop.example\\@evil.example", "https://" + "a" * 300 + ".example", "https://shop_1.example",
    ],
)  # fmt: skip
def test_what_could_say_more_in_a_policy_than_one_site_is_refused(typed: str):
    with pytest.raises(InvalidInput):
        operations.origin_of(typed)


def test_a_site_is_allowed_once_and_can_be_removed(cafe: Merchant):
    site = operations.allow_site(url="https://shop.example/a", at=AT)
    assert operations.allow_site(url="https://SHOP.example", at=AT).pk == site.pk
    assert queries.origins() == ("https://shop.example",)
    assert Event.objects.filter(kind="widget.site_added").count() == 1
    assert operations.remove_site(site=site.pk, at=AT) == "https://shop.example"
    assert queries.origins() == ()
    with pytest.raises(NotFound):
        operations.remove_site(site=site.pk, at=AT)


def test_there_is_a_limit_to_sites(cafe: Merchant):
    for number in range(operations.MOST_SITES):
        operations.allow_site(url=f"https://shop-{number}.example", at=AT)
    with pytest.raises(operations.TooManySites):
        operations.allow_site(url="https://one-more.example", at=AT)
    assert operations.allow_site(url="https://shop-3.example", at=AT).origin == "https://shop-3.example"
    assert Site.objects.count() == operations.MOST_SITES


def test_the_secret_is_shown_once_and_kept_encrypted(cafe: Merchant):
    text = operations.make_secret(at=AT)
    row = Secret.objects.get()
    assert text.startswith("lws_") and len(text) > 40
    assert text not in row.secret and opened(row.secret) == text and row.hint == text[-4:]
    with pytest.raises(operations.SecretExists):
        operations.make_secret(at=AT)
    assert queries.readable_secrets(at=AT) == [text]
    assert text not in str(list(Event.objects.values_list("data", flat=True)))


def test_a_replaced_secret_counts_for_a_while_and_then_no_more(cafe: Merchant):
    old = operations.make_secret(at=AT)
    new = operations.roll_secret(at=AT + HOUR, overlap=HOUR)
    assert queries.readable_secrets(at=AT + 1.5 * HOUR) == [new, old]
    assert queries.readable_secrets(at=AT + 2 * HOUR) == [new]
    newest = operations.roll_secret(at=AT + 1.5 * HOUR, overlap=timedelta())
    assert queries.readable_secrets(at=AT + 1.5 * HOUR) == [newest], "stopped now, and the one before it, too"
    with pytest.raises(InvalidInput):
        operations.roll_secret(at=AT, overlap=timedelta(days=8))


def test_there_is_nothing_to_replace_before_there_is_a_secret(cafe: Merchant):
    with pytest.raises(NotFound):
        operations.roll_secret(at=AT, overlap=HOUR)


def test_a_secret_that_the_server_can_no_longer_read_counts_no_more(cafe: Merchant, settings):
    operations.make_secret(at=AT)
    old_key = settings.SECRET_KEY
    settings.SECRET_KEY = "another key of the server's own, long enough to be one"
    assert queries.readable_secrets(at=AT) == []
    settings.SECRET_KEY_FALLBACKS = [old_key]
    assert len(queries.readable_secrets(at=AT)) == 1, "a key that was replaced still reads"


def shopper(name: str = "one", minutes: int = 5) -> Shopper:
    return Shopper(subject="ana", token=name, ends_at=AT + timedelta(minutes=minutes))


def test_a_token_moves_value_in_one_panel_only(cafe: Merchant):
    operations.use_token(shopper=shopper(), panel="a" * 32, at=AT)
    operations.use_token(shopper=shopper(), panel="a" * 32, at=AT)
    with pytest.raises(operations.TokenReplayed):
        operations.use_token(shopper=shopper(), panel="b" * 32, at=AT)
    operations.use_token(shopper=shopper("two"), panel="b" * 32, at=AT)
    row = TokenUse.objects.order_by("id").first()
    assert b"one" not in bytes(row.token) and len(bytes(row.token)) == 32


def test_what_has_ended_is_forgotten(cafe: Merchant):
    for number in range(3):
        operations.use_token(shopper=shopper(str(number)), panel="a" * 32, at=AT)
    operations.use_token(shopper=shopper("late", 60), panel="a" * 32, at=AT + timedelta(minutes=6))
    assert TokenUse.objects.count() == 1


def test_a_token_of_one_shop_opens_nothing_at_another(luna: Merchant, other_shop: Merchant):
    """Otto has the same site and signs with his own secret, and with Luna's name in the token."""
    for merchant, who in ((luna, MARA), (other_shop, OTTO)):
        with acting_for(merchant, by=who):
            operations.allow_site(url="https://shop.example", at=AT)
            operations.make_secret(at=AT)
    with acting_for(other_shop, by=OTTO):
        ottos = queries.readable_secrets(at=AT)[0]
    with acting_for(luna, by=MARA):
        lunas = queries.readable_secrets(at=AT)[0]
    now = int(AT.timestamp())
    claims = {"iss": "https://shop.example", "sub": "ana", "iat": now, "exp": now + 60, "jti": "x"}
    for_luna, for_otto = claims | {"aud": "loyalty:luna"}, claims | {"aud": "loyalty:ottos"}
    with acting_for(luna, by=MARA):
        assert queries.shopper(tokens.sign(for_luna, lunas), at=AT).subject == "ana"
        for forged, reason in (
            (tokens.sign(for_luna, ottos), "signature"),
            (tokens.sign(for_otto, ottos), "signature"),
            (tokens.sign(for_otto, lunas), "audience"),
        ):
            with pytest.raises(TokenRefused) as refused:
                queries.shopper(forged, at=AT)
            assert refused.value.params == {"reason": reason}
