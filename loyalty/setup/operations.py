"""From an empty server to a live programme: make its owner, keep what is answered, open the shop, take it live."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from loyalty.blueprints.opening import Fit, open_blueprint
from loyalty.core.errors import DomainError, Forbidden, NotFound
from loyalty.core.events.operations import record
from loyalty.core.merchants.models import Merchant
from loyalty.core.merchants.operations import add_staff, open_merchant
from loyalty.core.merchants.queries import shop_of_scope
from loyalty.core.merchants.roles import Role
from loyalty.core.people.models import User
from loyalty.core.people.operations import make_operator
from loyalty.core.programme import operations as programmes
from loyalty.core.tenancy import scope
from loyalty.core.tenancy.scope import Actor, acting_for
from loyalty.setup import queries
from loyalty.setup.answers import Answers, stored
from loyalty.setup.checklist import TICKABLE
from loyalty.setup.costing import usual_basket
from loyalty.setup.models import FirstLink, Launch, Sketch
from loyalty.setup.places import zone_of
from loyalty.setup.pretend import pretend
from loyalty.setup.readiness import COPIED, Readiness, Weight, readiness, side
from loyalty.setup.tailoring import language_of, tailored
from members.operations.tier_publishing import MOVE_DOWN
from rewards.models import Reward
from rewards.operations.catalogue import create_reward, edit_reward, retire_reward

LINK_GOOD_FOR = timedelta(hours=24)
PAUSE = timedelta(minutes=1)
"""Servers start several workers at once: one link for all of them is enough."""
SETUP = Actor("system", "setup")
_TOKEN_BYTES = 32


class LinkGone(DomainError):
    code = "link_gone"
    status = 404
    message = _("This link was used, replaced by a newer one, or is too old. Ask the server for a new one.")


class ServerClaimed(DomainError):
    code = "server_claimed"
    message = _("This server has an owner already.")


class NoShopsHere(Forbidden):
    code = "no_shops_here"
    message = _("New shops are opened by the operator of this server.")


class NotReady(DomainError):
    code = "not_ready_to_go_live"
    message = _("Something still stands in the way of going live. It is listed on the page.")


class NotTheTestShop(DomainError):
    code = "not_the_test_shop"
    message = _("Only a test shop can be taken live.")


def make_first_link(*, at: datetime) -> str:
    """A new one-time token, good for a day, that makes the owner of this server; the one before no longer counts.
    Shown once: only its digest is kept. Raises `ServerClaimed`."""
    with transaction.atomic():
        _link_locked(at)
        if queries.is_claimed():
            raise ServerClaimed()
        return _renewed(at)


def offer_first_link(*, at: datetime) -> str | None:
    """`make_first_link` for whoever starts a server: None when it has an owner, or when another worker that starts at
    the same moment has made one."""
    if queries.is_claimed():
        return None
    with transaction.atomic():
        row, is_new = _link_locked(at)
        if not is_new and row.used_at is None and row.made_at > at - PAUSE:
            return None
        return _renewed(at)


def _link_locked(at: datetime) -> tuple[FirstLink, bool]:
    """The one row, locked; whether it was made just now."""
    blank = {"digest": b"", "made_at": at, "expires_at": at}
    made = FirstLink.objects.get_or_create(pk=FirstLink.ONLY, defaults=blank)[1]
    return FirstLink.objects.select_for_update().get(pk=FirstLink.ONLY), made


def _renewed(at: datetime) -> str:
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    FirstLink.objects.filter(pk=FirstLink.ONLY).update(
        digest=queries.digest_of(token), made_at=at, expires_at=at + LINK_GOOD_FOR, used_at=None
    )
    return token


@transaction.atomic
def create_owner(*, token: str, email: str, at: datetime) -> User:
    """Make the owner of this server with a one-time link; they sign in by the code that goes to their address. Raises
    `LinkGone`, `InvalidInput` for what is no address, which leaves the link good."""
    row = FirstLink.objects.select_for_update().filter(pk=FirstLink.ONLY).first()
    if row is None or not queries.fits(row, token, at=at) or queries.is_claimed():
        raise LinkGone()
    user = make_operator(email=email)
    row.used_at = at
    row.save(update_fields=["used_at"])
    return user


@transaction.atomic
def ensure_owner(*, email: str) -> bool:
    """Make the owner that the server's own settings name, unless it has one; whether that was done."""
    if queries.is_claimed():
        return False
    make_operator(email=email)
    return True


@transaction.atomic
def keep_answers(*, user: int, answers: Answers, at: datetime) -> Sketch:
    """Keep what somebody has answered so far; there is one sketch of a person at a time."""
    try:
        with transaction.atomic():
            begun = {"started_at": at, "changed_at": at}
            row = Sketch.objects.select_for_update().get_or_create(user_id=user, opened=None, defaults=begun)[
                0
            ]
    except IntegrityError:  # begun on another page at this very moment
        row = Sketch.objects.select_for_update().get(user_id=user, opened=None)
    row.answers, row.changed_at = stored(answers), at
    row.save(update_fields=["answers", "changed_at"])
    return row


@transaction.atomic
def drop_sketch(*, user: int) -> None:
    """Throw away what was answered, to begin anew."""
    Sketch.objects.filter(user_id=user, opened=None).delete()


