"""Settings: what an owner decides counts, is checked, and nobody else decides it."""

import io
import re

import pytest
from django.core import mail
from django.test import Client
from PIL import Image

from loyalty.core.merchants.models import Invitation, Location, Merchant, Staff
from loyalty.core.pictures.models import Picture
from loyalty.core.programme import queries as programmes
from loyalty.core.tenancy.scope import acting_for
from tests.cast import MARA
from tests.core.pictures.test_pictures import SVG, photo
from tests.web.office.conftest import Luna, browser_of


def file(data: bytes, name: str = "logo.png") -> io.BytesIO:
    """An upload with a name."""
    sent = io.BytesIO(data)
    sent.name = name
    return sent


def shop_of(lunas: Luna) -> Merchant:
    return Merchant.objects.get(pk=lunas.merchant.pk)


def text(answer) -> str:
    return answer.content.decode()


def test_a_new_name_and_colour_count_at_once_for_members_too(lunas: Luna, owner: Client):
    answer = owner.post(lunas.url("settings/brand/"), {"name": "Luna & Co", "brand_colour": "#FD0"})
    assert answer.status_code == 303
    assert (shop_of(lunas).name, shop_of(lunas).brand_colour) == ("Luna & Co", "#ffdd00")
    assert "/brand/ffdd00-" in text(Client().get("/luna/"))


def test_while_a_colour_is_chosen_the_page_says_what_follows_and_saves_nothing(lunas: Luna, owner: Client):
    said = text(owner.get(lunas.url("settings/brand/colours/?brand_colour=%23ffdd00")))
    assert "black: white would be too faint" in said and "#ffdd00" in said
    assert "Text on the colour is white" in text(
        owner.get(lunas.url("settings/brand/colours/?brand_colour=x"))
    )
    assert shop_of(lunas).brand_colour == "#2f5d50"


def test_a_colour_that_is_none_comes_back(lunas: Luna, owner: Client):
    answer = owner.post(lunas.url("settings/brand/"), {"name": "", "brand_colour": "red"})
    assert answer.status_code == 422 and {"name", "brand_colour"} == set(answer.context["form"].errors)
    assert shop_of(lunas).name == "Café Luna"


def test_a_logo_is_written_anew_and_shown_everywhere(lunas: Luna, owner: Client):
    owner.post(lunas.url("settings/brand/logo/"), {"picture": file(photo("PNG", (900, 900)))})
    logo = shop_of(lunas).logo
    address = f"/pictures/luna/{logo.hex}/small"
    assert address in text(owner.get(lunas.url())) and address in text(Client().get("/luna/"))
    shown = Client().get(address)
    assert Image.open(io.BytesIO(shown.content)).size == (192, 192)
    assert shown["Content-Type"] == "image/webp"
    assert shown["Cache-Control"] == "public, max-age=31536000, immutable"
    assert shown["X-Content-Type-Options"] == "nosniff"
    assert shown["Content-Security-Policy"] == "default-src 'none'; sandbox"
    owner.post(lunas.url("settings/brand/logo/"), {"remove": "1"})
    assert shop_of(lunas).logo is None and address not in text(owner.get(lunas.url()))


@pytest.mark.parametrize(
    "sent",
    [{}, {"picture": file(SVG, "logo.svg")}, {"picture": file(b"GIF89a" + b"\0" * 99)},
     {"picture": file(b"\x89PNG\r\n\x1a\n" + b"\0" * 5_300_000)}, {"picture": file(photo(size=(9, 9)), "logo.png")}],
    ids=["nothing", "svg", "gif", "five megabytes and more", "mislabelled"],
)  # fmt: skip
def test_what_is_no_logo_comes_back_with_a_reason(lunas: Luna, owner: Client, sent: dict):
    for upload in sent.values():
        upload.seek(0)
    answer = owner.post(lunas.url("settings/brand/logo/"), sent)
    assert answer.status_code == 422 and answer.context["picture_form"].errors["picture"]
    with acting_for(lunas.merchant, by=MARA):
        assert Picture.objects.count() == 0


def test_a_picture_is_found_at_its_own_shop_only(lunas: Luna, ottos: Luna, owner: Client):
    owner.post(lunas.url("settings/brand/logo/"), {"picture": file(photo("PNG", (90, 90)))})
    logo = shop_of(lunas).logo
    for address in (
        f"/pictures/ottos/{logo.hex}/small", f"/pictures/luna/{logo.hex}/huge", f"/pictures/luna/{'0' * 32}/small",
        f"/pictures/luna/{logo}/small", "/pictures/luna/x/small", f"/pictures/nowhere/{logo.hex}/small",
    ):  # fmt: skip
        assert Client().get(address).status_code == 404


