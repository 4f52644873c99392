"""Imports: a file, what its columns are, what would happen, and then that it happens. Left at any point, it waits."""

from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from loyalty.core import formats, ids
from loyalty.core.errors import DomainError, NotFound
from loyalty.core.pages import Here, require, sent_to, show_errors
from loyalty.exchange import kinds, operations, queries
from loyalty.exchange.models import Import
from loyalty.web.office.files import download
from loyalty.web.office.forms.imports import KIND_WORDS, ArchiveForm, ColumnsForm, FileForm
from loyalty.web.office.frame import office_page
from loyalty.web.office.jobs import progress, tabs
from loyalty.web.office.lists import PAGE
from loyalty.web.office.people import names_of

SHOWN_BAD = 50
_STAGES = {
    "columns": ("columns", ""), "checking": ("check", "info"), "checked": ("check", "warn"),
    "running": ("import", "info"), "done": ("import", "good"), "undoing": ("import", "info"), "undone": ("import", ""),
}  # fmt: skip


def _stage_words() -> dict[str, str]:
    return {
        "columns": _("Columns to be named"),
        "checking": _("Being checked"),
        "checked": _("Ready to import"),
        "running": _("Being imported"),
        "done": _("Imported"),
        "undoing": _("Being undone"),
        "undone": _("Undone"),
    }


def _listed(row: Import, slug: str, names: dict[str, str]) -> dict[str, Any]:
    now = queries.standing(row)
    return {
        "imported": row,
        "kind": KIND_WORDS[row.kind][0],
        "stage": _stage_words()[now.stage],
        "badge": _STAGES[now.stage][1],
        "url": reverse("office:import", args=[slug, ids.encode("imp", row.pk)]),
        "made": queries.counted(now.running, "made"),
        "bad": queries.counted(now.running or now.checking, "bad"),
        "by": names.get(row.begun_by, ""),
    }


@require_safe
@require("data.import")
def imports(request: HttpRequest, here: Here) -> HttpResponse:
    """What can be brought in, and what was."""
    found = list(queries.imports()[:PAGE])
    names = names_of(row.begun_by for row in found)
    slug = here.merchant.slug
    new_url = reverse("office:import_new", args=[slug])
    context = {
        "kinds": [
            {
                "name": name,
                "label": words[0],
                "text": words[1],
                "icon": words[2],
                "url": f"{new_url}?kind={name}",
            }
            for name, words in KIND_WORDS.items()
        ],
        "rows": [_listed(row, slug, names) for row in found],
        "tabs": tabs(here, "imports"),
    }
    return office_page(request, here, "office/exchange/imports.html", context, current="imports")


@require_http_methods(["GET", "HEAD", "POST"])
@require("data.import")
def begin(request: HttpRequest, here: Here) -> HttpResponse:
    """Step 1: the file. One that is no table is refused, and nothing of it is kept."""
    kind = request.GET.get("kind", "members")
    initial = {"kind": kind if kind in KIND_WORDS else "members"}
    form = FileForm(request.POST, request.FILES) if request.method == "POST" else FileForm(initial=initial)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            made = operations.begin_import(
                kind=form.cleaned_data["kind"], name=file.name, chunks=file.chunks(), at=here.at
            )
        except DomainError as error:
            show_errors(form, error)
        else:
            return sent_to(request, _url(here, made))
    status = 422 if form.errors else 200
    context = {"form": form, "steps": _steps("file")}
    return office_page(
        request, here, "office/exchange/import_new.html", context, current="imports", status=status
    )


@require_http_methods(["GET", "HEAD", "POST"])
@require("data.move")
def whole(request: HttpRequest, here: Here) -> HttpResponse:
    """Read the archive of a whole shop into this one, while it is empty."""
    form = ArchiveForm(request.POST, request.FILES) if request.method == "POST" else ArchiveForm()
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            job = operations.begin_whole(name=file.name, chunks=file.chunks(), at=here.at)
        except DomainError as error:
            show_errors(form, error)
        else:
            return sent_to(
                request, reverse("office:job", args=[here.merchant.slug, ids.encode("job", job.pk)])
            )
    status = 422 if form.errors else 200
    return office_page(
        request, here, "office/exchange/whole.html", {"form": form}, current="imports", status=status
    )


def _url(here: Here, row: Import, name: str = "import") -> str:
    return reverse(f"office:{name}", args=[here.merchant.slug, ids.encode("imp", row.pk)])


def _steps(current: str) -> list[dict[str, Any]]:
    """The four steps, with what is behind."""
    names = (("file", _("File")), ("columns", _("Columns")), ("check", _("Check")), ("import", _("Import")))
    order = [name for name, _label in names]
    place = order.index(current)
    return [
        {"label": label, "current": name == current, "done": order.index(name) < place}
        for name, label in names
    ]


def _found(import_id: str) -> Import:
    return queries.one(ids.decode("imp", import_id))


