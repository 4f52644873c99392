"""The widget as its server answers it: who sees what, what a token can do and cannot, and where it may be shown."""

import gzip
import json
from typing import Any

import pytest
from django.test import Client

from loyalty.core import clock
from loyalty.core.errors import NotFound
from loyalty.core.ledger.checks import verify
from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy.scope import acting_for
from loyalty.core.widget.models import TokenUse
from loyalty.core.widget.operations import allow_site, remove_site
from loyalty.core.widget.queries import sites
from loyalty.web.widget import frame
from members.models import Consent, Identity, Member
from members.operations.membership import block
from members.operations.privacy import erase_member
from rewards.models import Voucher
from tests.cast import AT, publish
from tests.web.widget.conftest import SITE, Panel, Widget, told

pytestmark = pytest.mark.django_db
SCRIPT_AT_MOST = 15_000  # bytes compressed


def code_of(answer: Any) -> str:
    return str(json.loads(answer.content)["code"])


def people(widget: Widget) -> int:
    with acting_for(widget.merchant, by=widget.by):
        return Member.objects.count()


def books_hold(widget: Widget) -> None:
    with acting_for(widget.merchant, by=widget.by):
        assert verify() == []


# --- the frame and the script ------------------------------------------------------------------------------------------


def test_only_the_shops_sites_may_show_the_frame(widget: Widget, client: Client):
    with acting_for(widget.merchant, by=widget.by):
        allow_site(url="https://www.shop.example", at=AT)
    answer = client.get(widget.url())
    policy = answer.headers["Content-Security-Policy"]
    assert "frame-ancestors 'self' https://shop.example https://www.shop.example" in policy.split("; ")
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert "X-Frame-Options" not in answer.headers, "it knows no list and would refuse them all"
    with acting_for(widget.merchant, by=widget.by):
        for site in sites():
            remove_site(site=site.pk, at=AT)
    gone = client.get(widget.url()).headers["Content-Security-Policy"]
    assert "frame-ancestors 'self'" in gone.split("; ")


def test_nothing_of_the_widget_sets_or_needs_a_cookie(ana: Panel, widget: Widget, client: Client):
    answers = [
        client.get(widget.url()),
        client.get("/widget.js?shop=luna"),
        ana.get("home/"),
        ana.get("rewards/"),
    ]
    key = ana.form_key(ana.reward(widget.coffee))
    answers += [
        ana.post(ana.reward(widget.coffee, "redeem/"), {"form_key": key}),
        Panel(widget).post("join/", {}),
    ]
    assert [answer.cookies for answer in answers if answer.cookies] == []
    assert all("Cookie" not in answer.headers.get("Vary", "") for answer in answers)
    assert "no-store" in answers[2].headers["Cache-Control"]


def test_a_signed_in_browser_is_nobody_in_the_widget(ana: Panel, widget: Widget, django_user_model: Any):
    """The portal's session means nothing here, so no other site can use it through a frame."""
    user = django_user_model.objects.create_user("ana@example.com")
    browser = Client()
    browser.force_login(user)
    panel = Panel(widget, client=browser)
    assert "Join, get 50 beans" in panel.get("home/").said


def test_the_script_is_small_and_knows_the_shop(widget: Widget, client: Client):
    answer = client.get("/widget.js?shop=luna", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip" and len(answer.content) < SCRIPT_AT_MOST
    text = gzip.decompress(answer.content).decode()
    assert "__SETUP__" not in text and '"home":"/w/luna/"' in text and SITE in text
    assert (
        "#b4532a" in text and "Luna Club" in text and "Belöningar" in text.encode().decode("unicode_escape")
    )
    assert widget.secret not in text
    assert answer.headers["Content-Type"].startswith("text/javascript")
    again = client.get(
        "/widget.js?shop=luna", headers={"Accept-Encoding": "gzip", "If-None-Match": answer.headers["ETag"]}
    )
    assert (again.status_code, again.content) == (304, b"")
    assert client.get("/widget.js?shop=nobodys").status_code == 404
    assert client.get("/widget.js").status_code == 404


def test_names_cannot_break_out_of_the_script(widget: Widget, client: Client):
    Merchant.objects.filter(pk=widget.merchant.pk).update(name='</script><script>alert("1")//')
    with acting_for(widget.merchant, by=widget.by):
        publish(identity={"name": {"en": '</script><script>alert("2")//'}}, at=clock.now())
    text = client.get("/widget.js?shop=luna").content.decode()
    assert "<script>alert" not in text and "\\u003cscript>alert" in text


# --- who is looking --------------------------------------------------------------------------------------------------------


def test_a_guest_sees_what_the_programme_gives(guest: Panel, client: Client, widget: Widget):
    for text in (guest.get("home/").said, told(client.get(widget.url())).said):
        assert "Join and get 50 beans" in text and "1 bean for every SEK 1" in text and "50 off" in text


def test_a_member_sees_what_they_have(ana: Panel):
    text = ana.get("home/").said
    assert "Hello Ana" in text and 'data-label="250 beans"' in text
    assert "Enough for 1 reward." in text and "650 beans to go" in text
    assert "50 off" in ana.get("rewards/").said
    assert "No codes yet" in ana.get("codes/").said
    assert "1 bean for every SEK 1" in ana.get("earn/").said


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "You can take now"), ("sv-SE", "50 kr rabatt"), ("no", "Luna Club"), ("fr", "You can take now")],
)
def test_it_speaks_the_language_of_the_page(ana: Panel, language: str, said: str):
    ana.language = language
    text = ana.get("home/").said + told(ana.client.get(ana.widget.url(f"?lang={language}"))).said
    assert said in text


