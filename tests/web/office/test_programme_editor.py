"""The one editor behind every form of the programme: it shows everything the document can hold, and a form that is saved
unchanged changes nothing."""

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from django.forms import CheckboxInput
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict

from loyalty.blueprints.catalogue import blueprints
from loyalty.blueprints.shape import for_shop
from loyalty.core.merchants.models import Merchant
from loyalty.core.programme import document
from loyalty.core.programme.document import sections
from loyalty.web.office.editor import sheets
from loyalty.web.office.editor.areas import AREAS
from loyalty.web.office.editor.desk import items
from loyalty.web.office.editor.nodes import walk
from loyalty.web.office.editor.parts import Desk
from loyalty.web.office.editor.shapes import shapes, tag
from loyalty.web.office.editor.tree import Editor
from members.rules import conditions as c
from members.rules import earning as e
from members.rules.tiers import Tier
from tests.cast import AT

CSS = Path(__file__).resolve().parents[3] / "static" / "css" / "programme.css"
PICKS: dict[str, list[tuple[str, Any]]] = {
    "units": [("points", "Points"), ("stamps", "Stamps"), ("cashback", "Cash-back")],
    "counted": [("points", "Points"), ("rewards", "Rewards")],
    "tiers": [("gold", "Gold")], "segments": [("vip", "vip")], "rewards": [("coffee", "Coffee")],
    "groups": [("g", "G")], "budgets": [("b", "B")], "rules": [("base", "Base")], "locations": [("main", "Main")],
    "limit_per": [("order", "an order"), ("month", "a month")],
}  # fmt: skip


def desk(content: dict[str, Any] | None = None) -> Desk:
    merchant = Merchant(currency="SEK", timezone="Europe/Stockholm", language="sv", name="Luna")
    return Desk(merchant, content or {}, PICKS, AT)


def everything() -> set[Any]:
    """Every Struct that can be inside a programme."""
    found: set[Any] = set()
    waiting = [section.type for section in sections()]
    while waiting:
        struct = waiting.pop()
        if struct not in found:
            found.add(struct)
            waiting += [inner for shape in shapes(struct).values() for inner in shape.of]
    return found


def sent(editor: Editor) -> QueryDict:
    """What a browser sends when somebody presses Save without touching anything."""
    data = QueryDict(mutable=True)
    for node in walk(editor.root):
        if node.kind == "list":
            data[f"{node.path}.count"] = str(len(node.children))
            for item in node.children:
                for name in ("was", "type"):
                    data[f"{item.path}.{name}"] = item.keep[name]
        if node.bound is None:
            continue
        value = node.bound.value()
        if isinstance(node.bound.field.widget, CheckboxInput):
            data.update({node.path: "on"} if value else {})
        elif isinstance(value, list):
            data.update(MultiValueDict({node.path: value} if value else {}))
        else:
            data[node.path] = str(value)
    return data


def test_every_field_of_every_section_has_its_place_and_its_words():
    for struct in everything():
        named = {part.name for part in sheets.parts(struct)}
        assert named - {"id"} == set(shapes(struct)) - {"id"}, struct
        assert all(str(part.label) for part in sheets.parts(struct))
        for shape in shapes(struct).values():
            if shape.enum:
                assert set(sheets.CHOICES[shape.enum]) == set(shape.values), shape.enum
            if len(shape.of) > 1 or shape.kind == "list":
                assert all(str(sheets.title(one)) for one in shape.of)
    assert len(everything()) > 50


def test_every_section_has_a_page_for_all_of_its_fields():
    shown: dict[str, set[str]] = {}
    for area in AREAS:
        for many in area.lists:
            shown.setdefault(area.section, set()).add(many.name)
        for terms in area.terms:
            shown.setdefault(terms.section, set()).update(terms.only or shapes(terms.struct))
    assert shown == {section.name: set(shapes(section.type)) for section in sections()}


def test_what_is_shown_only_with_a_choice_is_shown_with_it_by_the_style():
    written = set(re.findall(r'\[data-with~="([^"]+)"\]', CSS.read_text()))
    wanted = {
        token for parts in sheets.SHEETS.values() for part in parts for token in part.shown_with.split()
    }
    assert wanted == written


def parts_of(content: dict[str, Any]) -> list[tuple[Any, dict[str, Any], tuple[str, ...]]]:
    """Everything of a document that has a form: its type, what it says, and which fields."""
    found: list[tuple[Any, dict[str, Any], tuple[str, ...]]] = []
    for area in AREAS:
        for many in area.lists:
            kinds = {tag(struct): struct for struct in many.structs}
            found += [
                (kinds.get(item.get("type", ""), many.structs[0]), item, ())
                for item in items(content, area.section, many.name)
            ]
        found += [(terms.struct, content[terms.section], terms.only) for terms in area.terms]
    return found


