"""Decide and render claimed messages: what goes out now is returned, the rest is noted as held or dropped."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Count
from django.utils import timezone, translation

from campaigns.models import Message, Newsletter, Preferences
from campaigns.providers.base import Outgoing
from campaigns.providers.email import sender_of
from campaigns.queries import addresses
from campaigns.queries.automated import own_words
from campaigns.queries.contents import Asked, Content, content
from campaigns.queries.experiments.assigned import arm_for
from campaigns.queries.rendering import Letter, Rendered, language_of, render
from campaigns.queries.settings import Chosen, chosen
from campaigns.rules.deciding import Facts, Why, decide
from campaigns.rules.kinds import KINDS, Topic
from campaigns.rules.timing import PAUSES, pause
from loyalty.core.merchants.models import Merchant
from loyalty.core.merchants.queries import shop_of_scope
from loyalty.core.programme import queries as programmes
from loyalty.core.programme.identity import Identity
from members.models import Member
from members.operations.comparisons import Exposed, expose
from members.queries import comparisons, directory
from members.queries.why import Voice, voice_of_scope
from members.rules.comparisons import MESSAGE, Arm, Comparison, Comparisons

log = logging.getLogger(__name__)
WEEK = timedelta(days=7)
_ACCOUNT = tuple(kind for kind, said in KINDS.items() if said.topic is Topic.ACCOUNT)
ADDRESS_OF = {"email": "email", "sms": "phone", "push": "card"}


@dataclass(frozen=True, slots=True)
class Ready:
    """A message that goes out now."""

    message: UUID
    channel: str
    to: str
    sender: str
    reply_to: str
    rendered: Rendered

    @property
    def message_language(self) -> str:
        """The language it was written in."""
        return self.rendered.language

    def outgoing(self, name: str) -> Outgoing:
        """It, under its stable name, for a provider."""
        return Outgoing(name, self.to, self.sender, self.reply_to, self.rendered)


@dataclass(frozen=True, slots=True)
class _Known:
    """What is looked up once for a batch."""

    shop: Merchant
    identity: Identity
    chosen: Chosen
    rows: Mapping[UUID, directory.Row]
    preferences: Mapping[UUID, Preferences]
    suppressed: Mapping[str, str]
    sent: Mapping[UUID, int]
    voice: Voice
    comparisons: Comparisons


def prepare(*, attempts: Mapping[UUID, int], at: datetime) -> list[Ready]:
    """Decide messages claimed for the shop acted for, by their ids with the attempt they were claimed as. In the
    caller's transaction; in the order in which they were due."""
    mine = Message.objects.filter(pk__in=list(attempts), state=Message.State.SENDING)
    # Locked in the order of their ids, as where a member's are forgotten; decided in the order they were due.
    held = mine.select_related("newsletter").select_for_update(of=("self",)).order_by("id")
    messages = sorted(
        (row for row in held if row.attempts == attempts[row.pk]), key=lambda row: (row.planned_for, row.pk)
    )
    known = _known(messages, at)
    sent, found = dict(known.sent), []
    for row in messages:
        ready = _safely(row, known, sent.get(row.member_id, 0), at)
        if ready is None:
            continue
        if row.kind not in _ACCOUNT:
            sent[row.member_id] = sent.get(row.member_id, 0) + 1
        found.append(ready)
    return found


def _safely(row: Message, known: _Known, sent: int, at: datetime) -> Ready | None:
    """One message; a fault in the making of it is its own and keeps none of the others back."""
    if row.attempts > len(PAUSES) + 1:  # whoever carried it ended each time
        _fail(row, "gave_up")
        return None
    try:
        with transaction.atomic():
            return _one(row, known, sent, at)
    except Exception:
        log.exception("message %s could not be made", row.pk)
        wait = pause(row.attempts)
        if wait is None:
            _fail(row, "not_made")
        else:
            Message.objects.filter(pk=row.pk).update(
                state=Message.State.QUEUED, due_at=at + wait, error="not_made"
            )
        return None


def _fail(row: Message, error: str) -> None:
    Message.objects.filter(pk=row.pk).update(state=Message.State.FAILED, error=error)