def test_words_become_a_draft_and_keep_the_rest_of_the_programme(lunas: Luna, owner: Client):
    words = {"name_sv": "Luna-klubben", "one_sv": "stjärna", "other_sv": "stjärnor", "name_en": "Luna Club"}
    answer = owner.post(lunas.url("settings/words/"), words)
    assert answer["Location"] == lunas.url("programme/draft/")
    with acting_for(lunas.merchant, by=MARA):
        draft, current = programmes.draft(), programmes.numbered(1)
        assert draft.document["identity"]["points"] == {"sv": {"one": "stjärna", "other": "stjärnor"}}
        assert draft.document["identity"]["name"] == {"sv": "Luna-klubben", "en": "Luna Club"}
        assert {**draft.document, "identity": 0} == {**current.document, "identity": 0}
    owner.post(lunas.url("programme/publish/"), {"note": ""})
    owner.post("/language/", {"language": "sv", "next": "/"})
    assert "Stjärnor" in text(owner.get(lunas.url("members/")))


def test_a_word_for_one_needs_a_word_for_many(lunas: Luna, owner: Client):
    answer = owner.post(lunas.url("settings/words/"), {"one_nl": "ster"})
    assert answer.status_code == 422 and list(answer.context["form"].errors) == ["other_nl"]
    with acting_for(lunas.merchant, by=MARA):
        assert programmes.draft() is None


def test_the_language_of_the_shop_counts_at_once(lunas: Luna, owner: Client):
    assert owner.post(lunas.url("settings/words/language/"), {"language": "nl"}).status_code == 303
    assert shop_of(lunas).language == "nl"
    assert owner.post(lunas.url("settings/words/language/"), {"language": "xx"}).status_code == 422


def code_in_the_mail() -> str:
    return re.search(r"^\s*([A-Z0-9]{4}-?[A-Z0-9]{4})\s*$", str(mail.outbox[-1].body), re.M)[1]


