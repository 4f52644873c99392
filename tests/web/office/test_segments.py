"""Staff say who they mean once: a segment is built, counted while it is built, explained, named by others, put away."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from campaigns.models import Newsletter, Segment
from campaigns.operations.segments.shaping import checked_conditions, create_segment
from campaigns.queries.segments.figures import FIGURES
from campaigns.rules import segments as rules
from loyalty.core import ids
from loyalty.core.tenancy.scope import acting_for
from loyalty.web.office.editor.shapes import shapes
from loyalty.web.office.editor.sheets import parts, title
from loyalty.web.office.segments.starts import STARTS
from members.models import SegmentPlace
from members.operations.products import write_products
from members.rules.products import ProductChange
from tests.cast import AT, MARA
from tests.web.office.conftest import Luna, browser_of

ONCE = {"match": "all", "of": [{"type": "orders", "at_least": 1}]}
TYPED = {"name": "Buyers", "note": "", "match": "all", "of.count": "1", "of.0.was": "", "of.0.type": "orders",
         "of.0.at_least": "1"}  # fmt: skip
HTMX = {"HX-Request": "true"}


def text(answer) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def made(lunas: Luna, **more) -> str:
    """A segment of everybody who bought; its public id."""
    with acting_for(lunas.merchant, by=MARA):
        row = create_segment(name="Buyers", at=AT, **{"conditions": ONCE, **more})
        return ids.encode("seg", row.pk)


def inside(lunas: Luna, handle: str) -> set:
    with acting_for(lunas.merchant, by=MARA):
        return set(SegmentPlace.objects.filter(segment=handle).values_list("member_id", flat=True))


@pytest.mark.parametrize(
    "page", ["segments/", "segments/?show=archived", "segments/new/", "segments/new/list/"]
)
def test_every_page_shows_something_where_nothing_is_there_yet(lunas: Luna, owner: Client, page: str):
    answer = owner.get(lunas.url(page))
    assert answer.status_code == 200
    assert answer.content.decode().count("<h1") == 1


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("language", ["en", "sv", "nb", "nl"])
def test_each_to_begin_with_makes_sense_and_shows_who_fits(
    lunas: Luna, owner: Client, start: str, language: str
):
    owner.cookies["django_language"] = language
    answer = owner.get(lunas.url(f"segments/new/?start={start}"))
    assert answer.status_code == 200
    assert answer.context["preview"] is not None, "its conditions can be tried as they are"
    with acting_for(lunas.merchant, by=MARA):
        checked_conditions(STARTS[start].conditions)


def test_every_condition_can_be_read_shown_and_added(lunas: Luna, owner: Client):
    for struct in FIGURES:
        assert title(struct), struct
        assert {one.name for one in parts(struct)} == set(shapes(struct)), struct
        tag = struct.__struct_config__.tag
        typed = {"name": "x", "match": "all", "of.count": "0", "_do": f"add of {tag}"}
        answer = owner.post(lunas.url("segments/new/"), typed, headers=HTMX)
        assert answer.status_code == 200, tag
        assert f'value="{tag}"' in answer.content.decode(), tag


def test_a_segment_is_built_and_members_are_in_it(lunas: Luna, owner: Client):
    answer = owner.post(lunas.url("segments/new/"), TYPED)
    assert answer.status_code == 303
    page = owner.get(answer["Location"])
    assert "At least 1 purchase" in text(page) and "Ana Alm" in text(page)
    assert inside(lunas, "buyers") == {lunas.ana.pk}
    listed = text(owner.get(lunas.url("members/?segment=buyers")))
    assert "Ana Alm" in listed and "Ben Berg" not in listed
    assert "Segment: Buyers" in listed


def test_the_count_follows_what_is_typed_and_keeps_nothing(lunas: Luna, owner: Client):
    answer = owner.post(lunas.url("segments/new/"), {**TYPED, "_do": "preview"}, headers=HTMX)
    assert b"<html" not in answer.content
    assert "1</strong> of 2 members" in text(answer) and "Ana Alm" in text(answer)
    whole = owner.post(lunas.url("segments/new/"), {**TYPED, "_do": "preview"})
    assert b"<html" in whole.content and "1</strong> of 2 members" in text(whole)
    with acting_for(lunas.merchant, by=MARA):
        assert not Segment.objects.exists()


def test_what_cannot_be_counted_yet_says_what_to_do(lunas: Luna, owner: Client):
    typed = {**TYPED, "of.0.at_least": "", "_do": "preview"}
    assert "Add a condition" in text(owner.post(lunas.url("segments/new/"), typed, headers=HTMX))


def test_groups_are_built_without_a_script(lunas: Luna, owner: Client):
    url = lunas.url("segments/new/")
    with_group = {**TYPED, "_do": "add of group"}
    assert 'name="of.1.of.count"' in owner.post(url, with_group).content.decode()
    typed = {**TYPED, "of.count": "2", "of.1.was": "", "of.1.type": "group", "of.1.match": "none", "of.1.of.count": "1",
             "of.1.of.0.was": "", "of.1.of.0.type": "spent", "of.1.of.0.at_least_minor": "1000"}  # fmt: skip
    answer = owner.post(url, typed)
    assert answer.status_code == 303
    with acting_for(lunas.merchant, by=MARA):
        kept = Segment.objects.get().conditions
        assert kept["of"][1]["match"] == "none"
        assert kept["of"][1]["of"][0]["at_least_minor"] == 100_000


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"name": ""}, "This field is required"),
        ({"of.count": "0"}, "Add at least one condition"),
        ({"of.0.at_least": "", "of.0.at_most": ""}, "Give at least one of the two ends"),
        ({"of.0.at_least": "x"}, "Enter a whole number"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(lunas: Luna, owner: Client, changed: dict, said: str):
    answer = owner.post(lunas.url("segments/new/"), {**TYPED, "note": "kept note", **changed})
    assert answer.status_code == 422
    assert said in text(answer) and "kept note" in text(answer)
    with acting_for(lunas.merchant, by=MARA):
        assert not Segment.objects.exists()


def test_conditions_are_changed(lunas: Luna, owner: Client):
    public = made(lunas)
    typed = {**TYPED, "name": "Others", "match": "none", "of.0.was": "0"}
    assert owner.post(lunas.url(f"segments/{public}/edit/"), typed).status_code == 303
    assert inside(lunas, "buyers") == {lunas.ben.pk}
    assert "None" in text(owner.get(lunas.url(f"segments/{public}/")))


def test_a_list_is_made_filled_and_emptied(lunas: Luna, owner: Client):
    where = owner.post(lunas.url("segments/new/list/"), {"name": "Guests", "note": ""})["Location"]
    answer = owner.post(f"{where}add/", {"who": "ana\nnobody@example.com\n\nben"}, follow=True)
    assert inside(lunas, "guests") == {lunas.ana.pk, lunas.ben.pk}
    assert "2 members came onto the list" in text(answer)
    assert "nobody@example.com" in text(answer)
    owner.post(f"{where}remove/", {"member": ids.encode("mbr", lunas.ben.pk)})
    assert inside(lunas, "guests") == {lunas.ana.pk}


def test_a_list_takes_a_file(lunas: Luna, owner: Client):
    where = owner.post(lunas.url("segments/new/list/"), {"name": "Guests", "note": ""})["Location"]
    file = SimpleUploadedFile("guests.csv", b"customer;remark\nana;good\nstranger;x\n")
    answer = owner.post(f"{where}add/", {"who": "", "file": file}, follow=True)
    assert inside(lunas, "guests") == {lunas.ana.pk}
    assert "stranger" in text(answer)


@pytest.mark.parametrize("sent", [{"who": ""}, {"file": SimpleUploadedFile("x.pdf", b"%PDF-1.7 x")}])
def test_nothing_and_what_is_no_table_are_refused(lunas: Luna, owner: Client, sent: dict):
    where = owner.post(lunas.url("segments/new/list/"), {"name": "Guests", "note": ""})["Location"]
    answer = owner.post(f"{where}add/", sent)
    assert answer.status_code == 422
    assert inside(lunas, "guests") == set()


def test_a_member_page_says_why(lunas: Luna, owner: Client):
    made(lunas)
    ana = text(owner.get(lunas.member(lunas.ana, "segments/")))
    assert "In these segments" in ana and "At least 1 purchase" in ana and "– 1 purchase" in ana
    ben = text(owner.get(lunas.member(lunas.ben, "segments/")))
    assert "Not in these" in ben and "– 0 purchases" in ben


def test_what_is_for_it_keeps_it_from_being_put_away(lunas: Luna, owner: Client):
    public = made(lunas)
    page = text(owner.get(lunas.url("messages/newsletters/new/?segment=buyers")))
    assert re.search(r'<option value="buyers" selected>Buyers', page)
    typed = {"sv_subject": "Hej", "sv_body": "Nytt", "segment": "buyers", "tier": ""}
    assert owner.post(lunas.url("messages/newsletters/new/"), typed).status_code == 303
    with acting_for(lunas.merchant, by=MARA):
        assert Newsletter.objects.get().segment == "buyers"
    assert "Hej" in text(owner.get(lunas.url(f"segments/{public}/")))
    answer = owner.post(lunas.url(f"segments/{public}/archive/"), follow=True)
    assert "This is still for it" in text(answer)
    assert inside(lunas, "buyers") == {lunas.ana.pk}


def test_put_away_and_out_again(lunas: Luna, owner: Client):
    public = made(lunas)
    owner.post(lunas.url(f"segments/{public}/archive/"))
    assert inside(lunas, "buyers") == set()
    assert "Buyers" in text(owner.get(lunas.url("segments/?show=archived")))
    assert owner.get(lunas.url(f"segments/{public}/edit/")).status_code == 404
    assert owner.post(lunas.url(f"segments/{public}/restore/")).status_code == 303
    assert inside(lunas, "buyers") == {lunas.ana.pk}


def test_who_may_only_look_changes_nothing(lunas: Luna):
    public, analyst = made(lunas), browser_of(lunas, "analyst")
    assert analyst.get(lunas.url("segments/")).status_code == 200
    assert "segments/new/" not in text(analyst.get(lunas.url("segments/")))
    for page in ("segments/new/", f"segments/{public}/edit/", "segments/new/list/"):
        assert analyst.get(lunas.url(page)).status_code == 403
    assert analyst.post(lunas.url(f"segments/{public}/archive/")).status_code == 403


def test_all_conditions_have_their_words_in_the_union():
    import typing

    known = set(typing.get_args(rules.Node)) - {rules.Group}
    assert known == set(FIGURES)


def test_names_of_what_the_shop_sells_are_offered(lunas: Luna, owner: Client):
    with acting_for(lunas.merchant, by=MARA):
        write_products(
            products=[
                ProductChange("bun", name="Bun", category="Buns & <cakes>", brand="Luna", tags=("sweet",)),
                ProductChange("pan", name="Pan", category="Pans", archived=True),
            ],
            at=AT,
        )
    bought = {**TYPED, "of.0.type": "bought", "of.0.at_least": "", "of.0.times": "1"}
    shown = text(owner.post(lunas.url("segments/new/"), bought, headers=HTMX))
    offered = dict(re.findall(r'<datalist id="id_of[.]0[.](\w+)_names">(.*?)</datalist>', shown))
    assert offered == {
        "categories": '<option value="Buns &amp; &lt;cakes&gt;"></option>',
        "brands": '<option value="Luna"></option>',
        "tags": '<option value="sweet"></option>',
    }
    for field in offered:
        assert f'list="id_of.0.{field}_names"' in shown
