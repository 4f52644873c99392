"""From what happens to the mail in the inbox: planned once, in the reader's language, and never to who said no."""

from datetime import timedelta

import pytest
from django.core import mail

from campaigns.models import Message, Preferences, Suppression
from campaigns.operations import preferences, preparing, sending, suppressing
from campaigns.operations.planning import New, plan
from campaigns.operations.shaping import set_hours, shape_kind
from campaigns.providers.base import AWAY, TryLater
from campaigns.providers.email import Email
from campaigns.rules import timing
from loyalty.core import clock
from loyalty.core.events import tasks as events
from loyalty.core.ledger.checks import verify
from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy.scope import acting_for
from members.operations.merging import merge
from members.operations.privacy import erase_member, export_member
from rewards.operations.catalogue import create_reward
from rewards.operations.redemption import redeem_reward
from tests.campaigns.hand import go_out, joined, messages, told
from tests.campaigns.sink import sinking
from tests.cast import MARA, buy, days, publish

pytestmark = pytest.mark.django_db


@pytest.fixture
def open_shop(luna: Merchant) -> Merchant:
    """Café Luna with beans and without quiet hours; no scope is left open."""
    with acting_for(luna, by=MARA):
        publish(
            identity={
                "name": {"en": "Luna Club", "sv": "Lunaklubben"},
                "points": {"en": {"one": "bean", "other": "beans"}},
            }
        )
        set_hours(quiet_from=0, quiet_until=0, weekly_most=5, at=clock.now())
    go_out()
    mail.outbox.clear()
    return luna


def ana_of(merchant: Merchant, **details):
    with acting_for(merchant, by=MARA):
        return joined("ana", given_name="Ana", **details)


def test_somebody_who_joins_is_welcomed_once(open_shop: Merchant):
    ana = ana_of(open_shop)
    assert [go_out(), go_out()] == [1, 0]
    (sent,) = mail.outbox
    assert sent.to == ["ana@example.com"] and sent.subject == "Welcome to Luna Club"
    assert "Hi Ana," in sent.body and "0 beans" in sent.body
    (row,) = messages(open_shop)
    assert (row.member_id, row.state, row.provider, row.language) == (ana.pk, "sent", "email", "en")
    assert sent.extra_headers["Message-ID"] == row.provider_id == f"<{row.pk.hex}@127.0.0.1>"


def test_who_has_no_address_is_written_nothing(open_shop: Merchant):
    with acting_for(open_shop, by=MARA):
        from tests.cast import person

        person("bo", at=clock.now())
    assert go_out() == 0
    assert told(open_shop) == [("welcome", "suppressed", "no_address")]


def test_history_that_is_loaded_is_no_news(open_shop: Merchant):
    with acting_for(open_shop, by=MARA):
        ana = joined("ana", at=clock.now() - days(30))
        buy(ana, 100, at=clock.now() - days(20))
    assert (go_out(at=clock.now() + days(1)), told(open_shop)) == (0, [])


def test_ten_purchases_of_a_day_are_told_together(open_shop: Merchant):
    ana = ana_of(open_shop)
    with acting_for(open_shop, by=MARA):
        for _again in range(10):
            buy(ana, 12, at=clock.now() - timedelta(minutes=1))
    go_out()
    assert [one.subject for one in mail.outbox] == ["Welcome to Luna Club"]
    assert go_out(at=clock.now() + days(1)) == 1
    assert mail.outbox[-1].subject == "You collected 120\u00a0beans".replace("\u00a0", " ")
    with acting_for(open_shop, by=MARA):
        assert not verify()


def test_enough_for_a_reward_is_told_the_first_time_only(open_shop: Merchant):
    with acting_for(open_shop, by=MARA):
        coffee = create_reward(
            at=clock.now(), details={"kind": "custom", "name": {"en": "Coffee"}, "cost_points": 100}
        )
        ana = joined("ana")
        buy(ana, 60, at=clock.now())
    go_out()
    assert {kind for kind, _state, _why in told(open_shop)} == {"welcome", "points_earned"}
    with acting_for(open_shop, by=MARA):
        buy(ana, 60, at=clock.now())
    go_out()
    assert mail.outbox[-1].subject == "You have enough for Coffee"
    with acting_for(open_shop, by=MARA):
        redeem_reward(member=ana.pk, reward=coffee.pk, key="once", at=clock.now())
        buy(ana, 200, at=clock.now())
    go_out()
    assert [kind for kind, _state, _why in told(open_shop)].count("reward_ready") == 1
    (code,) = messages(open_shop, kind="code")
    assert code.state == "sent" and "redemption" in code.data
    assert mail.outbox[-1].subject == "Your code for Coffee"
    assert not any("@" in str(row.data) for row in messages(open_shop))


