"""The dashboard and the portal speak Swedish, Norwegian and Dutch: nothing is left in English, no word is glued in."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client
from django.utils import translation
from msgspec import inspect

from loyalty.core import codewords
from loyalty.core.catalogues import LANGUAGES, ROOT, Word, catalogue, misfits, missing, stale, words
from loyalty.core.errors import NotFound
from loyalty.core.merchants.models import Merchant
from loyalty.core.merchants.operations import create_api_key
from loyalty.core.programme import document, queries
from loyalty.core.programme import operations as programmes
from loyalty.core.tenancy.scope import acting_for
from loyalty.web.office.audit import SENTENCES
from loyalty.web.office.parts import FIELDS
from loyalty.web.office.words import change_rows
from members.models import Activity, Identity, Member, PerkClaim
from members.models.referral import Referral
from members.operations.membership import NotActive
from members.operations.refunds import refund_order
from members.rules.shopping import NewRefund
from rewards.models import Redemption
from rewards.models.fulfilment import Fulfilment
from rewards.models.place import Booking
from tests.cast import AT, ENGRAVING, MARA, days, publish, shop
from tests.web.office.conftest import Luna, browser_of, built
from tests.web.portal.conftest import opened, signs_in
from tests.web.speech import left_in_english, said, shared, unmarked

#: Names and other data on the pages below: they are the same in every language.
DATA = {
    "Café Luna", "Luna Club", "Ana Alm", "Ben Berg", "Ana", "Alm", "Ben", "Berg", "Filter coffee", "Gift card",
    "Free coffee", "A whole cake", "Owner of Café Luna", "coffee", "card", "Web shop", "Loyalty", "SEK", "USD", "EUR",
    "first", "Europe/Stockholm", "owner@luna.example", "luna", "pos", "never-came", "Ctrl", "Esc", "API", "beans",
    "bean", "The tenth coffee is on us", "ana@example.com", "OpenAPI", "order.shipped", "name@example.com", "max",
    "Svenska", "Manager of Café Luna", "Cashier of Café Luna", "Analyst of Café Luna", "ana", "ben", "Nederlands", "Norsk (bokmål)", "English", "Goodwill", "members:read",
}  # fmt: skip


# --- the catalogues -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def everything() -> list[Word]:
    """All words in the code that ask to be translated."""
    return words()


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_lacks_a_translation(everything: list[Word], language: str):
    """Where this fails: `make messages`, then translate what came in."""
    kept = catalogue(language)
    assert [f"{word.path}: {word.id}" for word in missing(everything, kept)] == []
    assert [message.id for message in kept if message.id and message.fuzzy] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_translation_is_kept_that_nothing_says(everything: list[Word], language: str):
    assert stale(everything, catalogue(language)) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_keeps_places_tags_and_its_ends(language: str):
    kept = catalogue(language)
    assert misfits(kept) == []
    odd = []
    for message in list(kept)[1:]:  # the first holds what the file says about itself
        for original, text in zip(_forms(message.id), _forms(message.string), strict=True):
            tags = [sorted(re.findall(r"</?\w+", each)) for each in (original, text)]
            ends = [(each[:1].isspace(), each[-1:].isspace()) for each in (original, text)]
            if tags[0] != tags[1] or ends[0] != ends[1]:
                odd.append(original)
    assert odd == []


def _forms(text: Any) -> tuple[str, ...]:
    return tuple(text) if isinstance(text, (list, tuple)) else (text or "",)


@pytest.mark.parametrize("language", LANGUAGES)
def test_only_short_words_are_written_as_in_english(language: str):
    alike = [
        text for text in shared(language) if len(re.findall(r"[^\W\d_]{3,}", re.sub(r"{\w+}", "", text))) > 2
    ]
    assert alike == []


# --- codes and events ---------------------------------------------------------------------------------------------


def _calls() -> Iterator[ast.Call]:
    for app in ("loyalty", "members", "rewards", "campaigns"):
        for path in (ROOT / app).rglob("*.py"):
            if "migrations" not in path.parts:
                yield from (
                    node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)
                )


def _called(call: ast.Call) -> str:
    return getattr(call.func, "id", getattr(call.func, "attr", ""))


def _texts(node: ast.expr) -> list[str]:
    """The texts that an argument may be: one, or either side of a choice."""
    if isinstance(node, ast.IfExp):
        return _texts(node.body) + _texts(node.orelse)
    return [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str) else []


def events_of_the_code() -> set[str]:
    """Every kind of event that some code records, by the name of the function or argument it is given to."""
    found: set[str] = set()
    for call in _calls():
        if _called(call) == "ask_for":  # its kind is that of a job
            continue
        if call.args and _called(call) in ("record", "tell", "_tell"):
            found |= {*_texts(call.args[0])}
        for keyword in call.keywords:
            if keyword.arg in ("event", "kind"):
                found |= {*_texts(keyword.value)}
    for path in (*ROOT.glob("members/**/*.sql"), *ROOT.glob("rewards/**/*.sql")):
        found |= {*re.findall(r"'([a-z_]+\.[a-z_]+)'", path.read_text())} - {"app.merchant_id"}
    return {kind for kind in found if re.fullmatch(r"[a-z_]+\.[a-z_]+", kind)}


def test_every_event_has_a_sentence_in_the_log():
    kinds = events_of_the_code()
    assert {"order.recorded", "points.spent_at_partner", "membership.paid", "stripe.refused"} <= kinds
    assert sorted(kinds - set(SENTENCES)) == []


def _fields(kind: Any) -> set[str]:
    """The names of all fields of a part of a programme, however deep."""
    match kind:
        case inspect.StructType(fields=fields):
            return {name for field in fields for name in (field.encode_name, *_fields(field.type))}
        case inspect.UnionType(types=kinds):
            return set().union(*map(_fields, kinds))
        case inspect.VarTupleType(item_type=part) | inspect.ListType(item_type=part):
            return _fields(part)
        case inspect.DictType(value_type=part):
            return _fields(part)
    return set()


def test_every_field_of_a_programme_has_a_name():
    found = set().union(
        *(_fields(inspect.type_info(section.type)) for section in document._sections.values())
    )
    assert len(found) > 100
    assert sorted(found - set(FIELDS) - {"id"}) == []


def test_a_change_of_any_section_is_told_in_words(luna: Merchant):
    """Also where a field is called like one of a rule and has another shape."""
    was = {"ladder": [{**ENGRAVING["ladder"][0], "perks": []}]}
    with acting_for(luna, by=MARA), translation.override("sv"):
        before = publish(tiers=was, referrals={"on": False})
        after = publish(tiers=ENGRAVING, referrals={"on": False, "per": [{"period": "month", "most": 5}]})
        rows = change_rows(queries.compare(before, after), "SEK", {"one": "poäng", "other": "poäng"})
    assert [(row["label"], row["place"], row["before"]) for row in rows] == [
        ("Nivåer · Nivåer · classic · Förmåner · engraving", "Nivåer · Nivåer · classic · Förmåner", "–"),
        ("Högst per period", "Värva vänner", "–"),
    ]
    assert rows[1]["after"] == "Period: month, Högst: 5"


def test_every_code_in_a_refusal_is_said_in_words():
    asked = {
        text
        for call in _calls()
        if _called(call) == "NotFound" and call.args
        for text in _texts(call.args[0])
    }
    assert len(asked) > 15
    assert sorted(asked - set(codewords.PLACES["what"])) == []
    states = (Member.Status, Activity.Status, Referral.Status, Redemption.Status, PerkClaim.Status, Booking.Status,
              Fulfilment.State)  # fmt: skip
    assert {value for state in states for value in state.values} <= set(codewords.PLACES["status"])
    assert set(Identity.Kind.values) <= set(codewords.PLACES["kind"])


def test_a_refusal_says_its_codes_in_the_readers_language():
    blocked = NotActive(status="blocked")
    with translation.override("sv"):
        assert str(blocked) == "Medlemmen är spärrad. Bara aktiva medlemmar kan göra det här."
        assert str(NotFound("programme version")) == "Det finns inget sådant här: programversion."
    assert (str(blocked), blocked.params) == (
        "This member is blocked. Only active members can do this.", {"status": "blocked"})  # fmt: skip


# --- pages --------------------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _ready(settings: Any) -> Iterator[None]:
    """Static files as they lie, and nobody has asked for a code yet."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    cache.clear()
    with translation.override("en"):  # a request leaves its language behind
        yield
    cache.clear()


