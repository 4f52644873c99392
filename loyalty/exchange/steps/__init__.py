"""What workers do, chunk by chunk: check, import, undo, export."""

from django.utils.translation import gettext_lazy as _

from loyalty.core.jobs.kinds import Kind
from loyalty.core.jobs.kinds import register as register_kind
from loyalty.exchange.steps import exporting, importing, moving


def register() -> None:
    """Called once, when the app starts."""
    for kind in (
        Kind(name="import.check", label=_("Check a file"), permission="data.import", step=importing.check),
        Kind(name="import.run", label=_("Import"), permission="data.import", step=importing.run),
        Kind(name="import.undo", label=_("Undo an import"), permission="data.import", step=importing.undo),
        Kind(
            name="export.whole",
            label=_("Export the whole shop"),
            permission="data.move",
            snapshot=True,
            step=moving.write_whole,
        ),
        Kind(
            name="shop.import", label=_("Read a whole shop"), permission="data.move", step=moving.read_whole
        ),
        Kind(
            name="export.list", label=_("Export a list"), permission="data.export", step=exporting.write_list
        ),
    ):
        register_kind(kind)