def test_a_reader_gets_their_own_language_and_the_shops_own_words(open_shop: Merchant):
    with acting_for(open_shop, by=MARA):
        shape_kind(
            kind="welcome", at=clock.now(), words={"sv": {"subject": "Hej på dig, {first_name}!", "body": "Kul att du är med i {programme}."}}
        )  # fmt: skip
        joined("sven", language="sv", given_name="Sven")
    go_out()
    (sent,) = mail.outbox
    assert sent.subject == "Hej på dig, Sven!"
    html = sent.alternatives[0].content
    assert '<html lang="sv">' in html and "Kul att du är med i Lunaklubben." in html


def test_a_name_is_never_markup(open_shop: Merchant):
    with acting_for(open_shop, by=MARA):
        joined("eve", given_name='<img src="x">')
    go_out()
    assert "<img" not in mail.outbox[0].alternatives[0].content


def test_nothing_in_a_mail_is_fetched_from_anywhere(open_shop: Merchant):
    import re

    ana_of(open_shop)
    go_out()
    html = mail.outbox[0].alternatives[0].content
    assert re.findall(r"(?:src|background)=", html) == []
    assert "<style" not in html and "<script" not in html and "<link" not in html


def test_who_switched_a_topic_off_hears_nothing_of_it(open_shop: Merchant):
    with acting_for(open_shop, by=MARA):
        ana = joined("ana")
        preferences.choose(member=ana.pk, topics={"programme": False}, at=clock.now(), source="portal")
        buy(ana, 50, at=clock.now())
    go_out(at=clock.now() + days(1))
    assert ("points_earned", "suppressed", "not_wanted") in told(open_shop)
    assert ("welcome", "sent", "") in told(open_shop)


def test_a_kind_that_is_off_is_not_even_planned(open_shop: Merchant):
    with acting_for(open_shop, by=MARA):
        shape_kind(kind="welcome", on=False, at=clock.now())
        joined("ana")
    assert (go_out(), told(open_shop)) == (0, [])


def test_at_night_a_message_is_held_until_the_morning(open_shop: Merchant):
    night = clock.now().replace(hour=1, minute=0) + days(1)
    with acting_for(open_shop, by=MARA):
        set_hours(quiet_from=21, quiet_until=8, weekly_most=5, at=clock.now())
        ana = joined("ana")
        plan(messages=[New(member=ana.pk, kind="birthday", occasion="x", due_at=night)], at=night)
    assert sending.deliver(seconds=60, at=night)[0] == 0
    (row,) = messages(open_shop, kind="birthday")
    assert row.state == "held" and row.due_at > night
    assert sending.deliver(seconds=60, at=row.due_at)[0] >= 1
    assert messages(open_shop, kind="birthday")[0].state == "sent"


def test_nobody_gets_more_in_a_week_than_the_shop_allows(open_shop: Merchant):
    with acting_for(open_shop, by=MARA):
        ana = joined("ana")
        now = clock.now()
        new = [New(member=ana.pk, kind="birthday", occasion=str(n), due_at=now) for n in range(7)]
        plan(messages=new, at=now)
    go_out()
    states = [state for kind, state, _why in told(open_shop) if kind == "birthday"]
    assert (states.count("sent"), states.count("suppressed")) == (5, 2)


def test_an_address_that_bounces_is_never_written_to_again(open_shop: Merchant, settings):
    ana_of(open_shop)
    with sinking() as sink:
        settings.MAILERS = {
            "default": {
                "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
                "OPTIONS": {"host": "127.0.0.1", "port": sink.port},
            }
        }
        sink.answers["ana@example.com"] = "550 no such mailbox"
        assert go_out() == 0
        assert told(open_shop) == [("welcome", "failed", "")]
        assert messages(open_shop)[0].error == "smtp_550"
        with acting_for(open_shop, by=MARA):
            row = Suppression.objects.get()
            assert row.reason == "bounce" and "ana" not in row.digest
            ana = row.member_id
            plan(
                messages=[New(member=ana, kind="birthday", occasion="x", due_at=clock.now())], at=clock.now()
            )
        go_out()
        assert ("birthday", "suppressed", "bounced") in told(open_shop)
        with acting_for(open_shop, by=MARA):
            suppressing.lift(suppression=row.pk, at=clock.now())
            assert not Suppression.objects.exists()