def test_somebody_the_shop_knows_and_we_do_not_joins_with_one_press(widget: Widget):
    nora = Panel(
        widget, widget.token("nora", email="nora@example.com", email_verified=True, given_name="Nora")
    )
    text = nora.get("home/").said
    assert "Join, get 50 beans" in text and 'type="text"' not in text, "nothing has to be typed"
    answer = nora.post("join/", {"news": "on"})
    assert "Hello Nora" in answer.said and "Welcome!" in answer.said
    assert widget.points("nora") == 50
    before = people(widget)
    assert "Hello Nora" in nora.post("join/").said
    assert people(widget) == before, "pressed twice"
    with acting_for(widget.merchant, by=widget.by):
        member = widget.member("nora")
        kinds = dict(Identity.objects.filter(member=member).values_list("kind", "value"))
        consent = Consent.objects.get(member=member)
    assert (kinds["external"], kinds["email"]) == ("nora", "nora@example.com")
    assert (consent.purpose, consent.given, consent.source) == ("news_by_email", True, "widget")
    books_hold(widget)


def test_an_address_opens_a_card_only_where_the_shop_vouches_for_it(widget: Widget):
    widget.joined("old-number", 200, email="ana@example.com")
    vouched = Panel(widget, widget.token("new-number", email="ana@example.com", email_verified=True))
    assert "250" in vouched.get("home/").said
    typed = Panel(widget, widget.token("mallory", email="ana@example.com"))
    assert "Join, get 50 beans" in typed.get("home/").said
    typed.post("join/")
    assert widget.points("mallory") == 50 and widget.points("old-number") == 250
    with acting_for(widget.merchant, by=widget.by):
        owner = Identity.objects.get(kind="email", value="ana@example.com").member_id
        assert owner == widget.member("old-number").pk


def test_a_guest_joins_with_one_field_and_proves_the_address_elsewhere(guest: Panel, widget: Widget):
    answer = guest.post("join/", {"email": "eve@example.com"})
    assert answer.status_code == 200
    text = answer.said
    assert "50 beans are on it already." in text and "/luna/sign-in/" in text
    with acting_for(widget.merchant, by=widget.by):
        eve = Identity.objects.get(kind="email", value="eve@example.com").member
        assert (eve.channel, eve.language) == ("widget", "en")
    before = people(widget)
    again = guest.post("join/", {"email": "Eve@Example.com"}).said
    assert (
        "You have a card already" in again and "50 beans are on it" not in again and people(widget) == before
    )
    books_hold(widget)


@pytest.mark.parametrize("typed", ["", "nobody", "eve@", "12", "x" * 300, "eve@example.com\x00"])
def test_what_is_no_address_comes_back_with_the_reason(guest: Panel, widget: Widget, typed: str):
    before = people(widget)
    answer = guest.post("join/", {"email": typed})
    assert answer.status_code == 422 and 'aria-invalid="true"' in answer.said
    assert people(widget) == before


def test_many_cards_from_one_address_are_stopped(guest: Panel, widget: Widget):
    for number in range(20):
        assert guest.post("join/", {"email": f"p{number}@example.com"}).status_code == 200
    before = people(widget)
    assert guest.post("join/", {"email": "one-more@example.com"}).status_code == 429
    assert people(widget) == before


