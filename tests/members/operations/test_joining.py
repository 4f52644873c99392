"""Many people join at once as one would: the same rows, the same tier, and nobody twice."""

from loyalty.core.events.models import Event
from loyalty.core.merchants.models import Merchant
from members.models import Consent, Identity, Member, Profile, Stats, TierStanding
from members.operations.joining import Agreed, Newcomer, join_many, known_members
from members.operations.membership import join
from tests.cast import AT, days, person, publish

LADDER = {"ladder": [{"id": "classic", "at_least": 0}]}


def newcomer(**identities: str) -> Newcomer:
    return Newcomer(identities=identities, joined_at=AT - days(400), details={"given_name": "Zoë"})


def rows_of(member: Member) -> dict[str, int]:
    return {model.__name__: model.objects.filter(member=member).count()
            for model in (Profile, Stats, Identity, TierStanding)}  # fmt: skip


def test_everybody_has_what_one_who_joins_alone_has(cafe: Merchant):
    publish(tiers=LADDER)
    alone = join(at=AT, identities={"external": "alone"}, details={"given_name": "Zoë"}).member
    answers = join_many(people=[newcomer(external=str(n)) for n in range(3)], channel="import", at=AT)
    assert all(answer.created for answer in answers)
    assert [rows_of(answer.member) for answer in answers] == [rows_of(alone)] * 3
    assert Profile.objects.filter(search_given="zoe").count() == 4
    assert Member.objects.filter(joined_at=AT - days(400), channel="import").count() == 3


def test_who_is_here_stays_as_they_are_and_two_in_one_are_refused(cafe: Merchant):
    ana, ben = person("ana", given_name="Ana"), person("ben")
    known, refused, fresh = join_many(
        people=[newcomer(external="ana"), newcomer(external="ana", card="BEN"), newcomer(external="new")],
        channel="import",
        at=AT,
    )
    assert (known.member.pk, known.created, fresh.created) == (ana.pk, False, True)
    assert refused.created is False and refused.member.pk == ana.pk  # nobody has that card
    card = Identity.objects.get(member=ben, kind="card").value
    (wrong,) = join_many(people=[newcomer(external="ana", card=card)], channel="import", at=AT)
    assert wrong.code == "identity_taken"
    assert Profile.objects.get(member=ana).given_name == "Ana"
    assert known_members([newcomer(external="ana"), newcomer(external="nobody")]) == [{ana.pk}, set()]


def test_one_event_for_each_and_what_they_agreed_to(cafe: Merchant):
    agreed = Agreed(purpose="news_by_email", given=True, given_at=AT, proof="form")
    person_ = Newcomer(identities={"external": "x"}, joined_at=AT, agreed=(agreed,))
    (made,) = join_many(people=[person_], channel="import", at=AT)
    assert list(Event.objects.filter(subject=made.member.pk).values_list("kind", flat=True)) == [
        "member.imported"
    ]
    assert Consent.objects.get().proof == "form"
