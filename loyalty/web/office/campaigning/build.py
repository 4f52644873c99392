"""The form of a campaign: begun with a template, changed while it does not run. Works without a script; with one, what
members would read follows what is typed."""

from typing import Any

import msgspec
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from campaigns.models import Campaign
from campaigns.operations.campaigning.writing import CHANGEABLE, read_content, write_campaign
from campaigns.queries.campaigning import reading
from campaigns.queries.campaigning.templates import BY_KEY
from campaigns.rules.campaigning import Bonus, CampaignContent
from loyalty.core import ids
from loyalty.core.errors import DomainError, InvalidInput
from loyalty.core.pages import Here, require, sent_to, show_errors
from loyalty.web.office.campaigning.forms import ALIASES, CampaignForm, initial_of
from loyalty.web.office.campaigning.shown import gives, members_read, url_of, when, who
from loyalty.web.office.editor.desk import desk_of
from loyalty.web.office.editor.tree import Editor
from loyalty.web.office.frame import language_of, office_page
from loyalty.web.office.worth import point_cost
from members.queries.choosing import Choice, ids_of
from members.queries.directory import counts
from rewards.queries.catalogue import rewards

CURRENT = "campaigns"
DO = "_do"


@require_http_methods(["GET", "HEAD", "POST"])
@require("campaigns.edit")
def create(request: HttpRequest, here: Here) -> HttpResponse:
    """A new one, empty or begun with a template (`?with=`)."""
    template = BY_KEY.get(request.GET.get("with", ""))
    base = None
    if template is not None:
        language = language_of(here.merchant.language)
        base = template.content(currency=here.merchant.currency, language=language)
    return _build(request, here, None, base)


@require_http_methods(["GET", "HEAD", "POST"])
@require("campaigns.edit")
def edit(request: HttpRequest, here: Here, campaign_id: str) -> HttpResponse:
    """One that does not run."""
    row = reading.campaign(ids.decode("cmp", campaign_id))
    if row.state not in CHANGEABLE:
        messages.error(request, _("It runs or is over. Pause it to change it, or copy it."))
        return sent_to(request, url_of(here, "campaign", row))
    return _build(request, here, row, reading.content_of(row))


def _build(
    request: HttpRequest, here: Here, row: Campaign | None, base: CampaignContent | None
) -> HttpResponse:
    typed = request.POST if request.method == "POST" else None
    asked = request.POST.get(DO, "")[:200] if typed is not None else ""
    each = point_cost(list(rewards()))
    initial = initial_of(base, here.merchant) if base else {"brake_percent": 200}
    cost = f"{each:.4f}".rstrip("0").rstrip(".") if each else ""
    form = CampaignForm(typed, initial=initial, merchant=here.merchant, point_cost=cost)
    kept = reading_rules(base)
    editor = Editor(Bonus, {"rules": kept}, desk_of(here), typed)
    preview = None
    if asked == "preview" or typed is None:
        preview = _previewed(form, editor, base, here, fresh=typed is None)
    elif asked:
        editor.change(asked)
    elif form.is_valid() & editor.is_valid():
        made = _save(request, here, row, base, form, editor)
        if made is not None:
            return sent_to(request, url_of(here, "campaign", made))
    context = {
        "row": row, "form": form if typed is not None and not asked else _unbound(form, typed, initial),
        "editor": editor, "preview": preview, "point_cost": each,
        "back": url_of(here, "campaign", row) if row else reverse("office:campaigns", args=[here.merchant.slug]),
        "title": row.name if row else (base.name if base else _("A new campaign")),
        "template": BY_KEY.get(row.kind if row else request.GET.get("with", "")),
    }  # fmt: skip
    partial = "preview" if asked == "preview" else "sheet" if asked else ""
    status = 422 if typed is not None and not asked else 200
    return office_page(
        request,
        here,
        "office/campaigning/build.html",
        context,
        current=CURRENT,
        partial=partial,
        status=status,
    )


def reading_rules(base: CampaignContent | None) -> list[dict[str, Any]]:
    """The rules of a campaign as the document writes them."""
    found: list[dict[str, Any]] = msgspec.json.decode(msgspec.json.encode(base.rules)) if base else []
    return found


def _unbound(form: CampaignForm, typed: Any, initial: dict[str, Any]) -> CampaignForm:
    """The form as it stands, without telling whoever is still building what is missing."""
    if typed is None:
        return form
    values = {
        name: typed.getlist(name) if name in ("days", "rewards") else typed.get(name, "")
        for name in form.fields
    }
    values["has_offer"] = "has_offer" in typed
    return CampaignForm(initial={**initial, **values}, merchant=form.merchant, point_cost=form.point_cost)


def _content(form: CampaignForm, editor: Editor, base: CampaignContent | None) -> CampaignContent:
    """What is typed. Raises `InvalidInput`."""
    return read_content(form.content(base, editor.value()["rules"]))


def _previewed(
    form: CampaignForm, editor: Editor, base: CampaignContent | None, here: Here, *, fresh: bool
) -> dict[str, Any] | None:
    """What members would read, and how many it is for; None while it cannot be told."""
    content = base
    if not fresh:
        if not (form.is_valid() & editor.is_valid()):
            return None
        try:
            content = _content(form, editor, base)
        except InvalidInput:
            return None
    if content is None:
        return None
    choice = Choice(status="active", tier=content.tier, segment=content.segment)
    everybody = not content.tier and not content.segment
    return {
        "name": content.name, "read": members_read(content, here), "who": who(content), "when": when(content),
        "gives": gives(content, here),
        "members": counts().get("active", 0) if everybody else len(ids_of(choice, at=here.at, most=100_000)),
    }  # fmt: skip


def _save(
    request: HttpRequest, here: Here, row: Campaign | None, base: CampaignContent | None, form: CampaignForm,
    editor: Editor,
) -> Campaign | None:  # fmt: skip
    """Keep what was typed; None when it was refused, with the problems in the forms."""
    try:
        content = _content(form, editor, base)
        made = write_campaign(campaign=row.pk if row else None, content=content, at=here.at)
    except InvalidInput as error:
        about = [one for one in error.errors if one["field"].startswith("rules")]
        editor.show([{**one, "field": f"bonus.{one['field']}"} for one in about], "bonus")
        for text in editor.form.non_field_errors():
            form.add_error(None, str(text))
        others = [one for one in error.errors if one not in about]
        if others:
            show_errors(form, InvalidInput(others), ALIASES)
        return None
    except DomainError as error:
        show_errors(form, error)
        return None
    messages.success(request, _("Saved. Try it on the past, then launch it."))
    return made