def test_a_mail_server_that_is_away_is_tried_again(open_shop: Merchant, settings):
    ana_of(open_shop)
    settings.MAILERS = {
        "default": {
            "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "OPTIONS": {"host": "127.0.0.1", "port": 9, "timeout": 2},
        }
    }
    assert go_out() == 0
    (row,) = messages(open_shop)
    assert (row.state, row.error, row.attempts) == ("queued", "no_connection", 1)
    assert row.due_at > clock.now()
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
    assert go_out(at=row.due_at) == 1
    assert messages(open_shop)[0].attempts == 2


def test_a_report_of_a_complaint_stops_everything(open_shop: Merchant):
    ana_of(open_shop)
    go_out()
    (row,) = messages(open_shop)
    with acting_for(open_shop, by=MARA):
        assert suppressing.report(reason="complaint", message=row.provider_id, at=clock.now())
        assert suppressing.report(reason="complaint", message=row.provider_id, at=clock.now())
        assert Suppression.objects.get().reason == "complaint"
        assert not suppressing.report(reason="complaint", message="<nobody@example.com>", at=clock.now())


def test_erasing_a_member_leaves_nothing_of_them(open_shop: Merchant):
    with acting_for(open_shop, by=MARA):
        ana = joined("ana", given_name="Ana")
        preferences.choose(member=ana.pk, topics={"programme": False}, at=clock.now(), source="portal")
        suppressing.suppress(channel="email", address="ana@example.com", reason="bounce", at=clock.now())
        told_of = export_member(member=ana.pk, at=clock.now())["messages"]
        assert told_of["preferences"]["programme"] is False
        assert told_of["suppressed"][0]["reason"] == "bounce"
        plan(messages=[New(member=ana.pk, kind="welcome", occasion="x", due_at=clock.now())], at=clock.now())
        erase_member(member=ana.pk, at=clock.now())
        assert not Preferences.objects.exists() and not Suppression.objects.exists()
        assert {row.state for row in Message.objects.all()} == {"suppressed"}
    assert go_out() == 0 and mail.outbox == []


def test_a_no_survives_a_merge(open_shop: Merchant):
    with acting_for(open_shop, by=MARA):
        ana, double = joined("ana"), joined("double")
        preferences.choose(member=double.pk, topics={"reminders": False}, at=clock.now(), source="portal")
        plan(
            messages=[New(member=double.pk, kind="birthday", occasion="x", due_at=clock.now())],
            at=clock.now(),
        )
        merge(keep=ana.pk, remove=double.pk, at=clock.now())
        assert not preferences.wanted(member=ana.pk).topics["reminders"]
        assert Message.objects.get(kind="birthday").reason == "merged"


def test_news_is_a_consent_that_is_noted(open_shop: Merchant):
    from members.models import Consent, Profile

    with acting_for(open_shop, by=MARA):
        ana = joined("ana")
        assert not preferences.wanted(member=ana.pk).topics["newsletter"]
        preferences.choose(member=ana.pk, topics={"newsletter": True}, at=clock.now(), source="portal")
        assert Profile.objects.get(member=ana).news_by_email
        noted = Consent.objects.get()
        assert (noted.given, noted.source) == (True, "portal")


def test_a_message_that_cannot_be_made_keeps_none_of_the_others_back(open_shop: Merchant, monkeypatch):
    with acting_for(open_shop, by=MARA):
        bad, good = joined("bad"), joined("good")
    made = preparing.content

    def breaks(asked):
        if asked.member == bad.pk:
            raise ZeroDivisionError
        return made(asked)

    monkeypatch.setattr(preparing, "content", breaks)
    assert go_out() == 1
    assert [one.to for one in mail.outbox] == [["good@example.com"]]
    with acting_for(open_shop, by=MARA):
        row = Message.objects.get(member=bad)
    assert (row.state, row.error) == ("queued", "not_made") and row.due_at > clock.now()
    monkeypatch.setattr(preparing, "content", made)
    assert go_out(at=row.due_at) == 1
    assert good.pk != bad.pk


