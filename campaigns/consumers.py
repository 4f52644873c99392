"""What messages follow from what happens. The few come by consumers, each event on its own; what happens with nearly
every order is planned where events leave the outbox, in one statement for a whole batch."""

from uuid import UUID

from campaigns.operations import digests, privacy
from campaigns.operations.automations import entering
from campaigns.operations.experiments import exposing
from campaigns.operations.games import looking as games
from campaigns.operations.games.moving import move as move_games
from campaigns.operations.planning import New, plan
from campaigns.operations.segments import looking
from campaigns.operations.surveys import privacy as surveys
from campaigns.queries.automations.reading import are_listening
from campaigns.queries.games.challenges import are_played
from campaigns.queries.segments.reading import are_kept
from campaigns.rules.timing import STALE
from loyalty.core import clock
from loyalty.core.events import consumers
from loyalty.core.events.consumers import consumes, consumes_now
from loyalty.core.events.models import Event


def _plan_one(event: Event, kind: str, occasion: str = "", **data: object) -> None:
    now = clock.now()
    if event.subject is None or event.happened_at < now - STALE:
        return
    plan(
        messages=[
            New(member=event.subject, kind=kind, occasion=occasion or f"event:{event.pk}", due_at=now, data=data,
                event=event.pk)
        ],
        at=now,
    )  # fmt: skip


@consumes("member.joined")
def welcome(event: Event) -> None:
    """Once for each member."""
    _plan_one(event, "welcome", "joined")


@consumes("reward.redeemed")
def send_code(event: Event) -> None:
    """The code of a reward that was taken, once for each redemption. One that was used at the till by the time the
    mail is made is not told."""
    redemption = event.data.get("redemption")
    if redemption:
        _plan_one(event, "code", f"redemption:{redemption}", redemption=redemption)


@consumes("tier.changed")
def tell_of_tier(event: Event) -> None:
    """Up and down. For who had no tier, only reaching one is news: what everybody has comes with the welcome, or with a
    new ladder."""
    kind = {"up": "tier_up", "down": "tier_down"}.get(str(event.data.get("direction")))
    if kind and (event.data.get("from") or event.data.get("reason") == "reached"):
        _plan_one(event, kind, to=event.data.get("to"))


@consumes("referral.joined", "referral.rewarded")
def tell_of_friend(event: Event) -> None:
    """To the member who brought somebody, each step once."""
    step = event.kind.partition(".")[2]
    referral = event.data.get("referral")
    if referral:
        _plan_one(event, f"referral_{step}", f"referral:{referral}")


@consumes("activity.recorded")
def congratulate(event: Event) -> None:
    """A birthday that the programme noticed."""
    if event.data.get("kind") == "birthday":
        _plan_one(event, "birthday")


_PAID = {
    "membership.payment_due": "membership_due",
    "membership.payment_failed": "membership_failed",
    "membership.price_changes": "membership_price",
}


@consumes("membership.payment_due", "membership.payment_failed", "membership.price_changes")
def tell_of_payment(event: Event) -> None:
    """Of a paid membership."""
    kept = ("membership", "price_minor", "after_minor", "since")
    _plan_one(event, _PAID[event.kind], **{name: event.data[name] for name in kept if name in event.data})


@consumes_now("member.merged")
def move_choices(event: Event) -> None:
    """In the transaction of the merge: a no must not be lost in between."""
    if event.subject is not None:
        privacy.move(to=event.subject, of=UUID(event.data["merged"]))
        privacy.move_rehearsed(to=event.subject, of=UUID(event.data["merged"]))
        privacy.move_won(to=event.subject, of=UUID(event.data["merged"]))
        exposing.move(to=event.subject, of=UUID(event.data["merged"]))
        surveys.move(to=event.subject, of=UUID(event.data["merged"]))
        privacy.move_automated(to=event.subject, of=UUID(event.data["merged"]), at=event.happened_at)
        move_games(to=event.subject, of=UUID(event.data["merged"]), at=event.happened_at)


@consumers.plans
def plan_digests(events: list[Event]) -> None:
    """What was collected or became ready, as events leave the outbox."""
    digests.plan_digests(events=events, at=clock.now())


consumers.follows(are_kept)


@consumers.plans
def plan_looks(events: list[Event]) -> None:
    """Whom to look at again for their segments, as events leave the outbox."""
    looking.note_looks(events=events, at=clock.now())


consumers.follows(are_listening)


@consumers.plans
def plan_sparks(events: list[Event]) -> None:
    """What concerns an automation, as events leave the outbox."""
    entering.note_sparks(events=events, at=clock.now())


consumers.follows(are_played)


@consumers.plans
def plan_game_looks(events: list[Event]) -> None:
    """Whose games to look at again, as events leave the outbox."""
    games.note_looks(events=events, at=clock.now())