def _page(request: HttpRequest, here: Here, row: Import, form: ColumnsForm | None = None) -> HttpResponse:
    now = queries.standing(row)
    again = "columns" in request.GET and now.stage in ("columns", "checked")
    stage = "columns" if again or form is not None else now.stage
    context: dict[str, Any] = {
        **_listed(row, here.merchant.slug, names_of([row.begun_by])),
        "public_id": ids.encode("imp", row.pk),
        "stage_name": stage,
        "steps": _steps(_STAGES[stage][0]),
        "here_url": request.path,
        "live": stage in ("checking", "running", "undoing"),
        "old": queries.is_old(row, here.at),
        **_figures(here, row, now),
    }
    if stage == "columns" and not context["old"]:
        context["form"] = form or _columns_form(row, None)
    status = 422 if form is not None and form.errors else 200
    return office_page(
        request,
        here,
        "office/exchange/import.html",
        context,
        current="imports",
        partial="import",
        status=status,
    )


def _columns_form(row: Import, data: Any) -> ColumnsForm:
    return ColumnsForm(data, imported=row, of=kinds.kind(row.kind), rows=queries.first_rows(row))


def _figures(here: Here, row: Import, now: queries.Standing) -> dict[str, Any]:
    """What the latest job says: how far it is, what it counted, what it could not take."""
    job = now.job
    if job is None:
        return {}
    told = now.undoing or now.running or now.checking
    bad = list(_first(queries.bad_rows(told), SHOWN_BAD)) if told and not told.is_open and _kept(told) else []
    counts = {
        name: queries.counted(told, name) for name in ("ready", "known", "bad", "made", "undone", "kept")
    }
    return {
        "job": job,
        "failed": job.state in ("failed", "cancelled"),
        "progress": progress(job),
        "counts": counts,
        "ready_words": formats.number(counts["ready"]),
        "bad_rows": bad,
        "more_bad": max(0, counts["bad"] - len({found.number for found in bad})),
        "cancel_url": reverse("office:job_cancel", args=[here.merchant.slug, ids.encode("job", job.pk)])
        if job.is_open
        else "",
        "bad_url": _url(here, row, "import_bad_rows") if counts["bad"] and _kept(told) else "",
        "can_take_points": row.kind == "members"
        and now.stage == "done"
        and "points" in _recognised_lots(row),
    }


def _recognised_lots(row: Import) -> list[str]:
    return kinds.recognised(kinds.kind("lots"), row.head, queries.remembered("lots"))


def _kept(job: Any) -> bool:
    """Whether the list of bad rows is still there, or there never was one."""
    try:
        return job is not None and (job.file_id is None or bool(queries.jobs.file(job.file_id)))
    except DomainError:
        return False


def _first(rows: Any, most: int) -> Any:
    for row, _number in zip(rows, range(most), strict=False):
        yield row


@never_cache
@require_safe
@require("data.import")
def one(request: HttpRequest, here: Here, import_id: str) -> HttpResponse:
    """Where an import is; `?columns` goes back to what the columns are."""
    return _page(request, here, _found(import_id))


@require_POST
@require("data.import")
def check(request: HttpRequest, here: Here, import_id: str) -> HttpResponse:
    """Step 2 is done: look at every row, in the background."""
    row = _found(import_id)
    form = _columns_form(row, request.POST)
    if form.is_valid():
        try:
            operations.check_import(imported=row.pk, fields=form.chosen(), options=form.wanted(), at=here.at)
        except DomainError as error:
            show_errors(form, error)
        else:
            return sent_to(request, _url(here, row))
    return _page(request, here, row, form)


@require_POST
@require("data.import")
def run(request: HttpRequest, here: Here, import_id: str) -> HttpResponse:
    """Step 4: import what is ready."""
    row = _found(import_id)
    operations.run_import(imported=row.pk, at=here.at)
    return sent_to(request, _url(here, row))


@require_http_methods(["GET", "HEAD", "POST"])
@require("data.import")
def undo(request: HttpRequest, here: Here, import_id: str) -> HttpResponse:
    """Undo what it made, after asking."""
    row = _found(import_id)
    if request.method == "POST":
        operations.undo_import(imported=row.pk, at=here.at)
        messages.success(request, _("It is being undone. What has been used since stays."))
        return sent_to(request, _url(here, row))
    if queries.standing(row).stage != "done":
        raise NotFound("import")
    context = {
        "kind_name": row.kind,
        "made": queries.made(row.pk).count(),
        "import_url": _url(here, row),
        "undo_url": _url(here, row, "import_undo"),
    }
    return office_page(
        request, here, "office/exchange/undo.html", context, current="imports", partial="dialog"
    )


@require_POST
@require("data.import")
def again(request: HttpRequest, here: Here, import_id: str) -> HttpResponse:
    """Bring in the points out of the file the members came in."""
    made = operations.take_again(imported=_found(import_id).pk, kind="lots", at=here.at)
    return sent_to(request, _url(here, made))


@never_cache
@require_safe
@require("data.import")
def bad_rows(request: HttpRequest, here: Here, import_id: str) -> FileResponse:
    """Only the rows that need a fix, as they were sent, with the reason beside each: fix them and send this file."""
    row = _found(import_id)
    now = queries.standing(row)
    job = now.running or now.checking
    if job is None or not _kept(job):
        raise NotFound("file")
    head, rows = queries.to_fix(row, job)
    return download(request, f"{row.file.name.rsplit('.', 1)[0]}-to-fix", head, rows)
