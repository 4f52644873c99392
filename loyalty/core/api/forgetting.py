"""Stored answers that describe a person go with the person."""

from uuid import UUID

from django.db.models import Q

from loyalty.core import ids, privacy
from loyalty.core.api.errors import problem_body
from loyalty.core.api.models import Answer
from loyalty.core.errors import NotFound

_DESCRIBES = Q(body__contains='"given_name":') | Q(body__contains='"code_status":')
_PART_OF_A_BATCH = '"results":'


def _export(_member: UUID) -> None:
    """Answers only repeat what their own holders export."""


def _erase(member: UUID) -> None:
    """An answer that described the member becomes what is true now: there is no such member here.

    Answers to batches hold ids and figures only, and answer for others too; they stay.
    """
    gone = NotFound("member")
    about = Answer.objects.filter(_DESCRIBES, body__contains=ids.encode("mbr", member))
    about.exclude(body__contains=_PART_OF_A_BATCH).update(
        status=gone.status, body=problem_body(gone).decode()
    )


holder = privacy.Holder("answers", _export, _erase)