@pytest.fixture
def busy(db: None) -> Luna:
    """Café Luna with something of everything: a blocked member, refunds, a draft, a key, a reward nearly gone."""
    found = built(shop(), MARA, "")
    with acting_for(found.merchant, by=MARA):
        refund_order(source="pos", order_external_id="first", at=AT + days(2),
                     refund=NewRefund("r1", AT + days(2), amount_minor=1000))  # fmt: skip
        refund_order(source="pos", order_external_id="never-came", at=AT + days(2),
                     refund=NewRefund("r2", AT + days(2), amount_minor=1000))  # fmt: skip
        programmes.save_draft(
            content={
                "identity": {"name": {"en": "Luna Club"}},
                "earning": {
                    "rules": [{"type": "points_per_amount", "id": "base", "points": 2, "per_minor": 100}]
                },
                "points_life": {"expiry": "rolling", "months": 12, "hold_days": 14},
                "tiers": ENGRAVING,
            },
            at=AT,
        )
        create_api_key(name="Web shop", scopes=["members:read"], at=AT)
        found.reward.stock = 3
        found.reward.save()
    return found


OFFICE = [
    "", "?days=365", "figures/revenue/?days=7", "figures/points_issued/?days=365", "figures/points_outstanding/",
    "figures/members_total/", "figures/redemption_share/?days=365", "books/", "books/?check=1", "members/",
    "members/?q=nobody", "members/join/", "orders/", "orders/?number=none", "rewards/", "rewards/?show=retired",
    "rewards/new/", "programme/", "programme/rule/", "programme/draft/", "programme/history/",
    "programme/history/1/", "connect/", "connect/new/", "audit/", "audit/?topic=programme", "audit/?topic=reward&by=x",
]  # fmt: skip
ABOUT_A_MEMBER = ["", "adjust/", "adjust/?way=take&amount=10", "edit/", "block/", "merge/", "erase/"]


