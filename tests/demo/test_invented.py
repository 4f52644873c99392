import re
from itertools import pairwise

import phonenumbers
import pytest
from django.core.validators import validate_email

from loyalty.demo.invented import PEOPLE, person

EVERYONE = [person(number) for number in range(1, PEOPLE + 1)]


def test_the_same_number_is_always_the_same_person():
    assert person(42) == person(42)
    assert person(1) == ("Ada", "Almondbloom", "ada.almondbloom@example.com", "+12015550100")
    assert person(2500) == ("Zoë", "Quincely", "zoe.quincely@example.com", "+12405550199")


def test_no_two_share_a_name_an_address_or_a_phone():
    assert PEOPLE == 2_500
    for field in (lambda one: one[:2], lambda one: one.email, lambda one: one.phone):
        assert len({field(one) for one in EVERYONE}) == PEOPLE


def test_neighbours_in_a_list_have_different_family_names():
    assert all(one.family_name != other.family_name for one, other in pairwise(EVERYONE))


def test_phones_are_valid_and_in_the_range_kept_for_fiction():
    for one in EVERYONE:
        number = phonenumbers.parse(one.phone)
        assert phonenumbers.is_valid_number(number), one.phone
        assert phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) == one.phone
        assert re.fullmatch(r"\+1[2-9]\d{2}55501\d{2}", one.phone)


def test_mail_goes_nowhere_and_is_well_formed():
    for one in EVERYONE:
        validate_email(one.email)
        assert one.email.isascii()
        assert one.email == one.email.lower()
        assert one.email.endswith("@example.com")


@pytest.mark.parametrize("number", [0, -1, 2501])
def test_beyond_the_invented_there_is_nobody(number):
    with pytest.raises(ValueError, match="1 to 2500"):
        person(number)
