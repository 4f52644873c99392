"""Exports: every list as CSV or a spreadsheet, and the whole shop as one archive."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from loyalty.core import ids
from loyalty.core.jobs import queries
from loyalty.core.pages import Here, require, sent_to
from loyalty.exchange import operations
from loyalty.exchange.lists import LISTS
from loyalty.web.office.frame import office_page
from loyalty.web.office.jobs import shown, tabs

COUNTED = 10_000
"""Rows of a list are counted so far; of longer ones it says that there are more."""
_LATEST = 5


@require_http_methods(["GET", "HEAD", "POST"])
@require("data.export")
def exports(request: HttpRequest, here: Here) -> HttpResponse:
    """What can be exported. Asking for one leads to the page where it is written."""
    if request.method == "POST":
        name, form = request.POST.get("list", "")[:40], request.POST.get("format", "csv")[:10]
        table = LISTS.get(name)
        if not here.may(table.permission if table else "data.move"):
            raise PermissionDenied
        job = operations.ask_for_export(name=name, form=form, at=here.at)
        messages.success(request, _("It is being written. You can leave this page."))
        return sent_to(request, reverse("office:job", args=[here.merchant.slug, ids.encode("job", job.pk)]))
    found = [job for job in queries.jobs()[:40] if job.kind.startswith("export.")]
    context = {
        "lists": [
            {"table": table, "count": min(count, COUNTED), "more": count > COUNTED}
            for table in LISTS.values()
            if here.may(table.permission)
            for count in (table.count_up_to(COUNTED + 1),)
        ],
        "rows": shown(found[:_LATEST], here),
        "tabs": tabs(here, "exports"),
    }
    return office_page(request, here, "office/exchange/exports.html", context, current="imports")
