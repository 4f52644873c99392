"""Staff see what goes out, write it in their own words, and send a newsletter to those who said yes."""

import re

import pytest
from django.core import mail
from django.test import Client

from campaigns import tasks
from campaigns.models import Message, Newsletter, Suppression
from campaigns.operations.planning import New, plan
from campaigns.operations.shaping import set_hours
from campaigns.queries.settings import chosen
from campaigns.queries.words import SAID
from campaigns.rules.kinds import KINDS, PLANNED
from loyalty.core import clock, ids
from loyalty.core.tenancy.scope import acting_for
from rewards.operations.redemption import redeem_reward
from tests.campaigns.hand import go_out, joined, says_yes
from tests.cast import MARA
from tests.web.office.conftest import Luna, browser_of

PAGES = ("messages/", "messages/hours/", "messages/log/", "messages/suppressed/", "messages/newsletters/",
         "messages/newsletters/new/")  # fmt: skip


def text(answer) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def a_message(lunas: Luna) -> Message:
    with acting_for(lunas.merchant, by=MARA):
        ana = joined("ana2", given_name="Ana")
        plan(
            messages=[New(member=ana.pk, kind="welcome", occasion="joined", due_at=clock.now())],
            at=clock.now(),
        )
        return Message.objects.get()


@pytest.mark.parametrize("page", PAGES)
def test_every_page_shows_something_where_nothing_is_there_yet(lunas: Luna, owner: Client, page: str):
    answer = owner.get(lunas.url(page))
    assert answer.status_code == 200
    assert answer.content.decode().count("<h1") == 1


@pytest.mark.parametrize("kind", PLANNED)
@pytest.mark.parametrize("language", ["en", "sv", "nb", "nl"])
def test_every_kind_has_a_page_and_a_preview_that_may_do_nothing(
    lunas: Luna, owner: Client, kind: str, language: str
):
    page = owner.get(lunas.url(f"messages/of/{kind}/?language={language}"))
    assert page.status_code == 200 and str(SAID[kind].label) in page.content.decode()
    assert "frame-src 'self'" in page.headers["Content-Security-Policy"]
    seen = owner.get(lunas.url(f"messages/of/{kind}/seen/?language={language}"))
    html = seen.content.decode()
    assert f'lang="{language}"' in html and "{" not in html
    policy = seen.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "script-src" not in policy and "sandbox" in policy
    assert seen.headers["X-Frame-Options"] == "SAMEORIGIN"


def test_every_kind_has_words_and_only_placeholders_it_knows():
    from campaigns.rules.kinds import placeholders
    from campaigns.rules.wording import unknown

    assert set(SAID) == set(KINDS)
    for kind, said in SAID.items():
        assert unknown(f"{said.subject} {said.body}", placeholders(kind)) == [], kind


def test_own_words_are_kept_and_refused_beside_their_field(lunas: Luna, owner: Client):
    url = lunas.url("messages/of/welcome/")
    assert owner.post(url, {"sv_subject": "Hej {first_name}", "sv_body": ""}).status_code == 303
    with acting_for(lunas.merchant, by=MARA):
        assert chosen().words == {"welcome": {"sv": {"subject": "Hej {first_name}"}}}
    wrong = owner.post(url, {"sv_subject": "Hej {secret}"})
    assert wrong.status_code == 422 and "{secret} means nothing here" in text(wrong)
    with acting_for(lunas.merchant, by=MARA):
        assert chosen().own_words("welcome", "sv") == {"subject": "Hej {first_name}"}


def test_what_is_typed_in_a_preview_is_text(lunas: Luna, owner: Client):
    seen = owner.get(
        lunas.url("messages/of/welcome/seen/"), {"body": "<script>alert(1)</script> & {first_name}"}
    )
    assert "&lt;script&gt;" in seen.content.decode() and "<script" not in seen.content.decode()


def test_a_kind_is_switched_off_and_on_again(lunas: Luna, owner: Client):
    url = lunas.url("messages/of/birthday/switch/")
    owner.post(url)
    with acting_for(lunas.merchant, by=MARA):
        assert chosen().off == {"birthday"}
    owner.post(url, {"on": "on"})
    with acting_for(lunas.merchant, by=MARA):
        assert chosen().off == frozenset()