def _known(messages: list[Message], at: datetime) -> _Known:
    keys = {row.member_id for row in messages}
    people = directory.by_ids(keys)
    current = programmes.in_force()
    emails = [row.identities["email"] for row in people.values() if row.identities.get("email")]
    counted = (
        Message.objects.filter(member__in=keys, state=Message.State.SENT, handed_at__gt=at - WEEK)
        .exclude(kind__in=_ACCOUNT)
        .values_list("member")
        .annotate(number=Count("id"))
        .order_by("member")
    )
    return _Known(
        shop=shop_of_scope(),
        identity=current.programme["identity"] if current else Identity(),
        chosen=chosen(),
        rows=people,
        preferences={row.member_id: row for row in Preferences.objects.filter(member__in=keys)},
        suppressed=addresses.suppressed("email", emails),
        sent=dict(counted),
        voice=voice_of_scope(),
        comparisons=comparisons.current(),
    )


def _one(row: Message, known: _Known, sent: int, at: datetime) -> Ready | None:
    person = known.rows.get(row.member_id)
    if row.newsletter is not None and row.newsletter.state == Newsletter.State.CANCELLED:
        _drop(row, Why.CANCELLED)  # a dead worker had it when it was called off
        return None
    facts = _facts(row, person, known, sent, at)
    verdict = decide(row.kind, facts, due_at=row.planned_for, at=at)
    if verdict.until is not None:
        row.state, row.due_at, row.attempts = Message.State.HELD, verdict.until, 0
        row.save(update_fields=["state", "due_at", "attempts"])
        return None
    if verdict.why is not None or person is None:
        _drop(row, verdict.why or Why.NO_MEMBER)
        return None
    variant = _variant(row, known, at)
    rendered = _rendered(row, person, known, at, variant[1] if variant else None)
    if rendered is None:
        _drop(row, Why.NOTHING_LEFT)
        return None
    if variant is not None:
        expose(seen=[Exposed(row.member_id, variant[0].id, variant[1].key, at, "message", row.pk)])
    to = person.identities[ADDRESS_OF[row.channel]]
    return Ready(row.pk, row.channel, to, sender_of(known.shop), known.shop.reply_to, rendered)


def _drop(row: Message, why: Why) -> None:
    row.state, row.reason = Message.State.SUPPRESSED, why.value
    row.save(update_fields=["state", "reason"])


def _facts(row: Message, person: directory.Row | None, known: _Known, sent: int, at: datetime) -> Facts:
    if person is None:
        return Facts(takes_part=False)
    choices = known.preferences.get(row.member_id)
    address = person.identities.get(ADDRESS_OF[row.channel], "")
    zone = (choices.timezone if choices else "") or known.shop.timezone
    return Facts(
        takes_part=person.member.status == Member.Status.ACTIVE,
        held_out=known.comparisons.is_held_out(row.member_id, at),
        is_on=row.kind not in known.chosen.off,
        has_address=bool(address),
        suppressed=known.suppressed.get(address, ""),
        wanted=wanted(person, choices=choices),
        sent=sent,
        most=known.chosen.weekly_most,
        quiet=known.chosen.quiet,
        zone=ZoneInfo(zone),
    )


def wanted(person: directory.Row, *, choices: Preferences | None) -> frozenset[str]:
    """The topics a member wants to hear about by e-mail. News is a consent: without a yes it is a no."""
    said = choices or Preferences(member_id=person.member.pk)
    topics = {
        Topic.PROGRAMME: said.programme,
        Topic.REMINDERS: said.reminders,
        Topic.STATEMENT: said.statement,
        Topic.NEWSLETTER: bool(person.profile and person.profile.news_by_email),
    }
    return frozenset(topic.value for topic, yes in topics.items() if yes)


def _variant(row: Message, known: _Known, at: datetime) -> tuple[Comparison, Arm] | None:
    """The member's variant of the words, where an experiment compares them."""
    for one in known.comparisons.running(MESSAGE, at, row.kind):
        arm = arm_for(known.comparisons, one, row.member_id, at)
        if arm is not None:
            return one, arm
    return None


def _rendered(
    row: Message, person: directory.Row, known: _Known, at: datetime, arm: Arm | None
) -> Rendered | None:
    shop = known.shop
    language = language_of(person.member.language, shop)
    with translation.override(language), timezone.override(ZoneInfo(shop.timezone)):
        said: Content | None = content(
            Asked(row, known.voice, ZoneInfo(shop.timezone), at, person.balance.available)
        )
    if said is None:
        return None
    own = own_words(row, known.chosen, language)
    if arm is not None:
        own = {**own, **arm.values.get("words", {}).get(language, {})}
    letter = Letter(
        kind=row.kind,
        shop=shop,
        identity=known.identity,
        language=language,
        name=person.profile.given_name if person.profile else "",
        own=own,
        content=said,
        member=row.member_id,
    )
    return render(letter)