@pytest.mark.parametrize("one", blueprints(), ids=lambda one: one.id)
def test_a_form_saved_unchanged_changes_nothing(one):
    from zoneinfo import ZoneInfo

    zone = ZoneInfo("Europe/Stockholm")
    fitted = for_shop(one.programme, currency="SEK", language="sv", zone=zone, at=AT)
    content = document.parse(fitted).document()
    for struct, said, only in parts_of(content):
        editor = Editor(struct, said, desk(content), only=only)
        again = Editor(struct, said, desk(content), sent(editor), only)
        assert again.is_valid(), (struct, again.form.errors)
        assert {name: again.value()[name] for name in said} == said


FULL = {
    "type": "fixed", "id": "full", "amount": 50, "name": "Full", "unit": "cashback", "priority": 7, "off": True,
    "only": {"categories": ["Tea", "Coffee"], "locations": ["main"], "quantity_at_least": 3, "not_tags": ["old"]},
    "window": {"from": "2026-10-22T22:00:00Z", "until": "2026-12-17T23:00:30+00:00"},
    "limits": {"per_order": 9, "per": [{"period": "day", "times": 1, "units": None}], "budget": "b"}, "group": "g",
    "when": [
        {"type": "order_amount", "at_least_minor": 12345, "at_most_minor": None, "of": "paid"},
        {"type": "quantity", "at_least": 2, "at_most": 5, "of": {"brands": ["Own"]}},
        {"type": "order_number", "number": None, "every": 10, "per": "month"},
        {"type": "since_order", "at_least_days": 30}, {"type": "repeat", "times": 4, "within_days": 60},
        {"type": "hours", "days": ["mon", "sun"], "from": "22:00", "until": "02:00"},
        {"type": "membership_age", "at_most_days": 9}, {"type": "birthday", "days_before": 3, "days_after": 0},
        {"type": "anniversary", "days_before": 0, "days_after": 7}, {"type": "tier", "any_of": ["gold", "lost"]},
        {"type": "segment", "any_of": ["vip"], "none_of": []}, {"type": "cool_down", "minutes": 90, "rule": "base"},
        {"type": "activity", "kinds": ["review"], "where": [{"name": "stars", "any_of": [5, "five", True]},
                                                         {"name": "words", "at_least": 40}]},
        {"type": "following", "after": "review", "within_days": 3, "same_product": True},
    ],
}  # fmt: skip


def test_every_condition_and_limit_survives_its_form():
    rule = msgspec.json.decode(msgspec.json.encode(msgspec.convert(FULL, e.Rule)))
    assert {one["type"] for one in rule["when"]} == {tag(one) for one in c.Condition.__args__}
    editor = Editor(e.Fixed, rule, desk())
    again = Editor(e.Fixed, rule, desk(), sent(editor))
    assert again.is_valid(), again.form.errors
    assert again.value() == rule


def typed(**fields: str) -> QueryDict:
    data = QueryDict(mutable=True)
    for name, value in fields.items():
        data[name.replace("__", ".")] = value
    return data


def test_what_is_typed_becomes_the_document():
    data = typed(amount="50", unit="points", for_each="order", when__count="2", when__0__type="hours",
                 when__0__from="08:00", when__0__until="10:00", when__1__type="order_amount",
                 when__1__at_least_minor="1 184,50", when__1__of="matching", limits__per__count="0",
                 only__categories="Tea, Coffee, Tea")  # fmt: skip
    data.setlist("when.0.days", ["mon", "tue"])
    editor = Editor(e.Fixed, {}, desk(), data)
    assert editor.is_valid(), editor.form.errors
    made = editor.value()
    assert (made["type"], made["amount"], made["only"]["categories"]) == ("fixed", 50, ["Tea", "Coffee"])
    assert made["when"] == [
        {"type": "hours", "days": ["mon", "tue"], "from": "08:00", "until": "10:00"},
        {"type": "order_amount", "at_least_minor": 118450, "at_most_minor": None, "of": "matching"},
    ]
    assert msgspec.convert({**made, "id": "x"}, e.Rule).amount == 50


