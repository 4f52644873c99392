"""A member and whoever was merged into them, as one condition that an index answers."""

from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, F, Func, Q

from members.models import Member


def of_whole(member: UUID, *, field: str = "member_id") -> Func:
    """For `filter(...)`: rows of the member or of a member merged into them. As `= ANY(ARRAY(…))`, which is one look
    into the index for each of them; an OR over both tables would read the whole shop's rows."""
    all_of_them = Member.objects.filter(Q(pk=member) | Q(merged_into=member)).values("pk")
    return Func(
        F(field), ArraySubquery(all_of_them), template="%(expressions)s)", arg_joiner=" = ANY(",
        output_field=BooleanField(),
    )  # fmt: skip
