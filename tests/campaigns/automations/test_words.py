"""What an automation writes: its own words, in the member's language, to those who want to hear it; and what staff are
told of its steps and of who left."""

import msgspec
import pytest
from django.core import mail
from django.utils import translation

from campaigns.models import Message
from campaigns.operations.automations.shaping import edit_automation, start_automation
from campaigns.operations.segments.shaping import SegmentInUse, archive_segment, create_segment
from campaigns.operations.sending import deliver
from campaigns.operations.shaping import set_hours
from campaigns.queries.automations import wording
from campaigns.rules.automations import Flow
from loyalty.core import clock, privacy
from loyalty.core.merchants.models import Merchant
from loyalty.core.tenancy.scope import acting_for
from loyalty.web.office.automations.starts import STARTS
from members.operations.privacy import erase_member
from members.queries.why import voice_of_scope
from tests.campaigns.automations.hand import at_work, carry_out, flow, later, points, wait
from tests.campaigns.hand import joined, says_yes
from tests.cast import MARA, publish, shop

pytestmark = pytest.mark.django_db(transaction=True)
WORDS = {"en": {"subject": "Hello {first_name}", "body": "You have {balance}."},
         "sv": {"subject": "Hej {first_name}", "body": "Du har {balance}."}}  # fmt: skip


@pytest.fixture
def luna(transactional_db: None) -> Merchant:
    """Café Luna, which writes at any hour."""
    merchant = shop()
    with acting_for(merchant, by=MARA):
        publish()
        set_hours(quiet_from=0, quiet_until=0, weekly_most=0, at=clock.now())
    return merchant


def subjects() -> list[str]:
    """What was written by automations and nothing else."""
    return sorted(one.subject for one in mail.outbox if "Luna Club" not in one.subject)


def test_members_read_its_words_in_their_language(luna: Merchant):
    with acting_for(luna, by=MARA):
        at_work({"type": "message", "words": WORDS})
        joined("ana", given_name="Ana", language="sv")
        joined("ben", given_name="Ben")
        joined("cleo", given_name="Cleo", language="nl")
    carry_out(luna)
    deliver(seconds=60)
    assert subjects() == ["Hej Ana", "Hello Ben", "Hello Cleo"], "who reads another language gets the English"
    bodies = [str(one.body).replace("\u00a0", " ") for one in mail.outbox]
    assert any("You have 0 points." in one for one in bodies)


def test_news_goes_to_who_said_yes_to_news(luna: Merchant):
    with acting_for(luna, by=MARA):
        at_work(wait(1, "minutes"), {"type": "message", "about": "news", "words": WORDS})
        ana, ben = joined("ana", given_name="Ana"), joined("ben", given_name="Ben")
        says_yes(ana)
    carry_out(luna)
    carry_out(luna, at=later(minutes=2))
    deliver(seconds=60, at=later(minutes=3))
    assert subjects() == ["Hello Ana"]
    with acting_for(luna, by=MARA):
        row = Message.objects.get(member=ben, kind="automation_news")
        assert (row.state, row.reason) == ("suppressed", "not_wanted")


def test_what_was_planned_keeps_the_words_it_was_planned_with(luna: Merchant):
    with acting_for(luna, by=MARA):
        row = at_work({"type": "message", "words": WORDS})
        joined("ana", given_name="Ana")
    carry_out(luna)
    with acting_for(luna, by=MARA):
        other = {"type": "message", "words": {"en": {"subject": "Other", "body": "Other."}}}
        edit_automation(automation=row.pk, changes={"flow": flow(other)}, at=clock.now())
        start_automation(automation=row.pk, at=clock.now())
    deliver(seconds=60)
    assert subjects() == ["Hello Ana"]


def test_nothing_is_written_to_who_was_erased(luna: Merchant):
    with acting_for(luna, by=MARA):
        at_work({"type": "message", "words": WORDS}, wait())
        ana = joined("ana", given_name="Ana")
    carry_out(luna)
    with acting_for(luna, by=MARA):
        (told,) = privacy.export(ana.pk)["automations"]
        assert told["steps"] == ["message: done", "wait: waited"]
        erase_member(member=ana.pk, at=clock.now())
    deliver(seconds=60)
    assert subjects() == []


def test_a_segment_that_an_automation_names_is_not_put_away(luna: Merchant):
    with acting_for(luna, by=MARA):
        row = create_segment(name="Guests", handle="guests", at=clock.now())
        at_work({"type": "add", "segment": "guests"}, name="Guest book")
        with pytest.raises(SegmentInUse) as refusal:
            archive_segment(segment=row.pk, at=clock.now())
        assert "Guest book" in str(refusal.value)


@pytest.mark.parametrize("language", ["en", "sv", "nb", "nl"])
def test_every_step_says_what_it_does_in_every_language(luna: Merchant, language: str):
    with acting_for(luna, by=MARA), translation.override(language):
        names = wording.names_of_scope(voice_of_scope())
        for start in STARTS.values():
            written = msgspec.convert(start.flow(language), Flow)
            said = [wording.start_says(one, names) for one in written.starts]
            said += [wording.step_says(one, names) for one in written.steps]
            assert all(said) and not any(
                "{" in text.replace("{first_name}", "").replace("{shop}", "") for text in said
            )
        assert wording.step_says(msgspec.convert(flow(points(5)), Flow).steps[0], names)