def test_from_the_invitation_to_the_first_page(
    lunas: Luna, owner: Client, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        owner.post(lunas.url("settings/staff/invite/"), {"email": "Nia@luna.example", "role": "manager"})
    (sent,) = mail.outbox
    assert (
        sent.to == ["nia@luna.example"] and sent.from_email == '"Café Luna" <loyalty@localhost>'
    ) or "Luna" in sent.from_email
    link = re.search(r"https?://testserver(/invitations/luna/\S+)", str(sent.body))[1]
    nia = Client()
    assert "Café Luna invites you" in text(nia.get(link))
    assert nia.post(link)["Location"].startswith("/accounts/login/code/confirm/")
    confirmed = nia.post(f"/accounts/login/code/confirm/?next={link}", {"code": code_in_the_mail()})
    assert confirmed["Location"] == link
    assert nia.post(link, {"name": ""}).status_code == 422
    assert nia.post(link, {"name": "Nia"})["Location"] == lunas.url()
    assert nia.get(lunas.url("members/join/")).status_code == 200
    assert nia.get(lunas.url("settings/")).status_code == 403
    assert "no longer works" in text(Client().get(link)) and Client().get(link).status_code == 404


def test_an_invitation_is_for_the_address_it_was_sent_to(
    lunas: Luna, owner: Client, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        owner.post(lunas.url("settings/staff/invite/"), {"email": "nia@luna.example", "role": "owner"})
    link = re.search(r"testserver(/invitations/luna/\S+)", str(mail.outbox[0].body))[1]
    cashier = browser_of(lunas, "cashier")
    assert "You are signed in as cashier@luna.example" in text(cashier.get(link))
    cashier.post(link, {"name": "Not Nia"})  # only asks for a code, which goes to Nia
    assert mail.outbox[-1].to == ["nia@luna.example"]
    with acting_for(lunas.merchant, by=MARA):
        assert Staff.objects.get(user__email="cashier@luna.example").role == "cashier"
        assert Invitation.objects.count() == 1


def test_invitations_are_sent_again_and_withdrawn(
    lunas: Luna, owner: Client, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        owner.post(lunas.url("settings/staff/invite/"), {"email": "nia@luna.example", "role": "analyst"})
        with acting_for(lunas.merchant, by=MARA):
            row = Invitation.objects.get().pk
        owner.post(lunas.url(f"settings/invitations/{row}/renew/"))
    first, second = (re.search(r"/invitations/luna/\S+", str(sent.body))[0] for sent in mail.outbox)
    assert (Client().get(first).status_code, Client().get(second).status_code) == (404, 200)
    owner.post(lunas.url(f"settings/invitations/{row}/withdraw/"))
    assert Client().get(second).status_code == 404
    assert owner.post(lunas.url(f"settings/invitations/{row}/renew/")).status_code == 404


@pytest.mark.parametrize("email", ["", "nobody", "cashier@luna.example"])
def test_who_cannot_be_invited_comes_back_with_a_reason(lunas: Luna, owner: Client, email: str):
    answer = owner.post(lunas.url("settings/staff/invite/"), {"email": email, "role": "cashier"})
    assert answer.status_code == 422 and answer.context["form"].errors["email"]
    assert mail.outbox == []


def test_another_role_counts_from_the_next_page(lunas: Luna, owner: Client):
    cashier, row = browser_of(lunas, "cashier"), lunas.staff["cashier"].pk
    assert cashier.get(lunas.url("members/")).status_code == 403
    owner.post(lunas.url(f"settings/staff/{row}/"), {"role": "analyst", "name": "Tom"})
    assert cashier.get(lunas.url("members/")).status_code == 200
    assert owner.get(lunas.url(f"settings/staff/{row}/revoke/")).status_code == 200
    owner.post(lunas.url(f"settings/staff/{row}/revoke/"))
    assert cashier.get(lunas.url("members/")).status_code == 404


def test_the_only_owner_stays(lunas: Luna, owner: Client):
    row = lunas.staff["owner"].pk
    answer = owner.post(lunas.url(f"settings/staff/{row}/"), {"role": "cashier", "name": ""})
    assert answer.status_code == 422 and "needs an owner" in text(answer)
    owner.post(lunas.url(f"settings/staff/{row}/revoke/"))
    assert owner.get(lunas.url("settings/")).status_code == 200


def test_the_table_of_rights_says_what_the_pages_do(lunas: Luna, owner: Client):
    rights = {str(row["name"]): [allowed for _role, allowed in row["roles"]] for row in
              owner.get(lunas.url("settings/staff/")).context["rights"]}  # fmt: skip
    assert rights["Publish the programme"] == [True, True, False, False]
    assert rights["Use the till"] == [True, True, True, False]
    assert rights["Invite and remove colleagues"] == [True, False, False, False]


def test_where_a_second_factor_is_asked_for_owners_and_managers_need_one(lunas: Luna, owner: Client):
    from allauth.mfa.models import Authenticator

    manager = browser_of(lunas, "manager")
    url = lunas.url("settings/staff/second-factor/")
    owner.post(url, {"on": "1"}, headers={"Referer": f"http://testserver{lunas.url('settings/staff/')}"})
    assert not shop_of(lunas).second_factor  # the owner has none themselves
    Authenticator.objects.create(user=lunas.staff["owner"].user, type="totp", data={})
    owner.post(url, {"on": "1"})
    assert owner.get(lunas.url("members/")).status_code == 200
    assert manager.get(lunas.url("members/"))["Location"] == "/accounts/you/"
    assert (
        manager.post(lunas.member(lunas.ana, "adjust/"), {"way": "give", "amount": "9", "reason": "x"})[
            "Location"
        ]
        == "/accounts/you/"
    )
    assert lunas.points(lunas.ana) == 150
    assert browser_of(lunas, "analyst").get(lunas.url("members/")).status_code == 200
    assert "Your shop asks owners and managers" in text(manager.get("/accounts/you/"))
    Authenticator.objects.create(user=lunas.staff["manager"].user, type="webauthn", data={})
    assert manager.get(lunas.url("members/")).status_code == 200


def test_places_are_added_renamed_closed_and_opened(lunas: Luna, owner: Client):
    url = lunas.url("settings/places/")
    owner.post(url, {"name": "Harbour", "code": "Harbour"})
    assert owner.post(url, {"name": "Again", "code": "harbour"}).status_code == 422
    with acting_for(lunas.merchant, by=MARA):
        row = Location.objects.get(code="harbour").pk
    owner.post(f"{url}{row}/", {"name": "The harbour"})
    owner.post(f"{url}{row}/close/")
    page = owner.get(url)
    assert [place.name for place in page.context["closed"]] == ["The harbour"]
    owner.post(f"{url}{row}/open/")
    assert len(owner.get(url).context["open"]) == 2
    assert owner.post(f"{url}{row}/", {"name": ""}).status_code == 422


def test_mail_goes_out_in_the_shops_name(lunas: Luna, owner: Client, django_capture_on_commit_callbacks):
    owner.post(lunas.url("settings/mail/"), {"sender_name": "Luna", "reply_to": "hej@luna.example"})
    with django_capture_on_commit_callbacks(execute=True):
        owner.post(lunas.url("settings/mail/test/"))
    (sent,) = mail.outbox
    assert (sent.from_email, sent.reply_to, sent.to) == (
        "Luna <loyalty@localhost>",
        ["hej@luna.example"],
        ["owner@luna.example"],
    )
    answer = owner.post(lunas.url("settings/mail/"), {"sender_name": "a\nb", "reply_to": "x"})
    assert answer.status_code == 422 and shop_of(lunas).sender_name == "Luna"


def test_a_mail_server_that_does_not_answer_is_said_and_nothing_breaks(
    lunas: Luna, owner: Client, django_capture_on_commit_callbacks, monkeypatch
):
    from django.contrib.messages import get_messages
    from django.core.mail import EmailMessage

    def refuse(self, *args, **kwargs):
        raise ConnectionRefusedError

    monkeypatch.setattr(EmailMessage, "send", refuse)
    with django_capture_on_commit_callbacks(execute=True):
        answer = owner.post(lunas.url("settings/mail/test/"))
    assert answer.status_code == 303
    assert any("could not be sent" in str(said) for said in get_messages(answer.wsgi_request))


def test_without_a_mail_server_the_page_says_so(lunas: Luna, owner: Client, settings):
    assert "No mail leaves this server" not in text(owner.get(lunas.url("settings/mail/")))
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.filebased.EmailBackend",
                                    "OPTIONS": {"file_path": "/nowhere"}}}  # fmt: skip
    assert "No mail leaves this server" in text(owner.get(lunas.url("settings/mail/")))


def test_members_read_who_answers_for_their_data_and_silence_is_found(lunas: Luna, owner: Client):
    url = lunas.url("settings/privacy/")
    sent = {"controller_name": "Luna AB", "controller_contact": "hej@luna.example", "retention_months": "12"}
    owner.post(url, sent)
    assert shop_of(lunas).retention_months == 12
    assert owner.post(url, {**sent, "retention_months": "1"}).status_code == 422
    page = owner.get(url.replace("privacy/", "privacy/silent/"))
    assert page.status_code == 200 and page.context["due"] is not None


@pytest.mark.parametrize("role", ["manager", "analyst", "cashier"])
def test_only_owners_change_settings(lunas: Luna, role: str):
    client = browser_of(lunas, role)
    for path in ("", "brand/", "words/", "staff/", "places/", "mail/", "privacy/"):
        assert client.get(lunas.url(f"settings/{path}")).status_code == 403
    assert (
        client.post(lunas.url("settings/brand/"), {"name": "Mine", "brand_colour": "#000000"}).status_code
        == 403
    )
    assert shop_of(lunas).name == "Café Luna"


def test_a_reward_gets_a_drawing_in_the_shops_colour_or_a_photograph(lunas: Luna, owner: Client):
    url = f"{lunas.reward_url}picture/"
    assert owner.get(url).status_code == 200
    assert owner.post(url, {}).status_code == 422
    assert owner.post(url, {"motif": "cup"})["Location"] == lunas.reward_url
    with acting_for(lunas.merchant, by=MARA):
        lunas.reward.refresh_from_db()
        drawn = lunas.reward.picture_id
    assert f"/pictures/luna/{drawn.hex}/" in text(owner.get(lunas.reward_url))
    owner.post(url, {"picture": file(photo("JPEG", (300, 200)), "cup.jpg")})
    with acting_for(lunas.merchant, by=MARA):
        lunas.reward.refresh_from_db()
        assert lunas.reward.picture_id not in (None, drawn)
    assert owner.post(url, {"picture": file(SVG, "a.svg")}).status_code == 422
    assert browser_of(lunas, "analyst").post(url, {"remove": "1"}).status_code == 403
    owner.post(url, {"remove": "1"})
    assert "/pictures/" not in text(owner.get(lunas.reward_url))


def test_every_drawing_can_be_looked_at(lunas: Luna, owner: Client):
    shown = owner.get(lunas.url("drawings/cup.png"))
    assert Image.open(io.BytesIO(shown.content)).size == (192, 192)
    assert owner.get(lunas.url("drawings/nothing.png")).status_code == 404
