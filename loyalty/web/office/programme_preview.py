"""What a form of the programme would make of the draft, before it is saved: sentences and a real purchase."""

from collections.abc import Callable
from typing import Any

from loyalty.core.errors import DomainError
from loyalty.core.pages import Here
from loyalty.core.programme import document
from loyalty.web.office import worth
from loyalty.web.office.editor.areas import Area, Many, Terms
from loyalty.web.office.editor.desk import picks_of
from loyalty.web.office.editor.parts import Desk
from loyalty.web.office.editor.telling import Teller, members_rule
from loyalty.web.office.editor.tree import Editor
from loyalty.web.office.frame import words

Drafted = Callable[[], Any]


def _parsed(
    editor: Editor, content: Callable[[], dict[str, Any]] | None, desk: Desk
) -> document.Programme | None:
    """The programme with what is typed; None while that makes no sense."""
    try:
        if content is None:
            return document.parse(desk.document)
        return document.parse(content()) if editor.is_valid() else None
    except DomainError:
        return None


def _teller(programme: document.Programme, desk: Desk) -> Teller:
    made = Desk(desk.merchant, programme.document(), picks_of(programme), desk.at)
    return Teller(programme, made, words())


def preview_item(
    editor: Editor, drafted: Drafted | None, area: Area, many: Many, desk: Desk, here: Here, *, item: str = ""
) -> dict[str, Any] | None:
    """An item in words, and for a rule what members read and what a real purchase gets."""
    name = item
    content: Callable[[], dict[str, Any]] | None = None
    if drafted is not None:
        if not editor.is_valid():
            return None
        whole, name = drafted()
        content = lambda: whole  # noqa: E731 - the document that was just made
    programme = _parsed(editor, content, desk)
    if programme is None:
        return None
    every = getattr(programme[area.section], many.name)
    found = next((one for one in every if str(getattr(one, many.key)) == name), None)
    if found is None:
        return None
    teller = _teller(programme, desk)
    made: dict[str, Any] = {"told": teller.item(area.section, many, found), **_worked(area, programme, here)}
    if many.name == "rules":
        made["members"] = members_rule(found, teller)
    return made


def preview_terms(
    editor: Editor, drafted: Drafted | None, terms: Terms, desk: Desk, here: Here
) -> dict[str, Any] | None:
    """Single fields in words."""
    if drafted is not None and not editor.is_valid():
        return None
    programme = _parsed(editor, drafted, desk)
    if programme is None:
        return None
    return {"sentences": _teller(programme, desk).terms(terms)}


def _worked(area: Area, programme: document.Programme, here: Here) -> dict[str, Any]:
    """What a real purchase gets, where the part is about earning."""
    if area.section != "earning":
        return {}
    return {"worked": worth.work_out(programme, here.merchant, worth.basket(here.merchant, here.at))}
