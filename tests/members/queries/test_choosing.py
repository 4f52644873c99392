"""Choosing members of a common name who meet a condition: whoever of them is looked for along the list, or gathered."""

from collections.abc import Iterator

import pytest

from loyalty.core.merchants.models import Merchant
from members.models import Member, Profile, TierStanding
from members.operations.joining import Newcomer, join_many
from members.operations.membership import Joined
from members.operations.points import adjust_points
from members.queries import choosing, directory
from members.queries.choosing import SORTS, Choice
from tests.cast import AT, buy, days, person

NOW = AT + days(100)
CONDITIONS = (
    {"tier": "gold"}, {"tier": choosing.NO_TIER}, {"bought": "30"}, {"bought": "not-60"}, {"bought": choosing.NEVER},
    {"points": "some"}, {"points": "none"}, {"news": "email"}, {"news": "neither"}, {"segment": "nobody"},
    {"status": "blocked", "bought": "90"}, {"tier": "gold", "points": "some"},
    {"joined_since": AT + days(2), "joined_until": AT + days(7), "points": "some"},
)  # fmt: skip


@pytest.fixture
def annas(cafe: Merchant) -> None:
    """Nine of one name and two of others, who did this and that."""
    for number in range(11):
        name = "Anna" if number < 9 else "Bea"
        one = person(f"a{number}", given_name=name, family_name=f"Ek{number % 3}", at=AT + days(number))
        Profile.objects.filter(member=one).update(news_by_email=number % 2 == 0)
        if number % 3 == 0:
            TierStanding.objects.create(member=one, tier="gold", since=AT, basis="qualified")
        if number % 2:
            buy(one, 100, at=AT + days(10 * number))
        if number % 4 == 0:
            adjust_points(member=one.pk, amount=5, reason="Hello", at=AT + days(20))
        if number % 5 == 1:
            Member.objects.filter(pk=one.pk).update(status="blocked")


def pages(choice: Choice, *, most: int) -> Iterator[str]:
    """The names of everybody chosen, page by page."""
    after = None
    while found := choosing.members(choice, at=NOW, after=after, most=most):
        yield from (str(one.pk) for one in found)
        after = choosing.position(choice, found[-1])


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("condition", CONDITIONS, ids=str)
def test_everybody_of_a_common_name_is_found_once_in_the_lists_order(
    annas: None, sort: str, condition: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    choice = Choice(**{"text": "an", "sort": sort, **condition})  # type: ignore[arg-type]
    plainly = list(pages(choice, most=50))
    for along, enough in ((1, 0), (4, 0), (1000, 0), (1, 3), (4, 1000)):
        monkeypatch.setattr(directory, "FEW", 2)
        monkeypatch.setattr(choosing, "ENOUGH", enough)
        monkeypatch.setattr(choosing, "ALONG", along)
        monkeypatch.setattr(choosing, "ALONG_NAMES", along)
        assert list(pages(choice, most=2)) == list(pages(choice, most=50)) == plainly


def test_whoever_joins_has_nothing_to_spend_until_they_have(cafe: Merchant) -> None:
    one = person("one", at=AT)
    newcomer = Newcomer(identities={"email": "two@example.com"}, joined_at=AT)
    [two] = join_many(people=[newcomer], channel="import", at=AT)
    assert isinstance(two, Joined)

    def empty_handed() -> set[str]:
        return set(pages(Choice(points="none"), most=50))

    assert empty_handed() == {str(one.pk), str(two.member.pk)}
    adjust_points(member=one.pk, amount=5, reason="Hello", at=AT)
    assert empty_handed() == {str(two.member.pk)}
    adjust_points(member=one.pk, amount=-5, reason="Oops", at=AT)
    assert empty_handed() == {str(one.pk), str(two.member.pk)}


def test_twin_each_condition_but_one_is_met_by_somebody_and_by_not_everybody(annas: None) -> None:
    met = [len(list(pages(Choice(**{"text": "an", **one}), most=50))) for one in CONDITIONS]  # type: ignore[arg-type]
    assert [count for count in met if not 0 < count < 9] == [0], (
        "nobody is in a segment that there is none of"
    )
