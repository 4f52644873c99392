"""The programme: what counts now in plain words, editing the basic rule, and publishing a draft."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from loyalty.core.errors import DomainError
from loyalty.core.pages import Here, require, sent_to, show_errors
from loyalty.core.programme import document, operations, queries
from loyalty.core.programme.models import Version
from loyalty.web.office import worth
from loyalty.web.office.forms.programme import BasicRuleForm, ImportForm, PublishForm
from loyalty.web.office.frame import language_of, office_page, words
from loyalty.web.office.programme_parts import tabs
from loyalty.web.office.words import change_rows, earning_sentences, life_sentences
from members.queries import directory

#: Fields of a document's checks, as the form calls them.
ALIASES = {
    "earning.rules[0].points": "points",
    "earning.rules[0].per_minor": "per",
    "earning.rules[0].at_least_minor": "at_least",
    "points_life.hold_days": "hold_days",
    "points_life.months": "months",
    "points_life.days": "days",
    "points_life.day": "day",
}


def told(parsed: document.Programme, here: Here) -> dict[str, Any]:
    """A programme in words, for its page and for old versions."""
    said = words()
    return {
        "earning": earning_sentences(parsed["earning"], here.merchant.currency, said),
        "life": life_sentences(parsed["points_life"], said),
        "programme_name": parsed["identity"].named(language_of(here.merchant.language), here.merchant.name),
        "one_word": parsed["identity"].word(language_of(here.merchant.language), 1),
        "many_word": parsed["identity"].word(language_of(here.merchant.language), 2),
    }


def _in_force_row() -> Version | None:
    current = queries.in_force()
    return queries.numbered(current.number) if current else None


def changes_of(draft: Version | None, here: Here) -> list[dict[str, str]]:
    """What publishing a draft would change, in words."""
    if draft is None:
        return []
    return change_rows(queries.compare(_in_force_row(), draft), here.merchant.currency, words())


@require_safe
@require("programme.view")
def programme(request: HttpRequest, here: Here) -> HttpResponse:
    """What counts now, what it gives back on a real purchase, and the draft that waits."""
    current, draft = queries.in_force(), queries.draft()
    found = worth.basket(here.merchant, here.at)
    context: dict[str, Any] = {
        "version": queries.history().filter(number=current.number).first() if current else None,
        "draft": draft,
        "change_count": len(changes_of(draft, here)),
        "told": told(current.programme, here) if current else None,
        "worked": worth.work_out(current.programme, here.merchant, found) if current else None,
        "import_form": ImportForm(),
        "latest": list(queries.history()[:5]),
        "tabs": tabs(here, "overview"),
    }
    return office_page(request, here, "office/programme.html", context, current="programme")


def _base_document() -> dict[str, Any]:
    """What editing starts from: the draft, else what counts now, else nothing."""
    row = queries.draft() or _in_force_row()
    return dict(row.document) if row else {}


@require_http_methods(["GET", "HEAD", "POST"])
@require("programme.edit")
def rule(request: HttpRequest, here: Here) -> HttpResponse:
    """Edit the basic rule and the life of points; saving makes the draft. A GET previews."""
    base, currency = _base_document(), here.merchant.currency
    if request.method != "POST" and "points" in request.GET:
        form = BasicRuleForm(request.GET, currency=currency)
    else:
        form = (
            BasicRuleForm(request.POST, currency=currency)
            if request.method == "POST"
            else BasicRuleForm.of(base, currency)
        )
    if request.method == "POST" and form.is_valid():
        try:
            operations.save_draft(content=form.applied_to(base), at=here.at)
        except DomainError as error:
            show_errors(form, error, ALIASES)
        else:
            messages.success(request, _("Saved as a draft. Nothing has changed for members yet."))
            return sent_to(request, reverse("office:programme_draft", args=[here.merchant.slug]))
    context = {"form": form, "preview": _preview(form, base, here), "is_new": not base}
    looking = request.method != "POST" and form.is_bound
    return office_page(
        request,
        here,
        "office/programme_rule.html",
        context,
        current="programme",
        partial="preview" if looking else "",
        status=422 if form.errors and not looking else 200,
    )


def _preview(form: BasicRuleForm, base: dict[str, Any], here: Here) -> dict[str, Any] | None:
    """The example for what is typed right now; None while it makes no sense. Writes nothing."""
    if form.is_bound:
        content = form.applied_to(base) if form.is_valid() else None
    else:
        filled = BasicRuleForm(dict(form.initial), currency=here.merchant.currency)
        content = filled.applied_to(base) if filled.is_valid() else None
    if content is None:
        return None
    try:
        parsed = document.parse(content)
    except DomainError:
        return None
    worked = worth.work_out(parsed, here.merchant, worth.basket(here.merchant, here.at))
    return {"worked": worked, **told(parsed, here)}


@require_safe
@require("programme.view")
def draft(request: HttpRequest, here: Here) -> HttpResponse:
    """What the draft changes, in words, and the way to publish it."""
    return _draft_page(request, here, PublishForm(tiers_differ=_tiers_differ()))


def _tiers_differ() -> bool:
    """Whether publishing the draft would have everybody's tier looked at."""
    found, current = queries.draft(), queries.in_force()
    if found is None or current is None:
        return False
    return bool(document.parse(found.document)["tiers"] != current.programme["tiers"])


def _draft_page(request: HttpRequest, here: Here, form: PublishForm) -> HttpResponse:
    found = queries.draft()
    current = queries.in_force()
    context: dict[str, Any] = {"draft": found, "form": form, "is_first": current is None}
    if found is not None:
        parsed = document.parse(found.document)
        context |= {
            "changes": changes_of(found, here),
            "told": told(parsed, here),
            "tabs": tabs(here, "overview"),
            "worked": worth.work_out(parsed, here.merchant, worth.basket(here.merchant, here.at)),
            "affected": directory.counts().get("active", 0),
        }
        if current is not None:
            context["before"] = worth.work_out(
                current.programme, here.merchant, worth.basket(here.merchant, here.at)
            )
    status = 422 if form.errors else 200
    return office_page(
        request, here, "office/programme_draft.html", context, current="programme", status=status
    )


@require_POST
@require("programme.publish")
def publish(request: HttpRequest, here: Here) -> HttpResponse:
    """Make the draft count from now on."""
    form = PublishForm(request.POST, tiers_differ=_tiers_differ())
    if form.is_valid():
        try:
            note, choices = form.cleaned_data["note"], form.choices()
            version = operations.publish(at=here.at, note=note, choices=choices)
        except DomainError as error:
            show_errors(form, error, {"tiers.ladder": "move_down"})
        else:
            messages.success(request, _("Version {number} counts from now on.").format(number=version.number))
            return sent_to(request, reverse("office:programme", args=[here.merchant.slug]))
    return _draft_page(request, here, form)


@require_POST
@require("programme.edit")
def discard(request: HttpRequest, here: Here) -> HttpResponse:
    """Throw the draft away; what counts stays."""
    operations.discard_draft()
    messages.success(request, _("The draft is gone. What counted before still counts."))
    return sent_to(request, reverse("office:programme", args=[here.merchant.slug]))
