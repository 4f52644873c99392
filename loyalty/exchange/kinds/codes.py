"""Codes for the pool of a reward, each to be given out once."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from loyalty.core import ids
from loyalty.core.errors import InvalidInput
from loyalty.exchange.kinds.base import (
    BAD,
    KNOWN,
    MADE,
    READY,
    Context,
    Field,
    Line,
    Problem,
    Verdict,
    bad,
    repeated,
)
from rewards.operations.pools import CODE, import_codes, withdraw_codes
from rewards.operations.vouchers import digest, normal_code
from rewards.queries.pools import in_pools, ours

FIELDS = (
    Field(name="code", label=gettext_lazy("Code"),
          aliases=("code", "codes", "coupon", "couponcode", "voucher", "vouchercode", "discountcode", "giftcard", "kod",
                   "rabattkod", "rabattkode", "kode", "kortingscode")),
)  # fmt: skip


class CodesKind:
    """Rows are codes. One that is in a pool already, in this one or another, is passed over."""

    name = "codes"
    label = gettext_lazy("Codes for a reward")
    fields: tuple[Field, ...] = FIELDS

    def lacking(self, fields: set[str]) -> list[str]:
        """Which column."""
        return [] if "code" in fields else [_("Say which column has the codes.")]

    def names(self, lines: Sequence[Line], context: Context) -> list[list[str]]:
        """As a till reads it."""
        return [[normal_code(line.get("code"))] if line.get("code") else [] for line in lines]

    def group(self, line: Line) -> str:
        """Each row stands alone."""
        return ""

    def judge(self, lines: Sequence[Line], context: Context) -> list[Verdict]:
        """Which codes are new and can be used."""
        digests = [digest(code=line.get("code")) for line in lines]
        pooled, taken = in_pools(digests), ours(digests)
        verdicts = []
        for line, mark in zip(lines, digests, strict=True):
            code = line.get("code")
            if not CODE.fullmatch(code) or len(normal_code(code)) < 4:
                reason = _("A code has 4 to 64 plain characters, with at least 4 letters or digits.")
                verdicts.append(bad(line, "code", "invalid", reason))
            elif line.nth:
                verdicts.append(repeated(line))
            elif mark in taken:
                reason = _("A member has this as a code of the shop’s own.")
                verdicts.append(Verdict(line.number, BAD, [Problem("code", code, "taken", reason)]))
            else:
                verdicts.append(Verdict(line.number, KNOWN if mark in pooled else READY))
        return verdicts

    def carry_out(self, lines: Sequence[Line], context: Context) -> list[Verdict]:
        """Put them into the pool that was chosen."""
        verdicts = self.judge(lines, context)
        fresh = {line.number: line.get("code") for line, verdict in zip(lines, verdicts, strict=True)
                 if verdict.state == READY}  # fmt: skip
        if not fresh:
            return verdicts
        import_codes(reward=reward_of(context), codes=list(fresh.values()), at=context.at)
        pooled = in_pools([digest(code=code) for code in fresh.values()])
        for verdict in verdicts:
            if verdict.state == READY:
                found = pooled.get(digest(code=fresh[verdict.number]))
                verdict.state, verdict.subject = MADE, found.id if found else None
        return verdicts

    def undo(self, subjects: Sequence[UUID], at: datetime) -> list[str]:
        """Take back the codes that nobody was given."""
        gone = withdraw_codes(codes=subjects, at=at)
        return ["" if key in gone else _("This code was given to a member.") for key in subjects]


def reward_of(context: Context) -> UUID:
    """The reward whose pool it is. Raises `InvalidInput` where none was chosen."""
    chosen = context.option("reward")
    if not chosen:
        raise InvalidInput.of("reward", str(_("Choose the reward these codes are for.")))
    return ids.decode("rwd", chosen)
