"""A shop full of different people, made through the operations, for whatever is asked of segments."""

import random
from datetime import date, timedelta
from typing import Any

from analytics.models import MemberValue
from campaigns.operations.segments.shaping import create_segment
from loyalty.core import ids
from loyalty.core.errors import DomainError
from members.models import Member
from members.operations.activities import record_activity
from members.operations.membership import block, edit
from members.operations.merging import merge
from members.operations.orders import record_order
from members.operations.preferences import answer_question
from members.operations.privacy import erase_member
from members.operations.refunds import cancel_order, refund_order
from members.rules.doing import NewActivity
from members.rules.shopping import MemberRef, NewLine, NewRefund
from rewards.operations.catalogue import create_reward
from rewards.operations.redemption import redeem_reward
from tests.cast import AT, days, order, person, publish

NOW = AT + days(400)
QUESTIONS = {"questions": [
    {"id": "roast", "name": {"en": "Which roast?"}, "answers": "one",
     "options": [{"id": "light", "name": {"en": "Light"}}, {"id": "dark", "name": {"en": "Dark"}}]},
    {"id": "likes", "name": {"en": "Likes"},
     "options": [{"id": "tea", "name": {"en": "Tea"}}, {"id": "buns", "name": {"en": "Buns"}}]},
]}  # fmt: skip
LADDER = {"ladder": [{"id": "silver", "at_least": 300_00}, {"id": "gold", "at_least": 900_00}]}
LIFE = {"expiry": "rolling", "months": 12}
SKUS, CATEGORIES, BRANDS = ("latte", "beans", "mug"), ("drinks", "beans", "things"), ("luna", "other")
CHANNELS, METHODS = ("web", "pos"), ("card", "swish")


def open_town() -> None:
    """The programme that everything here is about."""
    publish(tiers=LADDER, questions=QUESTIONS, points_life=LIFE)


def a_segment(*of: dict[str, Any], match: str = "all", name: str = "Chosen", **more: Any) -> Any:
    """A segment of some conditions."""
    return create_segment(
        name=name, conditions={"match": match, "of": list(of)}, at=more.pop("at", NOW), **more
    )


def crowd(chance: random.Random, *, count: int = 24) -> list[Member]:
    """People who bought, answered, came back, sent things back, were merged, blocked and forgotten."""
    people = [_someone(chance, number) for number in range(count)]
    reward = create_reward(at=AT, details={"kind": "custom", "name": {"en": "Cup"}, "cost_points": 20})
    for one in people:
        for _time in range(chance.choice((0, 0, 1, 2, 3, 5))):
            _purchase(chance, one)
        if chance.random() < 0.4:
            _do(chance, one)
        if chance.random() < 0.5:
            answer_question(
                member=one.pk, question="roast", chosen=[chance.choice(("light", "dark"))], at=NOW
            )
        if chance.random() < 0.3:
            answer_question(
                member=one.pk, question="likes", chosen=["tea", "buns"][: chance.choice((1, 2))], at=NOW
            )
    for one in people:
        if chance.random() < 0.3:
            try:
                redeem_reward(
                    member=one.pk, reward=reward.pk, key=f"r-{one.pk}", at=NOW - days(chance.choice((1, 50)))
                )
            except DomainError:
                continue
    merge(keep=people[0].pk, remove=people[1].pk, at=NOW)
    merge(keep=people[2].pk, remove=people[3].pk, at=NOW)
    block(member=people[4].pk, at=NOW, reason="test")
    erase_member(member=people[5].pk, at=NOW)
    for one in people[6:]:
        if chance.random() < 0.7:
            MemberValue.objects.create(
                member=one, day=NOW.date(), stage=chance.choice(MemberValue.Stage.values), purchases=2, spent_minor=0,
                alive=0.5, expected=1, predicted_minor=chance.choice((0, 150_00, 500_00, 2_000_00)), low_minor=0,
                high_minor=2_000_00,
            )  # fmt: skip
    return people


def _someone(chance: random.Random, number: int) -> Member:
    joined = AT + timedelta(days=chance.randrange(0, 390), hours=chance.randrange(24))
    details: dict[str, Any] = {"given_name": f"Name{number}", "news_by_email": chance.random() < 0.5,
                               "news_by_sms": chance.random() < 0.2}  # fmt: skip
    if chance.random() < 0.7:
        details["birthday"] = chance.choice(
            (date(1990, 4, 6), date(1992, 2, 29), date(1985, 4, 20), date(2000, 12, 31))
        )
    made = person(f"m{number}", at=joined, **details)
    if chance.random() < 0.6:
        edit(member=made.pk, language=chance.choice(("sv", "nb", "en")), at=NOW)
    return made