def _office_addresses(busy: Luna) -> list[str]:
    about = [busy.member(who, path) for who in (busy.ana, busy.ben) for path in ABOUT_A_MEMBER]
    order = [busy.order_url + path for path in ("", "refund/", "cancel/")]
    return [*map(busy.url, OFFICE), *about, *order, busy.reward_url, "/?choose"]


def _heard(browser: Client, address: str, language: str) -> set[str]:
    browser.cookies[django_settings.LANGUAGE_COOKIE_NAME] = language
    answer: HttpResponse = browser.get(address, follow=True)
    assert answer.status_code == 200, (address, answer.status_code)
    assert answer.headers["Content-Language"] == language
    return said(answer)


def _wrong(browser: Client, addresses: list[str]) -> list[str]:
    """What is said in the wrong language at some addresses, in each language beside English."""
    found = []
    for address in addresses:
        english = _heard(browser, address, "en")
        assert len(english) > 5, address
        for language in LANGUAGES:
            other = _heard(browser, address, language)
            found += [
                f"{address} {language}, not marked: {text}"
                for text in unmarked(english, other, language, DATA)
            ]
            found += [
                f"{address} {language}, in English: {text}" for text in left_in_english(other, language, DATA)
            ]
    return found


def test_the_dashboard_says_nothing_in_english(busy: Luna):
    owner = browser_of(busy, "owner")
    owner.post(busy.member(busy.ben, "block/"), {"reason": "Goodwill"})
    found = _wrong(owner, _office_addresses(busy))
    assert not found, "\n".join(found)