def test_what_breaks_its_worker_each_time_is_given_up(open_shop: Merchant):
    ana_of(open_shop)
    events.dispatch_waiting()
    at = clock.now()
    for _life in range(len(timing.PAUSES) + 1):
        assert len(sending.claim(at=at)) == 1  # and the worker dies with it
        at += sending.LEASE + timedelta(seconds=1)
    assert sending.deliver(seconds=20, at=at)[0] == 0
    (row,) = messages(open_shop)
    assert (row.state, row.error, mail.outbox) == ("failed", "gave_up", [])


def test_a_code_waits_for_no_newsletter(open_shop: Merchant):
    with acting_for(open_shop, by=MARA):
        people = [joined(f"m{number}") for number in range(5)]
        early, now = clock.now() - timedelta(hours=1), clock.now()
        plan(
            messages=[New(member=one.pk, kind="newsletter", occasion="n", due_at=early) for one in people],
            at=now,
        )
        plan(messages=[New(member=people[0].pk, kind="code", occasion="c", due_at=now)], at=now)
        codes = set(Message.objects.filter(kind="code").values_list("pk", flat=True))
    assert {one.message for one in sending.claim(at=clock.now(), most=3)} == codes


def test_a_claim_is_nobody_elses_until_its_lease_ends(open_shop: Merchant):
    ana_of(open_shop)
    events.dispatch_waiting()
    at = clock.now()
    (mine,) = sending.claim(at=at)
    assert sending.claim(at=at + sending.LEASE - timedelta(seconds=1)) == []
    (theirs,) = sending.claim(at=at + sending.LEASE)
    assert (mine.message, mine.attempt, theirs.attempt) == (theirs.message, 1, 2)
    assert sending.hand_over(claims=[mine], at=at) == 0  # ours no more: nothing is handed over
    assert mail.outbox == []
    assert sending.hand_over(claims=[theirs], at=at) == 1


def test_a_no_given_to_who_became_another_is_kept(open_shop: Merchant):
    with acting_for(open_shop, by=MARA):
        ana, double = joined("ana"), joined("double")
        merge(keep=ana.pk, remove=double.pk, at=clock.now())
        preferences.choose(
            member=double.pk, topics={"reminders": False}, at=clock.now(), source="unsubscribe"
        )
        assert not preferences.wanted(member=ana.pk).topics["reminders"]


@pytest.mark.parametrize(
    ("answer", "gone"),
    [
        ("550 no such mailbox", True),
        ("550 5.1.1 unknown user", True),
        ("550 5.2.1 mailbox disabled", True),
        ("550 5.7.1 your server is not welcome here", False),
        ("552 5.2.2 mailbox full", False),
        ("450 4.2.1 try again later", False),
    ],
)
def test_only_a_mailbox_that_is_not_there_is_never_written_to_again(
    open_shop: Merchant, settings, answer: str, gone: bool
):
    ana_of(open_shop)
    with sinking() as sink:
        options = {"host": "127.0.0.1", "port": sink.port}
        settings.MAILERS = {
            "default": {"BACKEND": "django.core.mail.backends.smtp.EmailBackend", "OPTIONS": options}
        }
        sink.answers["ana@example.com"] = answer
        assert go_out() == 0
    with acting_for(open_shop, by=MARA):
        assert Suppression.objects.exists() is gone
    (row,) = messages(open_shop)
    assert row.state == ("queued" if answer.startswith("4") else "failed")
    assert row.error == f"smtp_{answer[:3]}"


def test_a_servers_silence_is_waited_for_once_and_not_once_for_each_message(open_shop: Merchant, monkeypatch):
    asked = []

    def silent(_self, outgoing):
        asked.append(outgoing.to)
        raise TryLater(AWAY)

    monkeypatch.setattr(Email, "hand_over", silent)
    with acting_for(open_shop, by=MARA):
        for number in range(4):
            joined(f"m{number}")
    assert go_out() == 0
    assert len(asked) == 1
    assert {(row.state, row.error) for row in messages(open_shop)} == {("queued", "no_connection")}
