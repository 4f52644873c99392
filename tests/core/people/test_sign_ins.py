"""The log of sign-ins: enough to notice that it was not oneself, and no more."""

import pytest

from loyalty.core.people.operations import SIGN_INS_KEPT, device_of, note_sign_in, shortened
from loyalty.core.people.queries import authenticators, second_factors, sign_ins
from tests.cast import AT, days

pytestmark = pytest.mark.django_db

IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Version/18.1 Mobile Safari/604.1"
EDGE = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/131.0 Safari/537.36 Edg/131.0"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0"


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        (IPHONE, "Safari · iPhone"),
        (EDGE, "Edge · Windows"),
        (FIREFOX, "Firefox · Linux"),
        ("curl/8", ""),
        ("", ""),
    ],
)
def test_a_device_is_a_family_and_no_fingerprint(agent: str, device: str):
    assert device_of(agent) == device


@pytest.mark.parametrize(
    ("address", "kept"),
    [("198.51.100.77", "198.51.100.0"), ("2001:db8:85a3:8d3:1319:8a2e:370:7348", "2001:db8:85a3::"),
     ("::1", "::"), ("nowhere", ""), ("", "")],
)  # fmt: skip
def test_an_address_loses_the_part_that_names_a_household(address: str, kept: str):
    assert shortened(address) == kept


def test_each_person_sees_their_own_latest_first_and_old_ones_are_forgotten(django_user_model):
    mara, tom = (django_user_model.objects.create_user(f"{name}@luna.example") for name in ("mara", "tom"))
    note_sign_in(user=mara.pk, at=AT - SIGN_INS_KEPT - days(1), how="code")
    note_sign_in(user=mara.pk, at=AT - days(2), how="code", agent=FIREFOX, address="198.51.100.77")
    note_sign_in(user=tom.pk, at=AT, how="webauthn")
    note_sign_in(user=mara.pk, at=AT, how="totp")
    assert [(row.how, row.device, row.address) for row in sign_ins(mara.pk)] == [
        ("totp", "", ""),
        ("code", "Firefox · Linux", "198.51.100.0"),
    ]


def test_recovery_codes_are_no_second_factor(django_user_model):
    from allauth.mfa.models import Authenticator

    mara = django_user_model.objects.create_user("mara@luna.example")
    Authenticator.objects.create(user=mara, type="recovery_codes", data={})
    assert second_factors(mara.pk) == set() and authenticators(mara.pk).codes
    Authenticator.objects.create(user=mara, type="webauthn", data={"name": "Phone"})
    assert second_factors(mara.pk) == {"webauthn"}
    assert [name for name, _day in authenticators(mara.pk).passkeys] == ["Phone"]
