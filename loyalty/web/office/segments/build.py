"""The builder: conditions chosen one by one, with how many members fit while one builds. Works without a script; with
one the count follows what is typed."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from campaigns.models import Segment
from campaigns.operations.segments.shaping import checked_conditions, create_segment, edit_segment
from campaigns.queries.segments import compiling, reading, wording
from campaigns.rules.segments import Conditions
from loyalty.core import ids
from loyalty.core.errors import DomainError, InvalidInput
from loyalty.core.merchants.queries import location_names
from loyalty.core.pages import Here, require, sent_to, show_errors
from loyalty.core.programme import queries as programmes
from loyalty.core.programme.identity import LANGUAGES
from loyalty.web.office.editor.parts import Desk
from loyalty.web.office.editor.tree import Editor
from loyalty.web.office.frame import language_of, office_page, words
from loyalty.web.office.joining import page_of
from loyalty.web.office.members import known_as
from loyalty.web.office.segments.pages import CURRENT, url_of
from loyalty.web.office.segments.starts import STARTS
from loyalty.web.sentences import voice_of
from members.queries import directory
from members.queries.belonging import segment_choices

DO = "_do"
SAMPLE = 6
EMPTY: Mapping[str, Any] = {"match": "all", "of": []}


class NameForm(forms.Form):
    """What a segment is called, and what it is good for."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=100,
        help_text=gettext_lazy("Only you and your colleagues read it."),
    )
    note = forms.CharField(label=gettext_lazy("What it is for"), max_length=300, required=False)


def desk_of(here: Here) -> Desk:
    """What conditions may name, by what the sheets call it."""
    language = language_of(here.merchant.language)
    current = programmes.in_force()
    questions = current.programme["questions"].questions if current else ()
    made = reading.names_with_conditions()
    picks = {
        "tiers": [*((one, name) for one, name in wording.labels_of_scope()["tiers"].items() if one != "-"),
                  ("-", _("No tier"))],
        "segments": [(handle, name) for handle, name in segment_choices() if handle not in made],
        "answers": [
            (f"{one.id}:{option.id}", f"{one.named(language)} – {option.named(language)}")
            for one in questions for option in one.options
        ],
        "languages": [(code, wording.LANGUAGES[code]) for code in LANGUAGES],
        "locations": list(location_names().items()),
    }  # fmt: skip
    return Desk(here.merchant, {}, picks, here.at)


@require_http_methods(["GET", "HEAD", "POST"])
@require("segments.edit")
def create(request: HttpRequest, here: Here) -> HttpResponse:
    """A new one, empty or begun with one of those that most shops want."""
    start = STARTS.get(request.GET.get("start", ""))
    base = start.conditions if start else EMPTY
    initial = {"name": str(start.name), "note": str(start.text)} if start else {}
    return _build(request, here, None, base, initial)


@require_http_methods(["GET", "HEAD", "POST"])
@require("segments.edit")
def edit(request: HttpRequest, here: Here, segment_id: str) -> HttpResponse:
    """The conditions of one, its name and its note."""
    row = reading.segment(ids.decode("seg", segment_id))
    if row.state == Segment.State.ARCHIVED:
        raise Http404
    return _build(request, here, row, row.conditions or EMPTY, {"name": row.name, "note": row.note})


def _build(
    request: HttpRequest, here: Here, row: Segment | None, base: Mapping[str, Any], initial: dict[str, str]
) -> HttpResponse:
    typed = request.POST if request.method == "POST" else None
    asked = request.POST.get(DO, "")[:200] if typed is not None else ""
    names = NameForm(typed, initial=initial, label_suffix="")
    has_conditions = row is None or row.kind == Segment.Kind.CONDITIONS
    # What is new begins with its own conditions, as if they had been typed; a list has none.
    editor = Editor(Conditions, base, desk_of(here), typed if has_conditions else None)
    context: dict[str, Any] = {"preview": None}
    if asked == "preview" or typed is None:
        context["preview"] = _tried(here, editor, base if typed is None else None) if has_conditions else None
    elif asked:
        editor.change(asked)
    elif names.is_valid() & (editor.is_valid() if has_conditions else True):
        made = _save(request, here, row, names, editor if has_conditions else None)
        if made is not None:
            return sent_to(request, url_of(here, "segment", made))
    partial = "preview" if asked == "preview" else "sheet" if asked else ""
    if asked:  # whoever is still building is not told what is missing
        names = NameForm(
            initial={name: typed.get(name, "") for name in ("name", "note")} if typed else initial
        )
    context |= {
        "row": row, "names": names, "form": names, "editor": editor, "has_conditions": has_conditions,
        "back": url_of(here, "segment", row) if row else reverse("office:segments", args=[here.merchant.slug]),
        "title": row.name if row else _("A new segment"),
    }  # fmt: skip
    status = 422 if typed is not None and not asked else 200
    return office_page(
        request, here, "office/segments/build.html", context, current=CURRENT, partial=partial, status=status
    )


def _save(
    request: HttpRequest, here: Here, row: Segment | None, names: NameForm, editor: Editor | None
) -> Segment | None:
    """Keep what was typed; None when it was refused, with the problems in the forms."""
    said, conditions = names.cleaned_data, editor.value() if editor else None
    try:
        if row is None:
            made = create_segment(name=said["name"], note=said["note"], conditions=conditions, at=here.at)
        else:
            changes = {"name": said["name"], "note": said["note"], "conditions": conditions}
            made = edit_segment(segment=row.pk, changes=changes, at=here.at)
    except InvalidInput as error:
        about = [one for one in error.errors if one["field"].startswith("conditions")]
        if editor is not None and about:
            editor.show(about, "conditions")
            for text in editor.form.non_field_errors():
                names.add_error(None, str(text))
        others = [one for one in error.errors if one not in about]
        if others:
            show_errors(names, InvalidInput(others))
        return None
    except DomainError as error:
        show_errors(names, error)
        return None
    if made.looked_at is None:
        messages.success(
            request, _("Saved. Everybody is being looked at; the number follows in a few minutes.")
        )
    else:
        messages.success(request, _("Saved. Who is in it is kept current from now on."))
    return made


def _tried(here: Here, editor: Editor, base: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """How many members fit what was typed, some of them, and what it says; None while it cannot be tried."""
    content = base if base is not None else editor.value() if editor.is_valid() else None
    if not content or not content.get("of"):
        return None
    try:
        conditions = checked_conditions(content)
    except DomainError:
        return None
    voice, labels = voice_of(here.merchant.currency, words()), wording.labels_of_scope()
    people = directory.by_ids(compiling.sample(conditions, at=here.at, most=SAMPLE))
    everybody = directory.counts()
    return {
        "size": compiling.count(conditions, at=here.at),
        "of": everybody.get("active", 0) + everybody.get("blocked", 0),
        "says": wording.sentence(conditions, voice, labels),
        "people": [
            {"name": found.name or known_as(found), "url": page_of(here, key)}
            for key, found in people.items()
        ],
    }
