"""Two shops agree that members use their points at either: the agreement, linked cards, pulls and settlement."""

from typing import Any

import pytest

from loyalty.core.errors import DomainError, KeyReused, NotFound
from loyalty.core.events.models import Event
from loyalty.core.ledger.checks import verify
from loyalty.core.ledger.queries import balance
from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy import scope
from loyalty.core.tenancy.scope import across_merchants, acting_for
from members.models import CardLink, LinkCode, Member, Partnership, SettlementEntry
from members.operations.card_links import (
    LinkCodeNotValid,
    LinkedAlready,
    NotPartners,
    accept_code,
    make_code,
    unlink,
)
from members.operations.merging import merge
from members.operations.partnerships import (
    OtherCurrency,
    OtherMode,
    OwnProposal,
    PartnershipEnded,
    PartnershipOpen,
    Worth,
    accept_partnership,
    end_partnership,
    propose_partnership,
)
from members.operations.privacy import erase_member, export_member
from members.queries import partners
from rewards.operations.redemption import (
    NotEligible,
    quote_redemption,
    redeem_reward,
    release_redemption,
    reserve_reward,
)
from tests.cast import AT, MARA, OTTO, days, person, shop
from tests.members.operations.town import give, holds, link, takes
from tests.rewards.operations.test_redemption import coffee

pytestmark = pytest.mark.django_db


def test_missing_points_come_from_the_partner_and_are_owed_for(town):
    with town.cafe():
        give(town.ana, 100)
    with town.bookshop():
        give(town.reader, 3)
        taken = takes(town.reader, 20)  # 17 points of 25 öre are missing: 42.5 points of 10 öre
        assert taken.status == "committed"
        assert balance(town.reader.pk).available == 0
        entry = SettlementEntry.objects.get()
        assert (entry.points, entry.partner_points, entry.amount_minor) == (17, -43, 430)
        assert entry.remainder == "5"
        assert entry.redemption == taken.pk
        assert partners.statement(town.agreement).balance_minor == 430
    with town.cafe():
        assert balance(town.ana.pk).available == 57
        mine = SettlementEntry.objects.get()
        assert (mine.pk, mine.points, mine.amount_minor, mine.redemption) == (entry.pk, -43, -430, None)
        assert partners.statement(town.agreement).balance_minor == -430
        told = Event.objects.filter(kind="points.spent_at_partner").get()
        assert told.actor == "partner:ottos"
        assert scope.actor() == MARA
    holds(town)


def test_who_has_enough_here_uses_nothing_there(town):
    with town.cafe():
        give(town.ana, 100)
    with town.bookshop():
        give(town.reader, 20)
        takes(town.reader, 20)
        assert not SettlementEntry.objects.exists()
    with town.cafe():
        assert balance(town.ana.pk).available == 100
    holds(town)


def test_a_point_there_that_is_worth_several_here_brings_all_it_is_worth(town):
    with town.bookshop():
        give(town.reader, 10)
    with town.cafe():
        takes(town.ana, 11)  # five points of 25 öre make 12.5 here
        assert balance(town.ana.pk).available == 1
        entry = SettlementEntry.objects.get()
        assert (entry.points, entry.partner_points, entry.amount_minor, entry.remainder) == (12, -5, 125, "5")
    holds(town)


def test_all_there_is_together_is_what_can_be_had_and_not_one_more(town):
    with town.cafe():
        give(town.ana, 9)  # worth 3.6 points at the bookshop
    with town.bookshop():
        give(town.reader, 10)
        reward = coffee(cost_points=13)
        dear = coffee(cost_points=14)
        assert quote_redemption(member=town.reader.pk, reward=reward.pk, at=AT) == ()
        assert quote_redemption(member=town.reader.pk, reward=dear.pk, at=AT) != ()
        with pytest.raises(NotEligible):
            redeem_reward(member=town.reader.pk, reward=dear.pk, key="dear", at=AT)
        assert not SettlementEntry.objects.exists()
        redeem_reward(member=town.reader.pk, reward=reward.pk, key="fair", at=AT)
    with town.cafe():
        assert balance(town.ana.pk).available == 1
    holds(town)


def test_the_same_key_again_pulls_once(town):
    with town.cafe():
        give(town.ana, 100)
    with town.bookshop():
        reward = coffee(cost_points=10)
        first = reserve_reward(member=town.reader.pk, reward=reward.pk, key="same", at=AT)
        assert reserve_reward(member=town.reader.pk, reward=reward.pk, key="same", at=AT).pk == first.pk
        assert SettlementEntry.objects.count() == 1
        with pytest.raises(KeyReused):
            reserve_reward(member=town.reader.pk, reward=coffee(cost_points=1).pk, key="same", at=AT)
    with town.cafe():
        assert balance(town.ana.pk).available == 75
    holds(town)


