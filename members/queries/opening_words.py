"""What a member's story says of points they brought with them."""

from django.utils.translation import gettext

from loyalty.core.ledger.chart import Do
from members.queries import sayings
from members.queries.sayings import Kind


def _opened(told: sayings.Told) -> sayings.Said:
    brought = told.row.move == Do.GRANT
    title = gettext("Brought from before") if brought else gettext("An import, undone")
    if told.row.pending:
        sentence = gettext("{points}, to be spent later").format(points=told.amount)
    else:
        sentence = told.row.reason or told.amount
    return Kind.ADJUSTMENT, title, sentence


def register() -> None:
    """Called once, when the app starts."""
    sayings.register_saying("opening", "", _opened)
