"""What a shop uploads: taken in the forms in which Apple and Google give it, refused in plain words otherwise."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from loyalty.connectors.wallets import certificates as reading
from loyalty.connectors.wallets import operations, queries
from loyalty.connectors.wallets.certificates import AppleFiles, read_apple, read_google
from loyalty.connectors.wallets.models import AppleWallet, GoogleWallet
from loyalty.core.errors import DomainError
from loyalty.core.events.models import Event
from tests.cast import AT, days
from tests.wallets import papers
from tests.wallets.papers import ACCOUNT, ISSUER, PASSWORD, for_passes, lunas, made, relations

SMALL = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 - to be refused


@pytest.mark.parametrize(
    "files",
    [
        lambda: papers.files(),
        lambda: AppleFiles(lunas().p12(relations(), password="")),
        lambda: AppleFiles(lunas().p12(), intermediate=relations().der, password=PASSWORD),
        lambda: AppleFiles(lunas().pem, key=lunas().key_pem(), intermediate=relations().pem),
        lambda: AppleFiles(lunas().der, key=lunas().key_pem("x"), intermediate=relations().der, password="x"),
        lambda: AppleFiles(relations().pem + lunas().key_pem() + lunas().pem),
        # A password typed although the key needs none does no harm.
        lambda: AppleFiles(lunas().pem + relations().pem, key=lunas().key_pem(), password="unused"),
    ],
)
def test_a_certificate_is_taken_in_every_form_it_comes_in(files):
    found = read_apple(files(), at=AT)
    assert (found.pass_type, found.team) == (papers.PASS_TYPE, papers.TEAM)
    assert found.certificate.encode() == lunas().pem
    assert found.intermediate.encode() == relations().pem
    assert found.expires_at == lunas().certificate.not_valid_after_utc


def test_a_key_of_rsa_is_as_good():
    paper = for_passes(key=papers.account_key())
    assert read_apple(papers.files(paper), at=AT).pass_type == papers.PASS_TYPE


def p12(paper, **more):
    return AppleFiles(paper.p12(relations(), **more), password=PASSWORD)


BAD = {
    "not_a_certificate": [
        lambda: AppleFiles(b"hello"),
        lambda: AppleFiles(b""),
        lambda: AppleFiles(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
        lambda: AppleFiles(b"\x30\x82" + b"\x00" * 500),
        lambda: AppleFiles(lunas().key_pem()),
        lambda: AppleFiles(lunas().p12(password=PASSWORD), intermediate=b"no", password=PASSWORD),
    ],
    "certificate_password": [
        lambda: AppleFiles(lunas().p12(relations()), password="guess"),
        lambda: AppleFiles(lunas().p12(relations())),
        lambda: AppleFiles(lunas().p12(relations())[:-40], password=PASSWORD),
        lambda: AppleFiles(lunas().pem, key=lunas().key_pem("x"), intermediate=relations().pem, password="y"),
        lambda: AppleFiles(lunas().pem, key=lunas().key_pem("x"), intermediate=relations().pem),
    ],
    "certificate_key_missing": [
        lambda: AppleFiles(lunas().pem, intermediate=relations().pem),
        lambda: AppleFiles(lunas().der, key=b"nothing", intermediate=relations().pem),
        lambda: AppleFiles(lunas().p12(relations(), key=False), password=PASSWORD),
    ],
    "certificate_wrong_key": [
        lambda: AppleFiles(lunas().pem, key=for_passes().key_pem(), intermediate=relations().pem),
    ],
    "certificate_weak_key": [
        lambda: p12(for_passes(key=SMALL)),
        lambda: AppleFiles(
            lunas().pem,
            key=papers.Paper(lunas().certificate, ed25519.Ed25519PrivateKey.generate()).key_pem(),
            intermediate=relations().pem,
        ),
    ],
    "certificate_over": [
        lambda: p12(for_passes(until=AT)),
        lambda: p12(for_passes(until=AT - days(1))),
    ],
    "certificate_early": [lambda: p12(for_passes(since=AT + days(1)))],
    "certificate_not_for_passes": [
        lambda: p12(for_passes(pass_type="com.example.app")),
        lambda: p12(for_passes(team="two words")),
        lambda: p12(made("a web site's", by=relations(), subject={})),
    ],
    "certificate_intermediate_missing": [lambda: AppleFiles(lunas().p12(), password=PASSWORD)],
    "certificate_wrong_intermediate": [
        lambda: AppleFiles(lunas().p12(), intermediate=papers.root().pem, password=PASSWORD),
        # Somebody else's with the very name of Apple's.
        lambda: AppleFiles(
            lunas().p12(), intermediate=made("Worldwide Developer Relations").pem, password=PASSWORD
        ),
    ],
    "certificate_too_large": [
        lambda: AppleFiles(b"0" * 10 * 1024 * 1024),
        lambda: AppleFiles(lunas().pem, key=b"0" * (reading.MAX_BYTES + 1)),
        lambda: AppleFiles(lunas().pem, intermediate=b"0" * (reading.MAX_BYTES + 1)),
    ],
}


@pytest.mark.parametrize(("code", "files"), [(code, one) for code, them in BAD.items() for one in them])
def test_what_cannot_be_used_is_refused_for_what_it_is(code, files):
    with pytest.raises(DomainError) as refused:
        read_apple(files(), at=AT)
    assert refused.value.code == code
    assert refused.value.field in ("certificate", "password", "key", "intermediate")
    assert len(str(refused.value)) > 20 and "{" not in str(refused.value)


def test_an_intermediate_that_is_over_is_refused_too():
    old = made("Old relations", by=papers.root(), until=AT - days(1))
    with pytest.raises(reading.CertificateOver):
        read_apple(AppleFiles(for_passes(by=old).p12(old), password=PASSWORD), at=AT)


@pytest.mark.parametrize(
    ("code", "file", "issuer"),
    [
        ("not_an_issuer", b"{}", "luna"),
        ("not_an_issuer", b"{}", "1" * 25),
        ("not_an_issuer", b"{}", ""),
        ("not_a_service_account", b"", ISSUER),
        ("not_a_service_account", b"\xff{}", ISSUER),
        ("not_a_service_account", b"[" * 60_000, ISSUER),
        ("not_a_service_account", papers.key_file(type="authorized_user"), ISSUER),
        ("not_a_service_account", papers.key_file(private_key="-----BEGIN"), ISSUER),
        ("not_a_service_account", papers.key_file(client_email="nobody"), ISSUER),
        ("not_a_service_account", papers.key_file(client_email="a\n@b"), ISSUER),
        ("not_a_service_account", papers.key_file(private_key=7), ISSUER),
        ("certificate_weak_key", papers.key_file(private_key=lunas().key_pem().decode()), ISSUER),
        ("certificate_too_large", b"0" * 10 * 1024 * 1024, ISSUER),
    ],
)
def test_what_is_no_service_account_is_refused_for_what_it_is(code, file, issuer):
    with pytest.raises(DomainError) as refused:
        read_google(file, issuer=issuer)
    assert refused.value.code == code


def test_keys_are_kept_encrypted_and_said_nowhere(cafe):
    operations.connect_apple(files=papers.files(), at=AT)
    operations.connect_google(key_file=papers.key_file(), issuer=ISSUER, at=AT)
    apple, google = AppleWallet.objects.get(), GoogleWallet.objects.get()
    for kept in (apple.private_key, google.private_key):
        assert "PRIVATE" not in kept and len(kept) > 100
    assert queries.seal_of(apple).private_key.encode() == lunas().key_pem()
    assert queries.signer_of(google).account == ACCOUNT
    told = list(Event.objects.filter(kind__begins="wallet.").order_by("id").values_list("kind", "data"))
    assert told == [
        ("wallet.connected", {"platform": "apple", "expires_at": apple.expires_at.isoformat()}),
        ("wallet.connected", {"platform": "google"}),
    ]


def test_a_renewal_takes_the_place_of_what_was_there_and_a_refusal_leaves_it(cafe):
    operations.connect_apple(files=papers.files(), at=AT)
    longer = for_passes(until=AT + days(700))
    operations.connect_apple(files=papers.files(longer), at=AT + days(1))
    assert AppleWallet.objects.get().expires_at == longer.certificate.not_valid_after_utc
    with pytest.raises(reading.CertificateOver):
        operations.connect_apple(files=papers.files(for_passes(until=AT)), at=AT + days(2))
    assert AppleWallet.objects.get().expires_at == longer.certificate.not_valid_after_utc


def test_a_wallet_that_is_disconnected_is_forgotten(connected):
    assert queries.platforms(at=AT) == ["apple", "google"]
    operations.disconnect(platform="apple", at=AT)
    operations.disconnect(platform="apple", at=AT)
    assert (queries.platforms(at=AT), AppleWallet.objects.count()) == (["google"], 0)
    assert Event.objects.filter(kind="wallet.disconnected").count() == 1


def test_no_cards_are_made_with_a_certificate_that_is_over(connected, ana):
    ends = AppleWallet.objects.get().expires_at
    assert "apple" in queries.platforms(at=ends - days(0.01))
    assert queries.platforms(at=ends) == ["google"]
    with pytest.raises(operations.WalletNotConnected):
        operations.issue_pass(member=ana.pk, platform="apple", at=ends)
    assert queries.ends_soon(AppleWallet.objects.get(), at=ends - days(30))
    assert not queries.ends_soon(AppleWallet.objects.get(), at=ends - days(31))
