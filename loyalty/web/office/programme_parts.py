"""The programme's tabs: what the draft says of each part in words, and a form for everything that can be said."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from loyalty.core.errors import DomainError, InvalidInput
from loyalty.core.pages import Here, require, sent_to
from loyalty.core.programme import document, operations, queries
from loyalty.web.office.editor import sheets
from loyalty.web.office.editor.areas import AREAS, BY_NAME, Area, Many, Terms
from loyalty.web.office.editor.desk import desk_of, items, with_item, with_terms
from loyalty.web.office.editor.parts import Desk
from loyalty.web.office.editor.shapes import tag
from loyalty.web.office.editor.sheets_rules import DESCRIPTIONS
from loyalty.web.office.editor.telling import Teller, Told
from loyalty.web.office.editor.tree import Editor
from loyalty.web.office.frame import office_page, words
from loyalty.web.office.programme_preview import preview_item, preview_terms

DO = "_do"
ICONS = {
    "points_per_amount": "coins", "multiplier": "chevrons-up", "fixed": "badge-plus", "threshold": "chart-column-big",
    "issue_reward": "gift", "badge": "award", "draw_entry": "ticket", "enter_segment": "tag",
}  # fmt: skip


def tabs(here: Here, current: str) -> list[dict[str, Any]]:
    """The programme's tabs; `current` is one of them."""
    slug = here.merchant.slug
    first = [("overview", _("Overview"), reverse("office:programme", args=[slug]))]
    areas = [
        (area.name, area.label, reverse("office:programme_area", args=[slug, area.name])) for area in AREAS
    ]
    last = [
        ("how", _("How it works"), reverse("office:programme_how", args=[slug])),
        ("rehearsal", _("Rehearsal"), reverse("office:rehearsal", args=[slug])),
    ]
    return [
        {"label": label, "url": url, "current": name == current}
        for name, label, url in [*first, *areas, *last]
    ]


def page(
    request: HttpRequest, here: Here, template: str, context: dict[str, Any], *, tab: str, **more: Any
) -> HttpResponse:
    """A page of the programme, with its tabs."""
    context = {**context, "tabs": tabs(here, tab), "draft": queries.draft()}
    return office_page(request, here, template, context, current="programme", **more)


def _area(name: str) -> Area:
    found = BY_NAME.get(name)
    if found is None:
        raise Http404
    return found


def _area_url(here: Here, area: Area) -> str:
    return reverse("office:programme_area", args=[here.merchant.slug, area.name])


@require_safe
@require("programme.view")
def area(request: HttpRequest, here: Here, area: str) -> HttpResponse:
    """One part of the programme in words, as the draft has it; what differs from what counts now is marked."""
    found, desk = _area(area), desk_of(here)
    programme = document.parse(desk.document)
    teller = Teller(programme, desk, words())
    current = queries.in_force()
    before = current.programme.document() if current else {}
    context = {
        "area": found,
        "lists": [
            {
                "many": many,
                "told": marked(teller.told(found.section, many), desk.document, before, found, many),
                "gone": _gone(teller, found, many, desk.document, before),
            }
            for many in found.lists
        ],
        "terms": [
            {"terms": terms, "sentences": teller.terms(terms), "changed": _terms_changed(terms, desk, before)}
            for terms in found.terms
        ],
    }
    return page(request, here, "office/programme/area.html", context, tab=found.name)


def marked(
    told: list[Told], now: dict[str, Any], before: dict[str, Any], area: Area, many: Many
) -> list[Told]:
    """Mark what is new or changed against what counts; without anything that counts nothing is new."""
    if not before:
        return told
    old = {str(one[many.key]): one for one in items(before, area.section, many.name)}
    new = {str(one[many.key]): one for one in items(now, area.section, many.name)}
    for one in told:
        if one.key not in old:
            one.state = "new"
        elif old[one.key] != new.get(one.key):
            one.state = "changed"
    return told


def _gone(
    teller: Teller, area: Area, many: Many, now: dict[str, Any], before: dict[str, Any]
) -> list[dict[str, str]]:
    """Items that count now and are not in the draft."""
    here = {str(one[many.key]) for one in items(now, area.section, many.name)}
    return [
        {"key": str(one[many.key]), "title": _title(one, many)}
        for one in items(before, area.section, many.name)
        if str(one[many.key]) not in here
    ]


def _title(item: dict[str, Any], many: Many) -> str:
    name = item.get("name") or ""
    if isinstance(name, dict):
        name = next(iter(name.values()), "")
    return str(name or item.get(many.key, ""))


def _terms_changed(terms: Terms, desk: Desk, before: dict[str, Any]) -> bool:
    if not before:
        return False
    now, then = desk.document.get(terms.section, {}), before.get(terms.section, {})
    names = terms.only or tuple(now)
    return any(now.get(name) != then.get(name) for name in names)


# --- forms ------------------------------------------------------------------------------------------------------


def _save(request: HttpRequest, here: Here, editor: Editor, content: dict[str, Any], prefix: str) -> bool:
    """Keep a document as the draft; False when it was refused, with the problems in the form."""
    try:
        operations.save_draft(content=content, at=here.at)
    except InvalidInput as error:
        editor.show(error.errors, prefix)
        return False
    except DomainError as error:
        editor.form.add_error(None, str(error))
        return False
    messages.success(request, _("Saved as a draft. Nothing has changed for members yet."))
    return True