def test_conditions_are_added_moved_and_removed_and_nothing_typed_is_lost():
    data = typed(amount="50", name="Kept", when__count="1", when__0__type="hours", when__0__from="08:00",
                 when__0__until="10:00")  # fmt: skip

    def after(what: str, data: QueryDict) -> QueryDict:
        editor = Editor(e.Fixed, {}, desk(), data)
        editor.change(what)
        return sent(editor)

    two = after("add when order_amount", data)
    assert (two["when.count"], two["when.1.type"], two["name"], two["when.0.from"]) == (
        "2", "order_amount", "Kept", "08:00",
    )  # fmt: skip
    two["when.1.at_least_minor"] = "12"
    moved = after("up when 1", two)
    assert (moved["when.0.type"], moved["when.0.at_least_minor"], moved["when.1.type"]) == (
        "order_amount",
        "12",
        "hours",
    )
    left = after("remove when 1", moved)
    assert (left["when.count"], left["when.0.type"]) == ("1", "order_amount")
    for nonsense in (
        "up when 0",
        "remove when 9",
        "add when unicorn",
        "explode",
        "remove name 0",
        "add x.y z",
        "up  ",
    ):
        assert after(nonsense, left)["when.0.type"] == "order_amount"


def test_a_moved_item_keeps_what_the_form_does_not_show():
    tier = {"id": "gold", "at_least": 5, "perks": [
        {"id": "one", "kind": "concierge", "name": {}, "limit": {"times": 2, "per": "month"}},
        {"id": "two", "kind": "free_shipping", "name": {}},
    ]}  # fmt: skip
    base = msgspec.json.decode(msgspec.json.encode(msgspec.convert(tier, Tier)))
    content = {"tiers": {"by": "orders"}}
    editor = Editor(Tier, base, desk(content), sent(Editor(Tier, base, desk(content))))
    editor.change("down perks 0")
    again = Editor(Tier, base, desk(content), sent(editor))
    assert again.is_valid(), again.form.errors
    assert [perk["id"] for perk in again.value()["perks"]] == ["two", "one"]
    assert again.value()["perks"][1]["limit"] == {"times": 2, "per": "month"}


def test_an_optional_part_is_left_out_until_its_need_is_given():
    base = {"id": "gold", "at_least": 5, "name": {}, "keep_at_least": None,
            "perks": [{"id": "p", "kind": "concierge", "name": {}, "text": {}, "hours": None, "percent": None,
                       "service": False, "limit": None}]}  # fmt: skip
    data = sent(Editor(Tier, base, desk()))
    assert Editor(Tier, base, desk(), data).form.errors == {}
    editor = Editor(Tier, base, desk(), data)
    assert editor.is_valid() and editor.value()["perks"][0]["limit"] is None
    data["perks.0.limit.times"] = "3"
    editor = Editor(Tier, base, desk(), data)
    assert editor.is_valid() and editor.value()["perks"][0]["limit"] == {"times": 3, "per": "order"}


@pytest.mark.parametrize(
    ("name", "value"),
    [("amount", ""), ("amount", "x"), ("amount", "1.5"), ("amount", "9" * 40), ("unit", "gold-bars"),
     ("for_each", "sideways"), ("when.0.at_least_minor", "-1"), ("when.0.at_least_minor", "1,234"),
     ("window.from", "tomorrow"), ("limits.per_order", "many")],
)  # fmt: skip
def test_what_cannot_be_read_is_said_beside_its_field(name: str, value: str):
    data = typed(amount="5", unit="points", for_each="order", when__count="1", when__0__type="order_amount")
    data[name] = value
    editor = Editor(e.Fixed, {}, desk(), data)
    assert not editor.is_valid()
    assert name in editor.form.errors


def test_problems_of_the_document_come_back_beside_their_fields():
    data = typed(amount="5", when__count="1", when__0__type="order_amount", name="x")
    editor = Editor(e.Fixed, {}, desk(), data)
    editor.is_valid()
    problems = [("earning.rules[3].amount", "Too many."), ("earning.rules[3].when[0].at_least_minor", "Give one."),
                ("earning.rules[3].when", "Too long."), ("earning.rules", "Too many rules.")]  # fmt: skip
    editor.show(
        [{"field": path, "message": text, "code": "x"} for path, text in problems], "earning.rules[3]"
    )
    errors = editor.form.errors
    assert (errors["amount"], errors["when.0.at_least_minor"]) == (["Too many."], ["Give one."])
    assert errors["__all__"] == ["Conditions: Too long.", "Too many rules."]


def test_a_new_item_has_an_id_nobody_has():
    assert sheets.fresh_id({"name": {"sv": "Guld Å"}}, set()) == "guld-a"
    assert sheets.fresh_id({"name": "Gold"}, {"gold", "gold-2"}) == "gold-3"
    assert sheets.fresh_id({"type": "points_per_amount"}, set()) == "points-per-amount"
    assert sheets.fresh_id({"name": "日本"}, set()) == "item"
    assert sheets.fresh_unit({"stamps", "stamps-2"}) == "stamps-3"
