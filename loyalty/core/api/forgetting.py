"""Stored answers that describe a person go with the person."""

from uuid import UUID

from django.db import connection

from loyalty.core import ids, privacy
from loyalty.core.api.errors import problem_body
from loyalty.core.errors import NotFound
from loyalty.core.tenancy import scope

TYPED = tuple(
    f'"{field}":'
    for field in (
        "answers",
        "given_name",
        "code_status",
        "note",
        "outcome",
        "reason",
        "reference",
        "proof",
        "properties",
    )
)
"""Fields of answers that hold what somebody typed about a member, or what only they may use."""

# Batches hold ids and figures only, and answer for others too: they stay.
_FORGET = """
UPDATE api_answer SET status = %(status)s, body = %(body)s
 WHERE merchant_id = %(merchant)s AND strpos(body, %(member)s) > 0 AND strpos(body, '"results":') = 0
   AND EXISTS (SELECT FROM unnest(%(typed)s::text[]) AS typed WHERE strpos(body, typed) > 0)
"""


def _erase(member: UUID) -> None:
    """An answer that described the member becomes what is true now: there is no such member here."""
    gone = NotFound("member")
    with connection.cursor() as cursor:
        cursor.execute(
            _FORGET,
            {
                "merchant": scope.merchant_id(),
                "member": ids.encode("mbr", member),
                "typed": list(TYPED),
                "status": gone.status,
                "body": problem_body(gone).decode(),
            },
        )


holder = privacy.Holder("answers", None, _erase)
"""Answers only repeat what their own holders export."""