def _asked(request: HttpRequest) -> str:
    """What the pressed button asks: "" to save, "preview", or a change of a list."""
    return request.POST.get(DO, "")[:200] if request.method == "POST" else ""


@require_http_methods(["GET", "HEAD", "POST"])
@require("programme.edit")
def terms(request: HttpRequest, here: Here, area: str, part: str) -> HttpResponse:
    """The form for single fields of a section."""
    found = _area(area)
    single = found.single(part)
    if single is None:
        if found.many(part) is None:
            raise Http404
        return sent_to(request, _area_url(here, found))
    desk, asked = desk_of(here), _asked(request)
    typed = request.POST if request.method == "POST" else None
    editor = Editor(single.struct, desk.document.get(single.section, {}), desk, typed, single.only)
    context: dict[str, Any] = {"area": found, "title": single.title, "back": _area_url(here, found)}

    def drafted() -> dict[str, Any]:
        return with_terms(desk.document, single.section, editor.value())

    if asked == "preview":
        context["preview"] = preview_terms(editor, drafted, single, desk, here)
    elif asked:
        editor.change(asked)
    elif typed is not None and editor.is_valid() and _save(request, here, editor, drafted(), single.section):
        return sent_to(request, _area_url(here, found))
    if typed is None:
        context["preview"] = preview_terms(editor, None, single, desk, here)
    return _form_page(request, here, editor, context, asked, found)


@require_http_methods(["GET", "HEAD", "POST"])
@require("programme.edit")
def create(request: HttpRequest, here: Here, area: str, part: str) -> HttpResponse:
    """A new item of a list; where there are several kinds, they are shown first."""
    found = _area(area)
    many = found.many(part)
    if many is None:
        raise Http404
    kinds = {tag(struct): struct for struct in many.structs}
    asked = request.GET.get("type", "")
    if len(kinds) > 1 and asked not in kinds:
        choices = [
            {"type": name, "title": sheets.title(struct), "text": DESCRIPTIONS.get(struct, ""),
             "icon": ICONS.get(name, "circle-plus")}
            for name, struct in kinds.items()
        ]  # fmt: skip
        context = {"area": found, "many": many, "choices": choices, "back": _area_url(here, found)}
        return page(request, here, "office/programme/kinds.html", context, tab=found.name)
    struct = kinds[asked] if len(kinds) > 1 else many.structs[0]
    return _item_page(request, here, found, many, struct, "", {})


@require_http_methods(["GET", "HEAD", "POST"])
@require("programme.edit")
def edit(request: HttpRequest, here: Here, area: str, part: str, item: str) -> HttpResponse:
    """The form of one item."""
    found = _area(area)
    many = found.many(part)
    if many is None:
        raise Http404
    base = next(
        (one for one in items(desk_of(here).document, found.section, part) if str(one.get(many.key)) == item),
        None,
    )
    if base is None:
        raise Http404
    kinds = {tag(struct): struct for struct in many.structs}
    struct = kinds.get(str(base.get("type", "")), many.structs[0])
    return _item_page(request, here, found, many, struct, item, base)


def _item_page(
    request: HttpRequest, here: Here, found: Area, many: Many, struct: Any, item: str, base: dict[str, Any]
) -> HttpResponse:
    desk, asked = desk_of(here), _asked(request)
    typed = request.POST if request.method == "POST" else None
    editor = Editor(struct, base, desk, typed)

    def drafted() -> tuple[dict[str, Any], str]:
        """The whole document with what was typed, and the item's name in it."""
        made = editor.value()
        if many.key == "id" and not made.get("id"):
            taken = {one.get("id") for one in items(desk.document, found.section, many.name)}
            made["id"] = sheets.fresh_id(made, taken)
        content = with_item(desk.document, found.section, many.name, many.key, was=item, item=made)
        return content, str(made.get(many.key, ""))

    context: dict[str, Any] = {
        "area": found, "many": many, "item": item, "back": _area_url(here, found), "is_new": not item,
        "title": _title(base, many) if item else many.add, "kind": sheets.title(struct),
    }  # fmt: skip
    if asked == "preview":
        context["preview"] = preview_item(editor, drafted, found, many, desk, here)
    elif asked:
        editor.change(asked)
    elif typed is not None and editor.is_valid():
        content, name = drafted()
        place = next(
            i
            for i, one in enumerate(items(content, found.section, many.name))
            if str(one.get(many.key)) == name
        )
        if _save(request, here, editor, content, f"{found.section}.{many.name}[{place}]"):
            return sent_to(request, _area_url(here, found))
    if typed is None and item:
        context["preview"] = preview_item(editor, None, found, many, desk, here, item=item)
    return _form_page(request, here, editor, context, asked, found)


def _form_page(
    request: HttpRequest, here: Here, editor: Editor, context: dict[str, Any], asked: str, area: Area
) -> HttpResponse:
    """The form; only the part that changed when htmx asked for it."""
    partial = "preview" if asked == "preview" else "sheet" if asked else ""
    wrong = request.method == "POST" and not asked
    context = {**context, "editor": editor, "form": editor.form}
    return page(
        request,
        here,
        "office/programme/form.html",
        context,
        tab=area.name,
        partial=partial,
        status=422 if wrong else 200,
    )
