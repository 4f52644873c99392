"""Reading limits for changes by hand, what was used of them, and what waits for a second person."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from django.db.models import Count, Q, QuerySet

from loyalty.core.errors import NotFound
from loyalty.core.ledger.queries import known_keys, of_kind
from loyalty.core.merchants.queries import shop_of_scope
from loyalty.core.tenancy import scope
from loyalty.core.tenancy.plans import Fixed
from members.models import AdjustmentLimits, AdjustmentPart, AdjustmentRequest, AdjustmentUse
from members.rules.adjusting import Limit, Limits


def limits() -> Limits:
    """What the shop allows; nobody is limited where it never said anything."""
    row = AdjustmentLimits.objects.first()
    return msgspec.convert(row.limits, Limits) if row else Limits()


def limit_of_actor() -> Limit:
    """The limit of whoever acts."""
    actor = scope.actor()
    return limits().of(actor.kind, actor.role)


def today(at: datetime) -> date:
    """The day of an instant in the shop's calendar."""
    return at.astimezone(ZoneInfo(shop_of_scope().timezone)).date()


def used(actor: str, *, at: datetime) -> int:
    """How much an actor has given and taken by hand today, since the shop has limits."""
    rows = AdjustmentUse.objects.filter(actor=actor, day=today(at)).values_list("units", flat=True)
    return rows.first() or 0


def needs_approval(amount: int, *, at: datetime, members: int = 1) -> bool:
    """Whether so much for each of so many members is more than whoever acts may do alone today."""
    limit = limit_of_actor()
    if limit.none:
        return False
    so_far = used(str(scope.actor()), at=at)
    return limit.over(each=abs(amount), total=abs(amount) * members, used=so_far)


def undo_key(transfer: UUID) -> str:
    """The name under which a change by hand is taken back, once for good."""
    return f"adjust-undo:{transfer}"


def undoable(transfers: Sequence[UUID]) -> set[UUID]:
    """Those of some movements that are changes by hand and were not taken back; two queries."""
    found = of_kind(transfers, "adjustment") if transfers else set()
    gone = known_keys([undo_key(transfer) for transfer in found]) if found else set()
    return {transfer for transfer in found if undo_key(transfer) not in gone}


def request(request_id: UUID) -> AdjustmentRequest:
    """One request; `NotFound` otherwise."""
    found = AdjustmentRequest.objects.filter(pk=request_id).first()
    if found is None:
        raise NotFound("request")
    return found


def waiting(*, at: datetime) -> QuerySet[AdjustmentRequest]:
    """Requests that can still be decided, longest waiting first; the caller slices."""
    rows = AdjustmentRequest.objects.filter(status=Fixed("waiting"), expires_at__gt=at)
    return rows.order_by("id")


def decided() -> QuerySet[AdjustmentRequest]:
    """Requests that are settled one way or the other, last asked first; the caller slices."""
    return AdjustmentRequest.objects.exclude(status=Fixed("waiting")).order_by("-id")


def about(member: UUID) -> QuerySet[AdjustmentRequest]:
    """Requests about a member that wait."""
    mine = AdjustmentPart.objects.filter(member=member, posting=None, skipped="")
    asked = list(mine.values_list("request_id", flat=True))
    return AdjustmentRequest.objects.filter(pk__in=asked, status="waiting").order_by("id")


def parts(requests: Sequence[UUID]) -> dict[UUID, list[AdjustmentPart]]:
    """The members of each request, in the order they were named; one query."""
    found: dict[UUID, list[AdjustmentPart]] = {pk: [] for pk in requests}
    for row in AdjustmentPart.objects.filter(request__in=list(requests)).order_by("id"):
        found[row.request_id].append(row)
    return found


def sizes(requests: Sequence[UUID]) -> dict[UUID, tuple[int, int]]:
    """How many members each request is about, and how many of them were passed over; one query."""
    rows = AdjustmentPart.objects.filter(request__in=list(requests)).order_by().values("request")
    counted = rows.annotate(members=Count("pk"), passed=Count("pk", filter=~Q(skipped="")))
    return {row["request"]: (row["members"], row["passed"]) for row in counted}
