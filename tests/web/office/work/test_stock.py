"""Pools of codes, what was handed out and cost, and a reward as members see it."""

import pytest
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from loyalty.core import clock
from loyalty.core.tenancy.scope import acting_for
from rewards.models import PoolCode
from rewards.operations.catalogue import create_reward
from rewards.operations.redemption import redeem_reward, reverse_redemption
from tests.cast import MARA
from tests.web.office.work.conftest import Busy

HTMX = {"HX-Request": "true"}


def said(answer) -> str:
    """What was said since the last time it was asked."""
    return " ".join(str(message) for message in get_messages(answer.wsgi_request)).replace("\u00a0", " ")


def codes_url(busy: Busy) -> str:
    return busy.url(f"rewards/{busy.ids['pool']}/codes/")


def test_codes_are_pasted_counted_and_never_shown_again(busy: Busy, owner: Client):
    answer = owner.post(codes_url(busy), {"codes": "CINE-0003\nCINE-0002, CINE-0004\n\n"})
    assert said(answer) == "2 codes are in the pool. 1 was there already."
    page = owner.get(codes_url(busy))
    assert (page.context["pool"].left, page.context["pool"].given) == (4, 0)
    assert sum(batch.left for batch in page.context["batches"]) == page.context["pool"].left
    assert b"CINE-000" not in page.content


def test_a_file_is_as_good_and_the_same_file_twice_adds_nothing(busy: Busy, owner: Client):
    def send():
        file = SimpleUploadedFile("codes.csv", b'\xef\xbb\xbf"FILE-0001";5\nFILE-0002;5\n', "text/csv")
        told = said(owner.post(codes_url(busy), {"file": file}))
        owner.get(codes_url(busy))  # the page on which it is read
        return told

    assert send() == "2 codes are in the pool."
    assert send().endswith("0 codes are in the pool. 2 were there already.")


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.csv", b"\x89PNG\r\n\x1a\n\xff\xd8"), ("a.txt", "åäö".encode("utf-16")), ("a.txt", b"AB\x00CD"),
     ("a.txt", b"x" * 1_000_001), ("a.txt", b""), ("a.txt", b"\n \n")],
)  # fmt: skip
def test_what_is_no_list_of_codes_is_refused_and_nothing_is_put_in(busy: Busy, owner: Client, name, content):
    answer = owner.post(codes_url(busy), {"file": SimpleUploadedFile(name, content)})
    assert answer.status_code == 422
    with acting_for(busy.luna.merchant, by=MARA):
        assert PoolCode.objects.count() == 2


def test_codes_that_cannot_be_used_are_named_with_their_place(busy: Busy, owner: Client):
    answer = owner.post(codes_url(busy), {"codes": "GOOD-1234\nå\n<b>\nMORE-1234"})
    (text,) = [error for error in answer.context["form"].errors["codes"] if "Code 2" in error]
    assert "A code has 4 to 64 plain characters" in text
    assert b"<b>\xe2\x80\x9d" not in answer.content
    with acting_for(busy.luna.merchant, by=MARA):
        assert PoolCode.objects.count() == 2


def test_a_pool_that_runs_low_or_out_says_so(busy: Busy, owner: Client):
    owner.post(f"{codes_url(busy)}discard/")
    assert b"No code is left" in owner.get(codes_url(busy)).content
    with acting_for(busy.luna.merchant, by=MARA):
        low = create_reward(at=clock.now(), details={"kind": "coupon", "name": {"en": "Low"}, "cost_points": 1,
                                                     "terms": {"low_at": 10}})  # fmt: skip
    from loyalty.core import ids

    url = busy.url(f"rewards/{ids.encode('rwd', low.pk)}/codes/")
    owner.post(url, {"codes": "LOWW-0001"})
    assert b"Only 1 code is left" in owner.get(url).content


def test_only_rewards_with_a_pool_have_codes(busy: Busy, owner: Client, analyst: Client):
    assert owner.get(busy.url(f"rewards/{busy.ids['mug']}/codes/")).status_code == 404
    assert analyst.get(codes_url(busy)).status_code == 403
    assert b"Codes</span>" in owner.get(busy.url(f"rewards/{busy.ids['pool']}/")).content


def test_what_was_handed_out_this_month_opens_the_rows_that_add_up(busy: Busy, owner: Client):
    with acting_for(busy.luna.merchant, by=MARA):
        now, mug = clock.now(), busy.ids["mug"]
        from loyalty.core import ids

        reward = ids.decode("rwd", mug)
        redeem_reward(member=busy.luna.ana.pk, reward=reward, key="again", at=now)
        gone = redeem_reward(member=busy.luna.ana.pk, reward=reward, key="gone", at=now)
        reverse_redemption(redemption=gone.pk, at=now, reason="x")
    row = next(one for one in owner.get(busy.url("rewards/")).context["rows"] if one["public_id"] == mug)
    assert (row["month"].times, row["month"].cost_minor) == (2, 8000)
    handed = owner.get(busy.url(f"rewards/{mug}/")).context["handed"]
    rows = owner.get(busy.url(f"rewards/{mug}/taken/?show=all")).context["rows"]
    assert (handed.times, handed.cost_minor) == (len(rows), sum(item["cost_minor"] for item in rows))
    page = owner.get(busy.url(f"rewards/{mug}/taken/"))
    assert sum(item["row"].quantity for item in page.context["rows"]) == row["month"].times
    assert sum(item["cost_minor"] for item in page.context["rows"]) == row["month"].cost_minor


def test_a_reward_is_seen_in_each_language_while_it_is_written(busy: Busy, owner: Client):
    url = busy.url("rewards/draft/")
    typed = {"name_en": "Cup", "name_sv": "Mugg", "cost_points": "70", "kind": "free_product"}
    swedish = owner.get(url, {**typed, "language": "sv"}, headers=HTMX)
    shown = swedish.content.decode().replace("\u00a0", " ")
    assert "Mugg" in shown and "70 po" in shown and "<html" not in shown
    dutch = owner.get(url, {**typed, "language": "nl"})
    assert "Cup" in dutch.content.decode() and "Nothing is written in this language" in dutch.content.decode()
    saved = owner.get(busy.url(f"rewards/{busy.ids['mug']}/seen/?language=nb"))
    assert "Mug" in saved.content.decode()


@pytest.mark.parametrize("asked", ["cost_points=x", "cost_points=99999999999999999999", "language=xx", "kind=odd",
                                   "name_en=%00", "name_en=%3Cscript%3E"])  # fmt: skip
def test_odd_drafts_are_shown_harmlessly(busy: Busy, owner: Client, asked: str):
    answer = owner.get(busy.url(f"rewards/draft/?{asked}"))
    assert answer.status_code == 200
    assert b"<script>" not in answer.content
