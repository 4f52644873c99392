"""Say that what counts besides the programme has changed."""

from loyalty.core import ids
from members.models import AddedMark


def note_added() -> None:
    """Have every decision after this transaction ask anew what is added to the programme. For whoever registers an
    `Adder`, in the transaction that changes what it adds and after everything else of it: other such changes of the
    shop wait."""
    AddedMark.objects.update_or_create(only=True, defaults={"mark": ids.new()})