def test_what_is_released_comes_back_here_and_stays_owed(town):
    with town.cafe():
        give(town.ana, 100)
    with town.bookshop():
        held = reserve_reward(member=town.reader.pk, reward=coffee(cost_points=10).pk, key="k", at=AT)
        release_redemption(redemption=held.pk, at=AT)
        assert balance(town.reader.pk).available == 10
        assert partners.statement(town.agreement).balance_minor == 250
    holds(town)


def test_a_refused_redemption_leaves_the_partner_as_it_was(town, monkeypatch):
    with town.cafe():
        give(town.ana, 100)

    def fails(**_asked: Any) -> None:
        raise NotFound("reward")

    with town.bookshop():
        reward = coffee(cost_points=10)
        monkeypatch.setattr("rewards.operations.redemption.written.take", fails)
        with pytest.raises(NotFound):
            reserve_reward(member=town.reader.pk, reward=reward.pk, key="k", at=AT)
        assert not SettlementEntry.objects.exists()
    with town.cafe():
        assert balance(town.ana.pk).available == 100
    holds(town)


def test_who_owes_points_neither_lends_nor_borrows(town):
    with town.cafe():
        give(town.ana, 100)
        blocked = Member.objects.filter(pk=town.ana.pk)
        blocked.update(status=Member.Status.BLOCKED)
    with town.bookshop(), pytest.raises(NotEligible):
        takes(town.reader, 10)
    holds(town)


# --- the statement -----------------------------------------------------------------------------------------------


def test_statements_of_a_period_sum_to_zero_between_the_two(town):
    with town.cafe():
        give(town.ana, 1000)
    with town.bookshop():
        give(town.reader, 10)
        takes(town.reader, 30, "one")
    with town.bookshop():
        reserve_reward(member=town.reader.pk, reward=coffee(cost_points=7).pk, key="two", at=AT + days(3))
    periods = [(None, None), (AT, AT + days(1)), (AT + days(1), AT + days(9)), (AT + days(9), None)]
    balances = []
    for since, until in periods:
        sides = []
        for open_side in (town.cafe, town.bookshop):
            with open_side():
                sides.append(partners.statement(town.agreement, since=since, until=until).balance_minor)
        assert sum(sides) == 0
        balances.append(sides[1])
    assert balances == [680, 500, 180, 0]
    holds(town)


def test_the_checks_see_a_side_that_was_changed(town):
    with town.cafe():
        give(town.ana, 100)
    with town.bookshop():
        takes(town.reader, 10)
        SettlementEntry.objects.update(amount_minor=999)
    with across_merchants("both sides of a settlement"):
        found = {breach.check for breach in verify()}
    assert found == {"settlement_is_zero"}
    with town.bookshop():
        SettlementEntry.objects.update(amount_minor=250, points=11)
        assert {breach.check for breach in verify()} == {"settlement_is_booked"}


# --- crossing ----------------------------------------------------------------------------------------------------


def test_who_proposed_cannot_accept_and_strangers_see_nothing(luna, other_shop):
    third = shop("third")
    with acting_for(luna, by=MARA):
        found = propose_partnership(partner="ottos", worth=Worth("10.50", "025"), at=AT)
        assert (found.our_worth, found.their_worth, found.status) == ("10.5", "25", "proposed")
        with pytest.raises(OwnProposal):
            accept_partnership(agreement=found.pk, at=AT)
        with pytest.raises(PartnershipOpen):
            propose_partnership(partner="ottos", worth=Worth("1", "1"), at=AT)
    with acting_for(third, by=OTTO), pytest.raises(NotFound):
        accept_partnership(agreement=found.pk, at=AT)
    with acting_for(other_shop, by=OTTO):
        with pytest.raises(PartnershipOpen):
            propose_partnership(partner="luna", worth=Worth("1", "1"), at=AT)
        mine = Partnership.objects.get()
        assert (mine.pk, mine.our_worth, mine.their_worth, mine.ours) == (found.pk, "25", "10.5", False)
        assert accept_partnership(agreement=found.pk, at=AT).status == "active"
        assert accept_partnership(agreement=found.pk, at=AT).status == "active"
        kinds = Event.objects.filter(kind__startswith="partnership.").order_by("id")
        assert [(one.kind, one.actor) for one in kinds] == [
            ("partnership.proposed", "partner:luna"),
            ("partnership.agreed", str(OTTO)),
        ]


