"""How a yes came about goes wherever the member goes."""

from loyalty.core.merchants.models import Merchant
from members.models import Consent, Member
from members.operations import consents
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
