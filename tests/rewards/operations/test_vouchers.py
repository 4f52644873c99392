"""Codes: hard to guess, easy to type, good once."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from loyalty.core.tenancy.scope import acting_for
from rewards.models import Voucher
from rewards.operations.redemption import redeem_reward, use_voucher
from rewards.operations.vouchers import CodeNotValid, find, normal_code
from tests.cast import AT, MARA, OTTO, buy, days
from tests.rewards.operations.test_redemption import coffee


@pytest.fixture
def voucher(ana):
    buy(ana, 500)
    row = redeem_reward(member=ana.pk, reward=coffee(code_valid_days=10).pk, key="k", at=AT)
    return Voucher.objects.get(redemption=row)


def test_a_code_has_sixty_random_bits(ana):
    buy(ana, 5000)
    reward = coffee()
    for number in range(40):
        redeem_reward(member=ana.pk, reward=reward.pk, key=f"k{number}", at=AT)
    codes = set(Voucher.objects.values_list("code", flat=True))
    assert len(codes) == 40
    letters = set("".join(codes))
    assert letters <= set("0123456789ABCDEFGHJKMNPQRSTVWXYZ")
    assert len(letters) == 32  # 480 draws: each of 32 letters is missing less than once in 130,000 runs
    assert {len(code) for code in codes} == {12}


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("7kq2-m8xd-9r4t", "7KQ2M8XD9R4T"),
        ("  7KQ2 M8XD 9R4T ", "7KQ2M8XD9R4T"),
        ("oOiIlL", "001111"),
        ("", ""),
        ("７KQ2", "７KQ2"),  # other scripts' digits stay what they are: not ours
    ],
)
def test_look_alikes_and_spacing_do_not_matter(typed, meant):
    assert normal_code(typed) == meant


def test_a_code_read_aloud_is_found(voucher):
    aloud = "-".join(voucher.code[i : i + 4].lower() for i in (0, 4, 8)).replace("0", "o").replace("1", "l")
    assert find(code=aloud, at=AT).pk == voucher.pk


def test_unknown_used_void_expired_and_foreign_codes_get_one_answer_to_one_statement(voucher, other_shop):
    asked = {}

    def ask(name, code, at):
        with (
            CaptureQueriesContext(
                connection,
            ) as captured,
            pytest.raises(CodeNotValid) as refused,
        ):
            find(code=code, at=at)
        text = captured.captured_queries[0]["sql"]
        asked[name] = (len(captured), text.count("JOIN"), str(refused.value), refused.value.status)

    ask("unknown", "000000000000", AT)
    ask("expired", voucher.code, AT + days(12))
    ask("endless", "A" * 100_000, AT)
    use_voucher(code=voucher.code, at=AT)
    ask("used", voucher.code, AT)
    Voucher.objects.update(status="void")
    ask("void", voucher.code, AT)
    Voucher.objects.update(status="active")
    with acting_for(other_shop, by=OTTO):
        ask("foreign", voucher.code, AT)
    assert len(set(asked.values())) == 1, asked
    assert asked["unknown"][0] == 1


def test_the_digest_cannot_be_worked_out_without_the_servers_key(voucher, settings):
    settings.SECRET_KEY = "another server's key"
    with pytest.raises(CodeNotValid):
        find(code=voucher.code, at=AT)


def test_changing_the_servers_key_voids_no_code(voucher, settings):
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "the new key"
    assert find(code=voucher.code, at=AT).pk == voucher.pk


def test_a_code_is_good_to_the_end_of_its_last_day(voucher):
    last = voucher.expires_at
    assert last.isoformat() in ("2026-03-12T23:00:00+00:00", "2026-03-13T00:00:00+01:00")
    assert find(code=voucher.code, at=last - days(1e-6)).pk == voucher.pk
    with pytest.raises(CodeNotValid):
        find(code=voucher.code, at=last)


def test_who_used_it_is_written_down_without_a_name(voucher):
    assert use_voucher(code=voucher.code, at=AT).used_by == str(MARA)