def test_partners_are_two_shops_of_one_currency_and_mode(luna):
    shop("euro", currency="EUR")
    test_shop = Merchant.objects.get(sandbox_of=shop("third"))
    with acting_for(luna, by=MARA):
        for slug, refusal in [("euro", OtherCurrency), (test_shop.slug, OtherMode), ("luna", DomainError)]:
            with pytest.raises(refusal):
                propose_partnership(partner=slug, worth=Worth("1", "1"), at=AT)
        for worth in ("0", "0.0", "-1", "1e3", "1.0000001", "12345678", "x", "", "١"):
            with pytest.raises(DomainError) as refused:
                propose_partnership(partner="third", worth=Worth("1", worth), at=AT)
            assert refused.value.errors[0]["field"] == "their_worth"
        assert not Partnership.objects.exists()


def test_new_terms_are_a_new_agreement_by_both_and_links_live_on(town):
    with town.cafe():
        give(town.ana, 100)
        new = propose_partnership(partner="ottos", worth=Worth("50", "25"), at=AT).pk
    with town.bookshop():
        takes(town.reader, 1, "old terms")
        accept_partnership(agreement=new, at=AT)
        takes(town.reader, 2, "new terms")
        assert dict(SettlementEntry.objects.values_list("partnership", "amount_minor")) == {
            town.agreement: 30, new: 50,
        }  # fmt: skip
        assert partners.partnership(town.agreement).status == "ended"
    holds(town)


def test_an_ended_partnership_gives_nothing_more_and_keeps_its_statements(town):
    with town.cafe():
        give(town.ana, 100)
    with town.bookshop():
        takes(town.reader, 10)
        assert end_partnership(agreement=town.agreement, at=AT).status == "ended"
        assert end_partnership(agreement=town.agreement, at=AT + days(1)).ended_at == AT
        with pytest.raises(NotEligible):
            takes(town.reader, 10, "after")
        with pytest.raises(PartnershipEnded):
            accept_partnership(agreement=town.agreement, at=AT)
        assert partners.statement(town.agreement).balance_minor == 250
        assert partners.at_partners(town.reader.pk, at=AT) == []
    with town.cafe():
        assert partners.statement(town.agreement).balance_minor == -250
        assert balance(town.ana.pk).available == 75
        with pytest.raises(NotPartners):
            make_code(member=person("ben").pk, partner="ottos", at=AT)
    holds(town)


# --- linked cards ------------------------------------------------------------------------------------------------


def test_a_code_links_once_for_ten_minutes_and_only_where_it_is_for(town):
    shop("third")
    with town.cafe():
        ben = person("ben")
        code = make_code(member=ben.pk, partner="ottos", at=AT).code
        assert code not in LinkCode.objects.get().digest
        with pytest.raises(NotPartners):
            make_code(member=ben.pk, partner="third", at=AT)
    with town.bookshop():
        one, other = person("one"), person("other")
        for late, typed in [(days(1), code), (days(0), "WRONG")]:
            with pytest.raises(LinkCodeNotValid):
                accept_code(member=one.pk, partner="luna", code=typed, at=AT + late)
        with pytest.raises(LinkedAlready):
            accept_code(member=town.reader.pk, partner="luna", code=code, at=AT)
        accept_code(member=one.pk, partner="luna", code=f"{code[:4]}-{code[4:].lower()}", at=AT)
        with pytest.raises(LinkCodeNotValid):
            accept_code(member=other.pk, partner="luna", code=code, at=AT)
    holds(town)


def test_merging_and_erasing_end_the_link_on_both_sides(town):
    with town.cafe():
        give(town.ana, 100)
        assert export_member(member=town.ana.pk, at=AT)["card_links"][0]["partner"] == town.books.name
        keeper = person("keeper")
        merge(keep=keeper.pk, remove=town.ana.pk, at=AT)
        assert not CardLink.objects.exists()
    with town.bookshop():
        assert not CardLink.objects.exists()
        with pytest.raises(NotEligible):
            takes(town.reader, 1)
    link(town, keeper, town.reader)
    with town.bookshop():
        erase_member(member=town.reader.pk, at=AT)
        ended = Event.objects.filter(kind="card_link.ended").order_by("id")
        assert [one.actor for one in ended] == ["partner:luna", str(OTTO)]
    with town.cafe():
        assert not CardLink.objects.exists()
        assert balance(keeper.pk).available == 100
    holds(town)


def test_a_link_can_be_ended_from_either_side_and_after_the_partnership(town):
    with town.bookshop():
        end_partnership(agreement=town.agreement, at=AT)
        unlink(member=town.reader.pk, partner="luna", at=AT)
        unlink(member=town.reader.pk, partner="luna", at=AT)
        unlink(member=town.reader.pk, partner="nobody", at=AT)
    with town.cafe():
        assert not CardLink.objects.exists()
    holds(town)