# --- taking a reward --------------------------------------------------------------------------------------------------------


def test_a_member_takes_a_reward_for_a_code(ana: Panel, widget: Widget):
    key = ana.form_key(ana.reward(widget.coffee))
    answer = ana.post(ana.reward(widget.coffee, "redeem/"), {"form_key": key})
    (taken,) = widget.taken("ana")
    with acting_for(widget.merchant, by=widget.by):
        code = Voucher.objects.get(redemption=taken).code
    shown = f"{code[:4]}-{code[4:8]}-{code[8:]}"
    assert f'data-code="{shown}"' in answer.said
    assert widget.points("ana") == 150
    assert shown in ana.get("codes/").said
    twice = ana.post(ana.reward(widget.coffee, "redeem/"), {"form_key": key})
    assert shown in twice.said and len(widget.taken("ana")) == 1 and widget.points("ana") == 150
    other = ana.form_key(ana.reward(widget.coffee))
    ana.post(ana.reward(widget.coffee, "redeem/"), {"form_key": other})
    assert len(widget.taken("ana")) == 2 and widget.points("ana") == 50
    books_hold(widget)


def test_what_cannot_be_had_is_refused_with_the_reason(ana: Panel, widget: Widget):
    answer = ana.post(ana.reward(widget.cake, "redeem/"), {"form_key": "0" * 32})
    assert answer.status_code == 422 and "650" in answer.said
    assert widget.taken("ana") == [] and widget.points("ana") == 250
    with acting_for(widget.merchant, by=widget.by):
        block(member=widget.member("ana").pk, at=clock.now(), reason="asked for")
    blocked = ana.post(ana.reward(widget.coffee, "redeem/"), {"form_key": "1" * 32})
    assert blocked.status_code == 422 and widget.points("ana") == 250
    assert "This card is paused" in ana.get("home/").said


@pytest.mark.parametrize("key", ["", "../x", "é" * 32, "x" * 65, "a b"])
def test_a_form_without_its_key_takes_nothing(ana: Panel, widget: Widget, key: str):
    answer = ana.post(ana.reward(widget.coffee, "redeem/"), {"form_key": key})
    assert (answer.status_code, code_of(answer)) == (400, "invalid_input")
    assert widget.taken("ana") == []


@pytest.mark.parametrize(
    "name", ["rwd_", "nothing", "mbr_01jd0000000000000000000000", "rwd_01jd0000000000000000000000"]
)
def test_a_reward_that_is_not_there_is_not_found(ana: Panel, name: str):
    for answer in (ana.get(f"rewards/{name}/"), ana.post(f"rewards/{name}/redeem/", {"form_key": "0" * 32})):
        assert (answer.status_code, code_of(answer)) == (404, "not_found")


def test_a_member_invites_friends(ana: Panel):
    assert "Get my link" in ana.get("invite/").said
    text = ana.post("invite/code/").said
    assert "/luna/r/" in text and "0 friends have joined by it." in text
    assert "/luna/r/" in ana.get("invite/").said


# --- tokens that prove nothing ----------------------------------------------------------------------------------------------

MEMBERS_ONLY = ["rewards/", "codes/", "invite/"]


def test_a_guest_gets_at_nothing_of_a_members(guest: Panel, widget: Widget):
    paths = [*MEMBERS_ONLY, guest.reward(widget.coffee)]
    assert {guest.get(path).status_code for path in paths} == {401}
    answer = guest.post(guest.reward(widget.coffee, "redeem/"), {"form_key": "0" * 32})
    assert (answer.status_code, code_of(answer)) == (401, "signed_out")
    assert guest.post("invite/code/").status_code == 401


def bad_tokens(widget: Widget, ottos: Widget) -> dict[str, str]:
    """Tokens that name Ana and prove nothing, by why."""
    now = int(clock.now().timestamp())
    good = widget.token("ana")
    head, body, signature = good.split(".")
    unsigned = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0"
    return {
        "expired": widget.token("ana", iat=now - 400, exp=now - 100),
        "lives_too_long": widget.token("ana", exp=now + 3600),
        "signature": widget.token("ana", secret=ottos.secret),
        "algorithm": f"{unsigned}.{body}.",
        "audience": widget.token("ana", aud="loyalty:ottos"),
        "issuer": widget.token("ana", iss="https://evil.example"),
        "malformed": f"{head}.{body}.{signature}?",
    }