@transaction.atomic
def open_shop(*, sketch: UUID, user: int, answers: Answers, at: datetime) -> Merchant:
    """Open the shop of a sketch: live and test sibling with this person as owner, the programme published in the test
    shop with its rewards and three pretend members. Returns the live one; the same sketch again answers the same shop.

    Raises `NoShopsHere`, `NotFound`, `SlugTaken`, and `InvalidInput` naming what cannot be.
    """
    person = get_user_model().objects.get(pk=user)
    if not queries.may_open_shops(person):
        raise NoShopsHere()
    row = Sketch.objects.select_for_update(of=["self"]).filter(pk=sketch, user_id=user).first()
    if row is None:
        raise NotFound("set-up")
    if row.opened_id is not None:
        return Merchant.objects.get(pk=row.opened_id)
    live = _opened(answers, at)
    sandbox = live.sandbox
    owner = Actor("staff", str(_owns(live, person, at)), Role.OWNER)
    tester = Actor("staff", str(_owns(sandbox, person, at)), Role.OWNER)
    found = tailored(answers, at=at)
    with acting_for(sandbox, by=tester):
        open_blueprint(blueprint=found.blueprint.id, at=at, fit=Fit(found.programme, found.rewards))
        pretend(basket_minor=answers.customers.average_minor or usual_basket(live.currency), at=at)
    with acting_for(live, by=owner):
        Launch.objects.create(
            goals=[str(goal) for goal in answers.wishes.goals],
            opens_on=answers.launch.opens_on,
            tell_by=list(answers.launch.tell_by),
        )
    row.opened, row.answers, row.changed_at = live, stored(answers), at
    row.save(update_fields=["opened", "answers", "changed_at"])
    return live


def _opened(answers: Answers, at: datetime) -> Merchant:
    said, place = answers.shop, answers.customers
    look = {"brand_colour": said.colour} if said.colour else {}
    return open_merchant(
        name=said.name,
        slug=said.slug,
        currency=place.currency,
        timezone=said.timezone or zone_of(place.country),
        country=place.country,
        language=language_of(answers),
        at=at,
        by=SETUP,
        **look,
    )


def _owns(shop: Merchant, person: Any, at: datetime) -> UUID:
    with acting_for(shop, by=SETUP):
        return add_staff(email=person.email, role=Role.OWNER, at=at).pk


@dataclass(frozen=True, slots=True)
class Taken:
    """What going live did: whether the programme changed, the number that counts, and handles by what was done."""

    programme: bool
    number: int | None
    made: tuple[str, ...]
    changed: tuple[str, ...]


@transaction.atomic
def take_live(
    *, sandbox: Merchant, live: Merchant, at: datetime, confirmed: Collection[str] = (), note: str = ""
) -> Taken:
    """Make the live shop offer what its test sibling does: the rewards first, then the programme, published there.

    `confirmed` are the codes of findings that were read and accepted. Nothing is taken away that only the live shop
    has, no stock is touched, and what was earned keeps its terms. The same again changes nothing. Needs an open scope
    whose actor may publish at both. Raises `NotTheTestShop`, `NotReady`.
    """
    if sandbox.sandbox_of_id != live.pk:
        raise NotTheTestShop()
    actor = scope.actor()
    # One at a time: whoever comes second finds what the first has done.
    Merchant.objects.select_for_update(no_key=True).get(pk=live.pk)
    found = readiness(sandbox=sandbox, live=live, at=at)
    _refuse(found, confirmed)
    if not found.anything:
        return Taken(False, None, (), ())
    content = side(sandbox, at=at).content
    with acting_for(live, by=actor):
        if found.programme_changes:
            programmes.save_draft(content=content, at=at, note=note)
        made, changed = _copied(found, at)
        number = None
        if found.programme_changes:
            text = note or str(_("Taken live from the test shop"))
            choices = {MOVE_DOWN: True} if MOVE_DOWN in confirmed else {}
            number = programmes.publish(at=at, note=text, choices=choices).number
        told = {"number": found.number, "made": made, "changed": changed}
        record("programme.taken_live", subject=None, at=at, data=told)
    return Taken(found.programme_changes, number, tuple(made), tuple(changed))


def _refuse(found: Readiness, confirmed: Collection[str]) -> None:
    open_ones = [one.code for one in found.of(Weight.CONFIRM) if one.code not in confirmed]
    stops = [one.code for one in found.of(Weight.STOPS)]
    if stops or open_ones:
        raise NotReady(codes=[*stops, *open_ones])


def _copied(found: Readiness, at: datetime) -> tuple[list[str], list[str]]:
    """Carry out the changes of rewards in the live shop that is acted for; handles of those made, and of the others."""
    made, changed = [], []
    here = dict(Reward.objects.values_list("handle", "pk"))
    for change in found.changes:
        row = change.reward
        details = {name: getattr(row, name) for name in COPIED}
        match change.what:
            case "made":
                create_reward(at=at, handle=row.handle, details={**details, "stock": row.stock})
                made.append(row.handle)
                continue
            case "changed":
                edit_reward(reward=here[row.handle], at=at, details=details)
            case _:
                retire_reward(reward=here[row.handle], at=at, retired=change.what == "retired")
        if row.handle not in changed:
            changed.append(row.handle)
    return made, changed


@transaction.atomic
def tick(*, step: str, ticked: bool) -> None:
    """Tick a step of the checklist by hand, or take the tick back, in the live shop that is acted for. `NotFound` for
    a step that nobody ticks."""
    if step not in TICKABLE:
        raise NotFound("step")
    row = _launch_locked()
    rest = [one for one in row.ticked if one != step]
    row.ticked = [*rest, step] if ticked else rest
    row.save(update_fields=["ticked"])


@transaction.atomic
def put_away(*, hidden: bool, at: datetime) -> None:
    """Hide the checklist of the live shop that is acted for from the overview, or show it again."""
    row = _launch_locked()
    row.hidden_at = at if hidden else None
    row.save(update_fields=["hidden_at"])


def _launch_locked() -> Launch:
    if shop_of_scope().is_sandbox:
        raise NotFound("checklist")
    Launch.objects.get_or_create(merchant_id=scope.merchant_id())
    return Launch.objects.select_for_update().get()
