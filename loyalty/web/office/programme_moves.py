"""What can be done with an item of the programme besides editing it: copied, switched, taken out, put back. Each makes
or changes the draft; nothing counts before it is published."""

import copy
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from loyalty.core.pages import Here, require, sent_to
from loyalty.core.programme import operations, queries
from loyalty.web.office.editor import sheets
from loyalty.web.office.editor.areas import BY_NAME, Area, Many
from loyalty.web.office.editor.desk import base_document, items, with_item

TAKEN_OUT = "programme_taken_out"
"""Where the session keeps what was taken out last and never counted, so that it can be put back."""


def _found(content: dict[str, Any], area: Area, many: Many, item: str) -> dict[str, Any]:
    found = next(
        (one for one in items(content, area.section, many.name) if str(one.get(many.key)) == item), None
    )
    if found is None:
        raise Http404
    return found


def _save(
    here: Here, content: dict[str, Any], area: Area, many: Many, was: str, item: dict[str, Any] | None
) -> None:
    made = with_item(content, area.section, many.name, many.key, was=was, item=item)
    operations.save_draft(content=made, at=here.at)


@require_POST
@require("programme.edit")
def move(request: HttpRequest, here: Here, area: str, part: str, item: str, move: str) -> HttpResponse:
    """Copy an item, switch a rule off or on, take an item out, or put one back."""
    found = BY_NAME.get(area)
    many = found.many(part) if found else None
    do = _MOVES.get(move)
    if found is None or many is None or do is None:
        raise Http404
    goes_to = do(request, here, found, many, item)
    return sent_to(
        request, goes_to or reverse("office:programme_area", args=[here.merchant.slug, found.name])
    )


def _copy(request: HttpRequest, here: Here, area: Area, many: Many, item: str) -> str:
    content = base_document()
    made = copy.deepcopy(_found(content, area, many, item))
    taken = {str(one.get(many.key)) for one in items(content, area.section, many.name)}
    if many.key != "id" or many.name == "units":
        raise Http404
    made["id"] = sheets.fresh_id({"name": item}, taken)
    if isinstance(made.get("name"), str) and made["name"]:
        made["name"] = _("{name} (copy)").format(name=made["name"])[:120]
    if "off" in made:
        made["off"] = True  # a second rule that says the same would give twice
    if many.name == "ladder":
        above = max((one["at_least"] for one in items(content, area.section, many.name)), default=0)
        made["at_least"], made["keep_at_least"] = above + 1, None
    if many.name == "cards":
        made["unit"] = sheets.fresh_unit(
            {str(one.get("unit")) for one in items(content, area.section, many.name)}
        )
    _save(here, content, area, many, "", made)
    messages.success(request, _("Copied. Change what should be different."))
    return reverse("office:programme_item", args=[here.merchant.slug, area.name, many.name, made["id"]])


def _switch(off: bool) -> Any:
    def do(request: HttpRequest, here: Here, area: Area, many: Many, item: str) -> str:
        content = base_document()
        one = _found(content, area, many, item)
        if many.name != "rules":
            raise Http404
        _save(here, content, area, many, item, {**one, "off": off})
        said = _("Switched off in the draft.") if off else _("Switched on in the draft.")
        other = _address(here, area, many, item, "on" if off else "off")
        messages.success(request, said, extra_tags=f"undo={other}")
        return ""

    return do


def _address(here: Here, area: Area, many: Many, item: str, move: str) -> str:
    return reverse("office:programme_move", args=[here.merchant.slug, area.name, many.name, item, move])


def _delete(request: HttpRequest, here: Here, area: Area, many: Many, item: str) -> str:
    content = base_document()
    one = _found(content, area, many, item)
    _save(here, content, area, many, item, None)
    request.session[TAKEN_OUT] = {"area": area.name, "part": many.name, "item": one}
    undo = _address(here, area, many, item, "restore")
    messages.success(
        request, _("Taken out of the draft. It counts until you publish."), extra_tags=f"undo={undo}"
    )
    return ""


def _restore(request: HttpRequest, here: Here, area: Area, many: Many, item: str) -> str:
    content = base_document()
    if any(str(one.get(many.key)) == item for one in items(content, area.section, many.name)):
        return ""  # it is there again
    kept = request.session.get(TAKEN_OUT) or {}
    one = kept.get("item") if (kept.get("area"), kept.get("part")) == (area.name, many.name) else None
    if one is None or str(one.get(many.key)) != item:
        current = queries.in_force()
        one = _found(current.programme.document() if current else {}, area, many, item)
    _save(here, content, area, many, "", one)
    messages.success(request, _("It is back in the draft."))
    return ""


_MOVES = {"copy": _copy, "off": _switch(True), "on": _switch(False), "delete": _delete, "restore": _restore}