def _purchase(chance: random.Random, one: Member) -> None:
    at = NOW - timedelta(
        days=chance.choice((0, 1, 7, 29, 30, 31, 60, 89, 90, 200, 364, 365, 380)), hours=chance.randrange(3)
    )
    lines = tuple(
        NewLine(sku=SKUS[pick], category=CATEGORIES[pick], brand=chance.choice(BRANDS), tags=frozenset(chance.sample(("eco", "own"), 1)),
                amount_minor=chance.choice((5_00, 49_50, 120_00, 350_00)))
        for pick in chance.sample(range(3), chance.choice((1, 2)))
    )  # fmt: skip
    name = f"o-{chance.getrandbits(60)}"
    record_order(
        order=order(one, at=at, lines=lines, external_id=name, channel=chance.choice(CHANNELS),
                    location=chance.choice(("main", "")), payment_method=chance.choice(METHODS)),
        at=NOW,
    )  # fmt: skip
    luck = chance.random()
    if luck < 0.12:
        cancel_order(source="api", order_external_id=name, cancelled_at=NOW, at=NOW)
    elif luck < 0.3:
        refund_order(source="api", order_external_id=name, refund=NewRefund("r", NOW, (), 3_00), at=NOW)


def _do(chance: random.Random, one: Member) -> None:
    at = NOW - days(chance.choice((2, 20, 100)))
    who = MemberRef(id=ids.encode("mbr", one.pk))
    doing = NewActivity(f"a-{chance.getrandbits(60)}", chance.choice(("review", "visit")), at, who)
    record_activity(activity=doing, at=NOW)


_ENDS = ((1, None), (2, None), (None, 1), (None, 0), (1, 3))


def condition(chance: random.Random) -> dict[str, Any]:
    """Any condition, with values near those that people have."""
    low, high = chance.choice(_ENDS)
    within = chance.choice((None, 30, 90, 365))
    where = chance.choice(
        ({}, {}, {"channels": ["web"]}, {"locations": ["main"]}, {"payment_methods": ["swish"]})
    )
    days_ = chance.choice(((30, None), (None, 90), (1, 365), (0, 0)))
    far = {"at_least_days": days_[0], "at_most_days": days_[1]}
    return chance.choice((
        {"type": "orders", "at_least": low, "at_most": high, "within_days": within, **where},
        {"type": "spent", "at_least_minor": chance.choice((100_00, 0, 400_00)), "within_days": within, **where},
        {"type": "average_order", "at_most_minor": chance.choice((100_00, 250_00)), "within_days": within, **where},
        {"type": "since_order", **far},
        {"type": "bought", "times": chance.choice((1, 2)), "within_days": within,
         **chance.choice(({"skus": ["latte"]}, {"categories": ["beans", "things"]}, {"brands": ["luna"], "skus": ["mug"]},
                          {"tags": ["eco"]}))},
        {"type": "did", "kind": "review", "at_least": low, "at_most": high, "within_days": within},
        {"type": "redeemed", "at_least": low, "at_most": high, "within_days": within},
        {"type": "tier", "any_of": chance.choice((["silver"], ["gold", "silver"], ["-"]))},
        {"type": "points", "at_least": chance.choice((None, 1, 100)), "at_most": 500},
        {"type": "points_ending", "within_days": chance.choice((30, 366)), "at_least": chance.choice((1, 100))},
        {"type": "lifecycle", "any_of": chance.sample(["never", "new", "active", "slipping", "lapsed"], 2),
         "active_days": 30, "lapsed_days": chance.choice((90, 365))},
        {"type": "rfm", "any_of": chance.sample(["best", "loyal", "growing", "new", "wavering", "at_risk", "fading", "gone"], 3)},
        {"type": "foretold", "any_of": chance.sample(["once", "staying", "leaving", "gone"], 2)},
        {"type": "foretold_spend", "at_least_minor": chance.choice((0, 200_00)), "at_most_minor": 900_00},
        {"type": "segment", "any_of": chance.choice((["told-roast-dark"], ["told-likes-tea", "nobody"]))},
        {"type": "answer", "any_of": chance.choice((["roast:dark"], ["likes:tea", "roast:light"]))},
        {"type": "consent", "to": chance.choice(("email", "sms")), "given": chance.random() < 0.6},
        {"type": "joined", **far},
        {"type": "joined_by", "any_of": ["api"]},
        {"type": "language", "any_of": chance.choice((["sv"], ["nb", "en"]))},
        {"type": "birthday", "within_days": chance.choice((0, 14, 365))},
    ))  # fmt: skip


def tree(chance: random.Random, depth: int = 0) -> dict[str, Any]:
    """Any conditions in any groups."""
    of = [
        {"type": "group", **tree(chance, depth + 1)}
        if depth < 2 and chance.random() < 0.25
        else condition(chance)
        for _one in range(chance.choice((1, 2, 3)))
    ]
    return {"match": chance.choice(("all", "any", "none")), "of": of}
