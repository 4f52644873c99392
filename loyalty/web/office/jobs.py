"""Work in the background: the list, one with its progress, stopping it, and what it left to download."""

import tempfile
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from loyalty.core import formats, ids
from loyalty.core.errors import NotFound
from loyalty.core.jobs import kinds, operations, queries
from loyalty.core.jobs.models import Job
from loyalty.core.pages import Here, require, sent_to
from loyalty.exchange.lists import LISTS
from loyalty.web.office.frame import office_page
from loyalty.web.office.lists import PAGE, address
from loyalty.web.office.people import names_of

STATES = {
    Job.State.WAITING: (gettext_lazy("Waits its turn"), ""),
    Job.State.RUNNING: (gettext_lazy("Under way"), "info"),
    Job.State.DONE: (gettext_lazy("Done"), "good"),
    Job.State.FAILED: (gettext_lazy("Stopped"), "bad"),
    Job.State.CANCELLED: (gettext_lazy("Cancelled"), ""),
}


def tabs(here: Here, current: str) -> list[dict[str, Any]]:
    """The three pages that belong together."""
    pages = (("imports", _("Import"), "data.import"), ("exports", _("Export"), "data.export"),
             ("jobs", _("In the background"), "data.export"))  # fmt: skip
    return [
        {"label": label, "url": reverse(f"office:{name}", args=[here.merchant.slug]), "current": name == current}
        for name, label, permission in pages
        if here.may(permission)
    ]  # fmt: skip


def progress(job: Job) -> dict[str, Any]:
    """How far a job is, as the bar shows it."""
    of = formats.number(job.total) if job.total is not None else ""
    done = formats.number(job.done)
    return {
        "value": job.done if job.total else None,
        "max": max(job.total or 1, 1),
        "text": _("{done} of {total}").format(done=done, total=of) if of else done,
    }


def shown(found: Iterable[Job], here: Here) -> list[dict[str, Any]]:
    """Jobs as pages show them; those that one may not see are left out."""
    rows = [job for job in found if _may(here, job)]
    names = names_of(job.asked_by for job in rows)
    return [_shown(job, here.merchant.slug, names.get(job.asked_by, "")) for job in rows]


def _may(here: Here, job: Job) -> bool:
    kind = kinds.named(job.kind)
    return kind is not None and here.may(kind.permission)


def _shown(job: Job, slug: str, asked_by: str) -> dict[str, Any]:
    kind, (state, badge) = kinds.named(job.kind), STATES[Job.State(job.state)]
    public_id = ids.encode("job", job.pk)
    listed = LISTS.get(str(job.options.get("list")))
    is_export = job.kind.startswith("export.")
    about = job.about if job.kind.startswith("import.") else None
    return {
        "job": job,
        "label": kind.label if kind else job.kind,
        "about": listed.label if listed else "",
        "state": state,
        "badge": badge,
        "asked_by": asked_by,
        "url": reverse("office:import", args=[slug, ids.encode("imp", about)])
        if about
        else reverse("office:job", args=[slug, public_id]),
        "cancel_url": reverse("office:job_cancel", args=[slug, public_id]) if job.is_open else "",
        "file_url": reverse("office:job_file", args=[slug, public_id])
        if is_export and job.state == Job.State.DONE and job.file_id
        else "",
        "progress": progress(job),
    }


@require_safe
@require("data.export")
def jobs(request: HttpRequest, here: Here) -> HttpResponse:
    """The shop's jobs, newest first; looks again by itself while any is under way."""
    text = request.GET.get("after", "")
    found = list(queries.jobs(before=_before(text))[: PAGE + 1])
    context = {
        "rows": shown(found[:PAGE], here),
        "tabs": tabs(here, "jobs"),
        "live": any(job.is_open for job in found[:PAGE]),
        "here_url": request.get_full_path(),
        "first_url": address(request, after="") if text else "",
        "next_url": address(request, after=str(found[PAGE - 1].pk)) if len(found) > PAGE else "",
    }
    return office_page(request, here, "office/exchange/jobs.html", context, current="imports", partial="list")


def _before(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


def _found(here: Here, job_id: str) -> Job:
    job = queries.job(ids.decode("job", job_id))
    if not _may(here, job):
        raise NotFound("job")
    return job


@never_cache
@require_safe
@require("data.export")
def job(request: HttpRequest, here: Here, job_id: str) -> HttpResponse:
    """One job; while it is under way the page asks again each second."""
    row = shown([_found(here, job_id)], here)[0]
    context = {**row, "tabs": tabs(here, "jobs"), "here_url": request.path}
    return office_page(request, here, "office/exchange/job.html", context, current="imports", partial="job")


@require_POST
@require("data.export")
def cancel(request: HttpRequest, here: Here, job_id: str) -> HttpResponse:
    """Stop it before its next stretch; what is done stays."""
    row = shown([_found(here, job_id)], here)[0]
    operations.cancel(job=row["job"].pk, at=here.at)
    messages.success(request, _("It stops. What was done until now stays done."))
    return sent_to(request, row["url"])


@never_cache
@require_safe
@require("data.export")
def download(_request: HttpRequest, here: Here, job_id: str) -> HttpResponseBase:
    """What a finished export left. Large ones wait on disk, never in memory."""
    row = _found(here, job_id)
    if row.state != Job.State.DONE or row.file_id is None or not row.kind.startswith("export."):
        raise NotFound("file")
    file = tempfile.SpooledTemporaryFile(max_size=5_000_000)  # noqa: SIM115  (the response closes it)
    found = queries.pour(row.file_id, file)
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=found.name, content_type=found.content_type)
