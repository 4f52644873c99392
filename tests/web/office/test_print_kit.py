"""The print kit: what hangs on the wall says what the rules do, in the language asked for, and its code leads to joining."""

import io

import pytest
import zxingcpp
from django.test import Client
from PIL import Image

from loyalty.core.programme import operations as programmes
from loyalty.core.tenancy.scope import acting_for
from loyalty.web.drawing import MOTIFS, drawn, emblem
from tests.cast import AT, MARA, ONE_POINT_PER_KRONA, shop
from tests.web.office.conftest import Luna, browser_of


def test_the_poster_says_the_offer_out_of_the_rules(lunas: Luna, owner: Client):
    page = owner.get(lunas.url("print/?language=en")).content.decode().replace("\xa0", " ")
    assert "Free coffee for 100 points." in page and "/luna/join" in page and "Luna Club" in page


@pytest.mark.parametrize(
    ("kind", "panels"), [("poster", 1), ("small", 1), ("card", 2), ("flyer", 4), ("x", 1)]
)
def test_each_format_has_its_panels(lunas: Luna, owner: Client, kind: str, panels: int):
    assert owner.get(lunas.url(f"print/?format={kind}")).content.decode().count("<article") == panels


def test_the_language_of_the_sheet_is_chosen_apart_from_the_pages(lunas: Luna, owner: Client):
    with acting_for(lunas.merchant, by=MARA):
        words = {"one": "stjärna", "other": "stjärnor"}
        content = {
            "identity": {"name": {"sv": "Luna-klubben"}, "points": {"sv": words}},
            "earning": {"rules": [ONE_POINT_PER_KRONA]},
        }
        programmes.save_draft(content=content, at=AT)
        programmes.publish(at=AT)
    page = owner.get(lunas.url("print/?language=sv")).content.decode().replace("\xa0", " ")
    assert "100 stjärnor" in page and "Luna-klubben" in page and "Print kit" in page
    assert owner.get(lunas.url("print/")).context["sheet_language"] == "sv"  # the shop's own
    assert owner.get(lunas.url("print/?language=xx")).status_code == 200


def test_before_the_first_programme_there_is_nothing_to_announce(owner: Client, lunas: Luna):
    from loyalty.core.merchants.operations import add_staff
    from loyalty.core.merchants.roles import Role

    fresh = shop("fresh", name="Fresh")
    with acting_for(fresh, by=MARA):
        add_staff(email="owner@luna.example", role=Role.OWNER, at=AT)
    page = owner.get("/m/fresh/print/")
    assert "Nothing to announce yet" in page.content.decode()
    assert owner.get("/m/fresh/print/share/square.png").status_code == 200


@pytest.mark.parametrize(
    ("shape", "size"), [("square", (1080, 1080)), ("story", (1080, 1920)), ("wide", (1200, 630))]
)
def test_a_picture_to_share_carries_a_code_that_leads_to_joining(
    lunas: Luna, owner: Client, shape: str, size: tuple
):
    answer = owner.get(lunas.url(f"print/share/{shape}.png?language=nl&download=1"))
    assert answer["Content-Disposition"] == f'attachment; filename="luna-{shape}.png"'
    picture = Image.open(io.BytesIO(answer.content))
    assert (picture.format, picture.size) == ("PNG", size)
    assert [code.text for code in zxingcpp.read_barcodes(picture)] == ["http://testserver/luna/join/"]


def test_logo_and_rewards_are_on_the_picture(lunas: Luna, owner: Client):
    bare = owner.get(lunas.url("print/share/story.png")).content
    owner.post(f"{lunas.reward_url}picture/", {"motif": "cup"})
    with_cup = owner.get(lunas.url("print/share/story.png")).content
    assert with_cup != bare


def test_there_is_no_other_shape_and_cashiers_print_nothing(lunas: Luna, owner: Client):
    assert owner.get(lunas.url("print/share/round.png")).status_code == 404
    assert browser_of(lunas, "cashier").get(lunas.url("print/")).status_code == 403
    assert browser_of(lunas, "analyst").get(lunas.url("print/")).status_code == 200


@pytest.mark.parametrize("colour", ["#000000", "#ffffff", "#ffdd00", "#2f5d50"])
def test_every_motif_is_drawn_in_every_colour_and_always_alike(colour: str):
    pictures = {motif: drawn(motif, colour) for motif in ("cup", "star")}
    for motif, picture in pictures.items():
        assert picture.size == (800, 800) and picture.tobytes() == drawn(motif, colour).tobytes()
        assert len(picture.getcolors(10**6)) > 3  # something can be seen
    assert pictures["cup"].tobytes() != pictures["star"].tobytes()
    assert emblem("cup", colour).getpixel((0, 0))[3] == 0


def test_every_motif_can_be_drawn():
    for motif in MOTIFS:
        assert len(drawn(motif, "#2f5d50").getcolors(10**6)) > 3


def test_the_page_of_components_is_for_owners_and_leads_back_to_itself(lunas: Luna, owner: Client):
    page = owner.get(lunas.url("components/"))
    assert page.status_code == 200 and "/brand/gallery/" not in page.content.decode()
    assert browser_of(lunas, "manager").get(lunas.url("components/")).status_code == 403
