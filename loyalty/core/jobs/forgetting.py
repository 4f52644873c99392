"""Files that may name somebody who is erased go with them: whoever needs one makes it again, without them."""

from uuid import UUID

from loyalty.core import clock, privacy
from loyalty.core.jobs import storing
from loyalty.core.jobs.models import File

NAMELESS = "file"


def _erase(_member: UUID) -> None:
    """Whom a spreadsheet names is not known without reading all of it; so all of the shop's go."""
    for file in File.objects.filter(personal=True, gone_at=None).values_list("pk", flat=True):
        storing.forget(file, at=clock.now())
    # What somebody called a file can name whom it was about.
    File.objects.filter(personal=True).exclude(name=NAMELESS).update(name=NAMELESS)


holder = privacy.Holder("files", None, _erase)
"""Files only repeat what their own holders export."""