@pytest.mark.parametrize("language", LANGUAGES)
def test_forms_that_come_back_say_what_is_wrong_in_the_language(busy: Luna, language: str):
    owner = browser_of(busy, "owner")
    found = []
    for address, sent in {
        busy.member(busy.ana, "adjust/"): {"way": "take", "amount": "999", "reason": "x"},
        busy.member(busy.ana, "erase/"): {"typed": "somebody"},
        busy.member(busy.ana, "merge/"): {"other": "nobody@example.com"},
        busy.url("members/join/"): {"phone": "12", "email": "x", "birthday": "x"},
        busy.order_url + "refund/": {"amount": "9999"},
        busy.url("rewards/new/"): {"kind": "pay_with_points", "cost_points": "x", "code_valid_days": "0"},
        busy.url("programme/rule/"): {"points": "0", "per": "0", "hold": "days", "expiry": "rolling"},
        busy.url("connect/new/"): {"name": "", "scopes": ["x"]},
    }.items():
        heard = {}
        for each in ("en", language):
            owner.cookies[django_settings.LANGUAGE_COOKIE_NAME] = each
            answer = owner.post(address, sent)
            assert answer.status_code == 422, address
            heard[each] = said(answer)
        found += [f"{address}: {text}" for text in unmarked(heard["en"], heard[language], language, DATA)]
        found += [f"{address}: {text}" for text in left_in_english(heard[language], language, DATA)]
    assert not found, "\n".join(found)


def test_the_portal_says_nothing_in_english(db: None):
    portal, phone = opened(shop(), MARA), Client()
    portal.at_the_till("ana@example.com", given_name="Ana", family_name="Alm")
    portal.earns("ana@example.com", 150)
    door = [portal.url(), portal.url("sign-in/")]
    found = _wrong(phone, door)
    assert not found, "\n".join(found)
    phone.cookies[django_settings.LANGUAGE_COOKIE_NAME] = "en"
    signs_in(phone, portal, "ana@example.com")
    inside = [portal.url(path) for path in ("card/", "rewards/", "activity/", "profile/", "profile/erase/")]
    inside += [portal.reward_url(portal.coffee), portal.reward_url(portal.cake)]
    found = _wrong(phone, inside)
    assert not found, "\n".join(found)


def test_the_front_page_says_nothing_in_english(db: None):
    assert _wrong(Client(), ["/"]) == []


# --- the checks can fail ------------------------------------------------------------------------------------------


def _page(text: str) -> set[str]:
    return said(HttpResponse(text))


def test_what_a_page_says_is_found_in_texts_and_in_names():
    page = (
        '<h1>Two  words</h1><p>One <b>more</b><input placeholder="Here"><script>let not_this</script> 12</p>'
    )
    assert _page(page) == {"Two words", "One", "more", "Here"}


def test_a_text_that_was_never_marked_is_found():
    english = _page("<p>Shiny things</p><p>Ana Alm</p><p>Rewards</p>")
    swedish = _page("<p>Shiny things</p><p>Ana Alm</p><p>Belöningar</p>")
    assert unmarked(english, swedish, "sv", DATA) == ["Shiny things"]


def test_a_text_that_came_out_in_english_is_found():
    page = _page(
        "<p>Rewards</p><p>Belöningar</p><p>A purchase of 184,00 kr gives 184 poäng.</p><p>Ana Alm</p>"
    )
    assert left_in_english(page, "sv", DATA) == ["A purchase of 184,00 kr gives 184 poäng.", "Rewards"]


def test_an_event_without_a_sentence_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "members").mkdir()
    (tmp_path / "members" / "odd.py").write_text('record("odd.thing" if x else "odd.other", subject=None)')
    monkeypatch.setattr("tests.web.test_words.ROOT", tmp_path)
    assert events_of_the_code() == {"odd.thing", "odd.other"}