def test_a_test_goes_to_oneself_and_to_nobody_else(
    lunas: Luna, owner: Client, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        owner.post(lunas.url("messages/of/welcome/test/"), {"language": "en"})
    (sent,) = mail.outbox
    assert sent.to == ["owner@luna.example"] and sent.subject.startswith("Welcome to")
    with acting_for(lunas.merchant, by=MARA):
        assert not Message.objects.exists()


def test_hours_are_kept_and_checked(lunas: Luna, owner: Client):
    url = lunas.url("messages/hours/")
    assert owner.post(url, {"quiet_from": "22", "quiet_until": "7", "weekly_most": "3"}).status_code == 303
    with acting_for(lunas.merchant, by=MARA):
        known = chosen()
    assert (known.quiet.begins, known.quiet.ends, known.weekly_most) == (22, 7, 3)
    assert owner.post(url, {"quiet_from": "24", "quiet_until": "7", "weekly_most": "3"}).status_code == 422


def test_the_log_filters_and_shows_each_message_as_it_reads(lunas: Luna, owner: Client):
    row = a_message(lunas)
    assert "Waiting" in text(owner.get(lunas.url("messages/log/?state=waiting")))
    assert "Nothing like that" in text(owner.get(lunas.url("messages/log/?state=failed")))
    public = ids.encode("msg", row.pk)
    page = owner.get(lunas.url(f"messages/outbox/{public}/"))
    assert "Welcome to Luna Club" in text(page)
    assert "Hi Ana," in owner.get(lunas.url(f"messages/outbox/{public}/seen/")).content.decode()


def test_nobody_reads_a_members_code_in_the_log(lunas: Luna, owner: Client):
    with acting_for(lunas.merchant, by=MARA):
        now = clock.now()
        taken = redeem_reward(member=lunas.ana.pk, reward=lunas.reward.pk, key="once", at=now)
        data = {"redemption": str(taken.pk)}
        plan(messages=[New(member=lunas.ana.pk, kind="code", occasion="x", due_at=now, data=data)], at=now)
        row, code = Message.objects.get(), taken.voucher.code
    public = ids.encode("msg", row.pk)
    for page in (f"messages/outbox/{public}/", f"messages/outbox/{public}/seen/"):
        shown = owner.get(lunas.url(page)).content.decode()
        assert "En kaffe" in shown and "••••" in shown and code not in shown


def test_an_address_is_left_in_peace_and_written_to_again(lunas: Luna, owner: Client):
    owner.post(lunas.url("messages/suppressed/"), {"address": "Somebody@Example.com"})
    with acting_for(lunas.merchant, by=MARA):
        row = Suppression.objects.get()
    assert row.reason == "unsubscribed"
    owner.post(lunas.url(f"messages/suppressed/{ids.encode('spr', row.pk)}/lift/"))
    with acting_for(lunas.merchant, by=MARA):
        assert not Suppression.objects.exists()


def test_a_newsletter_is_written_sent_and_reaches_who_said_yes(lunas: Luna, owner: Client):
    with acting_for(lunas.merchant, by=MARA):
        set_hours(quiet_from=0, quiet_until=0, weekly_most=5, at=clock.now())
        yes, no = joined("yes", language="sv"), joined("no")
        says_yes(yes)
    words = {
        "en_subject": "Summer",
        "en_body": "We open early.",
        "sv_subject": "Sommar",
        "sv_body": "Vi öppnar tidigt.",
    }
    made = owner.post(lunas.url("messages/newsletters/new/"), words)
    page = owner.get(made["Location"])
    assert page.context["readers"] == 1
    sent = owner.post(page.context["schedule_url"], {"goes_at": ""})
    assert sent.status_code == 303
    assert [tasks.plan_newsletters(), tasks.plan_newsletters()] == [1, 0]
    mail.outbox.clear()
    go_out()
    news = [one for one in mail.outbox if one.subject == "Sommar"]
    assert [one.to for one in news] == [["yes@example.com"]]
    assert "List-Unsubscribe" in news[0].extra_headers
    assert news[0].extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert owner.post(made["Location"], words).status_code == 422
    assert no.pk != yes.pk


def test_a_newsletter_with_no_words_is_not_sent(lunas: Luna, owner: Client):
    made = owner.post(lunas.url("messages/newsletters/new/"), {})
    page = owner.get(made["Location"])
    refused = owner.post(page.context["schedule_url"], {"goes_at": ""})
    assert refused.status_code == 422 and "at least one language" in text(refused)


def test_a_newsletter_that_is_called_off_reaches_nobody_more(lunas: Luna, owner: Client):
    with acting_for(lunas.merchant, by=MARA):
        says_yes(joined("yes"))
    made = owner.post(lunas.url("messages/newsletters/new/"), {"en_subject": "News", "en_body": "Text"})
    page = owner.get(made["Location"])
    owner.post(page.context["schedule_url"], {"goes_at": ""})
    tasks.plan_newsletters()
    owner.post(page.context["cancel_url"])
    with acting_for(lunas.merchant, by=MARA):
        assert Newsletter.objects.get().state == "cancelled"
        assert Message.objects.get(kind="newsletter").reason == "cancelled"


@pytest.mark.parametrize("page", PAGES)
def test_a_cashier_has_nothing_to_do_with_messages(lunas: Luna, page: str):
    assert browser_of(lunas, "cashier").get(lunas.url(page)).status_code == 403


def test_an_analyst_reads_and_changes_nothing(lunas: Luna):
    analyst = browser_of(lunas, "analyst")
    assert analyst.get(lunas.url("messages/of/welcome/")).status_code == 200
    assert analyst.post(lunas.url("messages/of/welcome/"), {"sv_subject": "x"}).status_code == 403
    assert analyst.post(lunas.url("messages/of/welcome/switch/")).status_code == 403
    with acting_for(lunas.merchant, by=MARA):
        assert chosen().words == {}
