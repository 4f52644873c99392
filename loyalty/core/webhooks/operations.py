"""Add, change, pause and remove endpoints; roll their secrets; send a test, or again what did not arrive.

Lock order inside this room: an endpoint before its deliveries. Nothing else of the house is locked together with them.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from loyalty.core import ids
from loyalty.core.errors import DomainError, InvalidInput, NotFound
from loyalty.core.events.kinds import is_choice
from loyalty.core.events.models import Event
from loyalty.core.events.operations import record
from loyalty.core.tenancy import scope
from loyalty.core.webhooks import queries
from loyalty.core.webhooks.addresses import complaint
from loyalty.core.webhooks.bell import ring_after_commit
from loyalty.core.webhooks.models import Delivery, Endpoint
from loyalty.core.webhooks.signing import new_secret
from loyalty.core.webhooks.vault import locked_away

Status = Endpoint.Status
MOST_ENDPOINTS = 20
MOST_KINDS = 100
LONGEST_OVERLAP = timedelta(days=7)

_COMPLAINTS = {
    "not_an_address": _("Write a full address, like https://shop.example/hooks/points."),
    "not_https": _("The address begins with https://, so that nobody on the way can read along."),
    "has_password": _("Leave the name and password out of the address; check the signature instead."),
    "has_fragment": _("Leave out the part after “#”: servers never see it."),
    "port": _("Use the usual port of https (443), or 8443."),
    "not_public": _("This address is inside a private network. It has to be reachable from the internet."),
}


class TooManyWebhooks(DomainError):
    code = "too_many_webhooks"
    message = _("A shop has at most {most} webhooks. Remove one first.")


class WebhookOff(DomainError):
    code = "webhook_off"
    message = _("This webhook is switched off. Switch it on first.")


def _check(*, url: str, kinds: Collection[str], description: str) -> None:
    """Raise `InvalidInput` with every field that cannot be used."""
    errors = []
    wrong = complaint(url)
    if wrong:
        errors.append({"field": "url", "code": wrong, "message": str(_COMPLAINTS[wrong])})
    unknown = [choice for choice in kinds if not is_choice(choice)]
    if not kinds or len(kinds) > MOST_KINDS:
        errors.append(
            {"field": "kinds", "code": "invalid", "message": str(_("Choose at least one kind of event."))}
        )
    elif unknown:
        sentence = _("There is no kind of event called “{name}”.")
        errors.append(
            {"field": "kinds", "code": "unknown", "message": str(sentence).format(name=unknown[0][:60])}
        )
    if len(description) > 120:
        errors.append(
            {"field": "description", "code": "invalid", "message": str(_("At most 120 characters."))}
        )
    if errors:
        raise InvalidInput(errors)


def _locked(key: UUID) -> Endpoint:
    found = (
        Endpoint.objects.select_for_update(no_key=True).filter(pk=key).exclude(status=Status.REMOVED).first()
    )
    if found is None:
        raise NotFound("webhook endpoint")
    return found


def _told(row: Endpoint, what: str, at: datetime, **figures: Any) -> None:
    """Announce a change; every process may ask again who waits for what."""
    record(f"webhook.{what}", subject=row.pk, at=at, data=figures)
    merchant = scope.merchant_id()
    queries.forget_choices(merchant)
    transaction.on_commit(lambda: queries.forget_choices(merchant), robust=True)


@transaction.atomic
def add_endpoint(
    *, url: str, kinds: Collection[str], at: datetime, description: str = ""
) -> tuple[Endpoint, str]:
    """An address that is told from now on what happens, of the kinds chosen (`*`, `points.*`, `points.earned`). Returns
    it with its signing secret, which is shown once. Raises `InvalidInput`, `TooManyWebhooks`."""
    url, description = url.strip(), description.strip()
    _check(url=url, kinds=kinds, description=description)
    if len(queries.endpoints()) >= MOST_ENDPOINTS:
        raise TooManyWebhooks(most=MOST_ENDPOINTS)
    secret = new_secret()
    row = Endpoint.objects.create(
        url=url, kinds=sorted(set(kinds)), description=description, secret=locked_away(secret),
        created_at=at, changed_at=at, created_by=str(scope.actor()),
    )  # fmt: skip
    _told(row, "added", at, kinds=row.kinds)
    return row, secret


@transaction.atomic
def change_endpoint(
    *,
    endpoint: UUID,
    at: datetime,
    url: str | None = None,
    kinds: Collection[str] | None = None,
    description: str | None = None,
) -> Endpoint:
    """Change what is given. What waits goes to the new address; what was planned before stays planned."""
    row = _locked(endpoint)
    before = (row.url, row.kinds, row.description)
    row.url = row.url if url is None else url.strip()
    row.kinds = row.kinds if kinds is None else sorted(set(kinds))
    row.description = row.description if description is None else description.strip()
    _check(url=row.url, kinds=row.kinds, description=row.description)
    after = (row.url, row.kinds, row.description)
    changed = [
        name
        for name, was, now in zip(("url", "kinds", "description"), before, after, strict=True)
        if was != now
    ]
    if not changed:
        return row
    if "url" in changed:  # how the old address did says nothing about the new one
        row.failures, row.failing_since = 0, None
    row.changed_at = at
    row.save()
    _told(row, "changed", at, fields=changed)
    return row


@transaction.atomic
def pause_endpoint(*, endpoint: UUID, at: datetime) -> Endpoint:
    """Send nothing more. What happens from now on is not planned; what waits is given up and can be resent later."""
    row = _locked(endpoint)
    if row.status == Status.ACTIVE:
        stop(row=row, status=Status.PAUSED, at=at)
        _told(row, "paused", at)
    return row


@transaction.atomic
def resume_endpoint(*, endpoint: UUID, at: datetime) -> Endpoint:
    """Send again, from now on. What was given up meanwhile is sent again only when asked for (`resend_failed`)."""
    row = _locked(endpoint)
    if row.status != Status.ACTIVE:
        row.status, row.why, row.failures, row.failing_since, row.changed_at = Status.ACTIVE, "", 0, None, at
        row.save(update_fields=["status", "why", "failures", "failing_since", "changed_at"])
        _told(row, "resumed", at)
    return row


@transaction.atomic
def remove_endpoint(*, endpoint: UUID, at: datetime) -> None:
    """Forget the secrets and send nothing more, ever. What was delivered is forgotten with time."""
    row = _locked(endpoint)
    row.secret = row.old_secret = ""
    row.save(update_fields=["secret", "old_secret"])
    stop(row=row, status=Status.REMOVED, at=at)
    _told(row, "removed", at)


def stop(*, row: Endpoint, status: str, at: datetime, why: str = "") -> None:
    """An endpoint whose row the caller holds takes nothing more: what waits for it is given up."""
    row.status, row.why, row.changed_at = status, why, at
    row.save(update_fields=["status", "why", "changed_at"])
    waiting = Delivery.objects.filter(endpoint=row, status=Delivery.Status.WAITING)
    waiting.update(status=Delivery.Status.FAILED, error="switched_off")


@transaction.atomic
def disable_endpoint(*, row: Endpoint, why: str, at: datetime) -> None:
    """Switch off an endpoint, whose row the caller holds, that cannot be delivered to; owners read of it."""
    stop(row=row, status=Status.DISABLED, at=at, why=why)
    _told(row, "disabled", at, why=str(why))


@transaction.atomic
def roll_secret(*, endpoint: UUID, at: datetime, overlap: timedelta = timedelta(hours=24)) -> str:
    """A new signing secret, shown once. For `overlap` (a week at most) the old one signs beside it, so that the
    receiver can change over in between."""
    if not timedelta() <= overlap <= LONGEST_OVERLAP:
        raise InvalidInput.of("overlap_hours", str(_("Choose between no time and a week.")))
    row = _locked(endpoint)
    secret = new_secret()
    row.old_secret, row.old_secret_until = (row.secret, at + overlap) if overlap else ("", None)
    row.secret, row.changed_at = locked_away(secret), at
    row.save(update_fields=["secret", "old_secret", "old_secret_until", "changed_at"])
    _told(row, "secret_rolled", at, old_until=(at + overlap).isoformat())
    return secret


@transaction.atomic
def send_test(*, endpoint: UUID, at: datetime) -> Delivery:
    """Send a `webhook.test` event to one endpoint, whatever kinds it has chosen. Raises `WebhookOff`."""
    row = _locked(endpoint)
    if row.status != Status.ACTIVE:
        raise WebhookOff()
    event = record("webhook.test", subject=row.pk, at=at, data={"endpoint": ids.encode("whe", row.pk)})
    delivery = Delivery.objects.create(
        endpoint=row, event_number=event.pk, kind=event.kind, due_at=at, created_at=at
    )
    ring_after_commit()
    return delivery


@transaction.atomic
def call_endpoint(*, endpoint: UUID, event: Event, at: datetime) -> Delivery:
    """Tell one endpoint of an event that was just recorded, whatever kinds it has chosen; once, also where this kind is
    among them. The endpoint's row is the last that is locked. Raises `NotFound` and `WebhookOff`."""
    row = Endpoint.objects.select_for_update(no_key=True).filter(pk=endpoint).first()
    if row is None or row.status == Status.REMOVED:
        raise NotFound("webhook endpoint")
    if row.status != Status.ACTIVE:
        raise WebhookOff()
    delivery = Delivery.objects.create(
        endpoint=row, event_number=event.pk, kind=event.kind, due_at=at, created_at=at
    )
    ring_after_commit()
    return delivery


@transaction.atomic
def resend(*, delivery: UUID, at: datetime) -> Delivery:
    """Send one delivery again, now, with the id it always had; also one that arrived. Raises `WebhookOff`."""
    row = queries.delivery(delivery)
    if _locked(row.endpoint_id).status != Status.ACTIVE:
        raise WebhookOff()
    row = Delivery.objects.select_for_update().get(pk=delivery)
    row.status, row.due_at, row.tries = Delivery.Status.WAITING, at, 0
    row.save(update_fields=["status", "due_at", "tries"])
    ring_after_commit()
    return row


@transaction.atomic
def resend_failed(*, endpoint: UUID, since: datetime, at: datetime) -> int:
    """Send everything again that was planned since then and given up; how many. Raises `WebhookOff`."""
    row = _locked(endpoint)
    if row.status != Status.ACTIVE:
        raise WebhookOff()
    again = queries.deliveries(row.pk, status=Delivery.Status.FAILED).filter(created_at__gte=since)
    count = again.update(status=Delivery.Status.WAITING, due_at=at, tries=0)
    ring_after_commit()
    return count