def test_expired_forged_unsigned_and_foreign_tokens_are_refused(ana: Panel, widget: Widget, ottos: Widget):
    for reason, token in bad_tokens(widget, ottos).items():
        panel = Panel(widget, token)
        for answer in (panel.get("home/"), panel.post(panel.reward(widget.coffee, "redeem/"), {"form_key": "0" * 32}),
                       panel.post("join/"), panel.get("codes/")):  # fmt: skip
            assert answer.status_code == 401, reason
            problem = json.loads(answer.content)
            assert (problem["code"], problem["params"]) == ("token_refused", {"reason": reason})
    assert widget.taken("ana") == [] and widget.points("ana") == 250
    assert ana.get("home/").status_code == 200, "the same request with a good one"


def test_the_token_of_another_shop_opens_nothing_here(ana: Panel, widget: Widget, ottos: Widget):
    ottos.joined("ana", 900)
    theirs = Panel(widget, ottos.token("ana"))
    assert theirs.get("home/").status_code == 401
    own = Panel(ottos, ottos.token("ana"))
    assert own.get("home/").status_code == 200
    foreign = own.get(own.reward(widget.coffee))
    assert (foreign.status_code, code_of(foreign)) == (404, "not_found")
    answer = own.post(own.reward(widget.coffee, "redeem/"), {"form_key": "0" * 32})
    assert answer.status_code == 404 and widget.points("ana") == 250 and ottos.points("ana") == 950
    with acting_for(ottos.merchant, by=ottos.by):
        assert not TokenUse.objects.exists(), "refused is undone"


def test_a_token_that_was_stolen_cannot_move_value_elsewhere(ana: Panel, widget: Widget):
    ana.post(ana.reward(widget.coffee, "redeem/"), {"form_key": "a" * 32})
    assert widget.points("ana") == 150
    thief = Panel(widget, ana.token)
    answer = thief.post(thief.reward(widget.coffee, "redeem/"), {"form_key": "b" * 32})
    assert (answer.status_code, code_of(answer)) == (401, "token_replayed")
    assert widget.points("ana") == 150 and len(widget.taken("ana")) == 1
    fresh = Panel(widget, widget.token("ana"))
    fresh.post(fresh.reward(widget.coffee, "redeem/"), {"form_key": "b" * 32})
    assert widget.points("ana") == 50, "the shopper's next token works"
    books_hold(widget)


def test_a_site_that_was_removed_signs_nobody_in(ana: Panel, widget: Widget):
    with acting_for(widget.merchant, by=widget.by):
        (site,) = sites()
        remove_site(site=site.pk, at=AT)
    answer = ana.get("home/")
    assert json.loads(answer.content)["params"] == {"reason": "issuer"}


def test_a_page_of_anybody_elses_cannot_ask(ana: Panel, widget: Widget):
    """A form or a picture on another site can add no header; and no answer says that it might be read elsewhere."""
    answer = Client().post(widget.url("join/"), {"email": "eve@example.com"})
    assert (answer.status_code, code_of(answer)) == (400, "panel_missing")
    assert Client().get(widget.url("home/")).status_code == 400
    assert "Access-Control-Allow-Origin" not in ana.get("home/").headers
    asked = Client().options(widget.url("join/"), headers={"Origin": "https://evil.example"})
    assert "Access-Control-Allow-Headers" not in asked.headers


def test_whoever_asks_without_end_is_stopped(guest: Panel, widget: Widget, monkeypatch):
    monkeypatch.setattr(
        frame, "REQUESTS_A_SECOND", 0.001
    )  # nothing comes back while the test asks, however slow it is
    statuses = [guest.get("earn/").status_code for _turn in range(frame.AT_ONCE + 1)]
    assert statuses[0] == 200 and statuses[-1] == 429
    assert int(guest.get("earn/").headers["Retry-After"]) >= 1


def test_a_shop_that_is_not_there_is_not_found(widget: Widget, client: Client):
    assert client.get("/w/nobodys/").status_code == 404
    answer = client.get("/w/nobodys/home/", headers={"Loyalty-Panel": "0" * 32})
    assert (answer.status_code, code_of(answer)) == (404, "not_found")


def test_an_erased_member_is_a_guest_again(ana: Panel, widget: Widget):
    with acting_for(widget.merchant, by=widget.by):
        erase_member(member=widget.member("ana").pk, at=clock.now())
    assert "Join, get 50 beans" in ana.get("home/").said
    with pytest.raises(NotFound):
        widget.member("ana")
