"""What members send in for a challenge from their phone: a photo, a post. Only what staff look at before it counts
can be sent in: nobody gives themselves points."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from campaigns.models import Challenge
from campaigns.queries.games.challenges import challenge as find
from campaigns.queries.games.sent import sendable, waiting_of
from loyalty.core import ids
from loyalty.core.errors import DomainError, InvalidInput
from members.operations.activities import Done, record_activity
from members.rules.doing import NewActivity
from members.rules.moderation import Proof
from members.rules.shopping import MemberRef

SOURCE = "portal"
MOST_WAITING = 10


class NothingToSend(DomainError):
    code = "nothing_to_send"
    message = _("Nothing can be sent in for this at the moment.")


class TooManyWaiting(DomainError):
    code = "too_many_waiting"
    message = _("Ten of yours still wait to be looked at. Send more when the shop has answered.")


@transaction.atomic
def send_in(*, challenge: UUID, member: UUID, kind: str, proof: str, key: str, at: datetime) -> Done:
    """Send something in with its proof, a link or some words. It waits until staff have looked. The same `key` again
    answers again. Raises `NothingToSend`, `TooManyWaiting`, `InvalidInput`, `NotFound`."""
    row = find(challenge)
    runs = (
        row.state == Challenge.State.OPEN
        and row.starts_at <= at
        and (row.ends_at is None or at < row.ends_at)
    )
    if not runs or kind not in sendable(row):
        raise NothingToSend()
    name = f"portal-{key}"
    if waiting_of(member, but=name) >= MOST_WAITING:
        raise TooManyWaiting()
    text = " ".join(proof.split())
    is_link = text.startswith(("https://", "http://"))
    if len(text) > 500 or not text.isprintable() or (is_link and " " in text):
        raise InvalidInput.of("proof", say("Give a link or a few words, at most 500 characters."))
    activity = NewActivity(
        external_id=name, kind=kind, happened_at=at, member=MemberRef(id=ids.encode("mbr", member)),
        source=SOURCE, channel="portal", proof=Proof(link=text if is_link else "", text="" if is_link else text),
    )  # fmt: skip
    return record_activity(activity=activity, at=at)
