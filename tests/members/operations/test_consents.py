"""How a yes came about goes wherever the member goes."""

from functools import partial

import pytest

from loyalty.core.merchants.models import Merchant
from members.models import Consent, Member, Profile
from members.operations import consents
from members.operations.membership import NotActive
from members.operations.merging import merge
from members.operations.privacy import erase_member, export_member
from tests.cast import AT


def agreed(member: Member, proof: str) -> None:
    Consent.objects.create(member=member, purpose="news_by_sms", given=True, given_at=AT, source="import", proof=proof,
                           noted_at=AT)  # fmt: skip


def test_it_is_told_to_its_member_only(cafe: Merchant, ana: Member, ben: Member):
    agreed(ana, "at the till")
    told = export_member(member=ana.pk, at=AT)["consents"]
    assert told == consents.holder.export(ana.pk)  # type: ignore[misc]
    assert [row["proof"] for row in told] == ["at the till"]
    assert export_member(member=ben.pk, at=AT)["consents"] == []


def test_it_follows_a_merge_and_goes_with_the_member(cafe: Merchant, ana: Member, ben: Member):
    agreed(ana, "at the till")
    agreed(ben, "form")
    merge(keep=ana.pk, remove=ben.pk, at=AT)
    assert Consent.objects.filter(member=ana).count() == 2
    erase_member(member=ana.pk, at=AT)
    assert not Consent.objects.exists()


def test_a_choice_is_noted_once_with_its_words(cafe: Merchant, ana: Member):
    choose = partial(consents.choose_news, member=ana.pk, source="portal", proof="News by e-mail")
    assert choose(chosen={"news_by_email": True, "news_by_sms": False}, at=AT) == ["news_by_email"]
    assert choose(chosen={"news_by_email": True}, at=AT) == []
    assert choose(chosen={"news_by_email": False}, at=AT) == ["news_by_email"]
    rows = Consent.objects.order_by("id").values_list("purpose", "given", "source", "proof")
    assert list(rows) == [
        ("news_by_email", True, "portal", "News by e-mail"),
        ("news_by_email", False, "portal", "News by e-mail"),
    ]
    assert Profile.objects.get(member=ana).news_by_email is False


def test_who_is_gone_agrees_to_nothing(cafe: Merchant, ana: Member):
    erase_member(member=ana.pk, at=AT)
    with pytest.raises(NotActive):
        consents.choose_news(member=ana.pk, chosen={"news_by_email": True}, source="portal", at=AT)
    assert not Consent.objects.exists()
