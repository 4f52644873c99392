"""Draws are fair, and anybody can check one; instant wins keep to their odds and their budget."""

import json
import subprocess
import sys
from collections import Counter
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import pytest
from scipy.stats import chisquare

from campaigns.rules.draws import (
    Chances,
    Prize,
    code_of,
    commitment,
    new_seed,
    odds_problems,
    play,
    read,
    select,
    written,
)

SCRIPT = Path(__file__).parents[2] / "docs" / "verify_draw.py"
DRAWS = 100_000
LIST = written(
    [Chances("ana", 1), Chances("ben", 2), Chances("cleo", 3), Chances("dora", 4), Chances("eve", 0)]
)


def fit(counts: Counter[str], weights: dict[str, float], total: int) -> float:
    """How likely it is that counts this far from their weights come about by chance."""
    whole = sum(weights.values())
    return float(
        chisquare([counts[name] for name in weights], [total * w / whole for w in weights.values()]).pvalue
    )


def test_every_chance_is_as_good_as_any_other() -> None:
    first = Counter(select(str(number), LIST, winners=1)[0] for number in range(DRAWS))
    assert fit(first, {"ana": 1, "ben": 2, "cleo": 3, "dora": 4}, DRAWS) > 0.01


def test_the_second_prize_is_drawn_fairly_from_who_is_left() -> None:
    pairs = Counter(tuple(select(str(number), LIST, winners=2)) for number in range(DRAWS // 4))
    weights = {"ana": 1, "ben": 2, "cleo": 3, "dora": 4}
    expected = {
        (a, b): weights[a] / 10 * weights[b] / (10 - weights[a]) for a in weights for b in weights if a != b
    }
    total = sum(pairs.values())
    assert set(pairs) <= set(expected)
    found = chisquare([pairs[pair] for pair in expected], [total * p for p in expected.values()]).pvalue
    assert found > 0.01


def test_a_draw_that_leans_is_noticed() -> None:
    """The twin: the same test on a draw that takes the number modulo something that does not divide it."""

    def leaning(number: int) -> str:
        ticket = int(sha256(str(number).encode()).hexdigest()[:1], 16) % 10  # 16 values on 10 chances
        return next(
            name for name, edge in (("ana", 1), ("ben", 3), ("cleo", 6), ("dora", 10)) if ticket < edge
        )

    first = Counter(leaning(number) for number in range(DRAWS))
    assert fit(first, {"ana": 1, "ben": 2, "cleo": 3, "dora": 4}, DRAWS) < 0.001


def test_nobody_wins_twice_and_all_win_where_there_are_prizes_for_all() -> None:
    found = select("seed", LIST, winners=10)
    assert sorted(found) == ["ana", "ben", "cleo", "dora"], "who has no chance is not on the list"
    assert select("seed", "", winners=3) == []
    assert select("seed", LIST, winners=2) == found[:2]


def test_the_list_is_the_same_whoever_writes_it() -> None:
    assert LIST == "ana 1\nben 2\ncleo 3\ndora 4\n"
    assert written(reversed(read(LIST))) == LIST
    with pytest.raises(ValueError, match="twice"):
        written([Chances("ana", 1), Chances("ana", 2)])


def test_codes_name_nobody_and_differ_from_draw_to_draw() -> None:
    member, one, other = (UUID(int=number) for number in (1, 2, 3))
    assert code_of(member, one) == code_of(member, one) != code_of(member, other)
    assert new_seed() != new_seed()


def published(**changes: object) -> dict[str, object]:
    """A draw as it is published."""
    seed = "5" * 64
    draw = {"seed": seed, "commitment": commitment(seed), "list": LIST, "prizes": 2,
            "list_digest": sha256(LIST.encode()).hexdigest(), "winners": select(seed, LIST, winners=2)}  # fmt: skip
    return draw | changes


def check(draw: dict[str, object], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the script of the documentation, as anybody would, with nothing of ours at hand."""
    file = folder / "draw.json"
    file.write_text(json.dumps(draw))
    return subprocess.run([sys.executable, "-I", SCRIPT, file], capture_output=True, text=True, check=False)


def test_anybody_can_check_a_published_draw(tmp_path: Path) -> None:
    told = check(published(), tmp_path)
    assert told.returncode == 0, told.stderr
    assert "as it should be" in told.stdout
    assert len(SCRIPT.read_text().splitlines()) <= 26


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"seed": "6" * 64}, "not the seed"),
        ({"list": LIST.replace("ana 1", "ana 9")}, "or not the list"),
        ({"winners": ["ana", "ben", "cleo"]}, "Others should have won"),
        ({"prizes": 3}, "Others should have won"),
    ],
)
def test_a_draw_that_was_tampered_with_is_caught(
    change: dict[str, object], said: str, tmp_path: Path
) -> None:
    told = check(published(**change), tmp_path)
    assert told.returncode == 1
    assert said in told.stderr


# --- instant wins --------------------------------------------------------------------------------------------------

PRIZES = (Prize("car", 100, 1), Prize("cup", 50_000, 10_000))


def test_instant_wins_keep_to_their_odds() -> None:
    won = Counter(play("seed", f"ticket-{number}", PRIZES) for number in range(DRAWS))
    assert fit(won, {"car": 100, "cup": 50_000, "": 949_900}, DRAWS) > 0.01


def test_asking_twice_is_no_second_chance() -> None:
    tickets = [f"ticket-{number}" for number in range(500)]
    assert [play("seed", one, PRIZES) for one in tickets] == [play("seed", one, PRIZES) for one in tickets]
    assert [play("other", one, PRIZES) for one in tickets] != [play("seed", one, PRIZES) for one in tickets]


def test_what_is_used_up_is_not_won_and_makes_nothing_else_likelier() -> None:
    gone = (PRIZES[0], Prize("cup", 50_000, 0))
    for number in range(5000):
        ticket = f"ticket-{number}"
        before, after = play("seed", ticket, PRIZES), play("seed", ticket, gone)
        assert after == ("" if before == "cup" else before)


def test_prizes_that_make_no_sense_are_named() -> None:
    paths = {
        path
        for path, _message in odds_problems((Prize("a", 0, -1), Prize("a", 1_000_000, 1), Prize("b", 5, 1)))
    }
    assert paths == {"prizes[0].odds", "prizes[0].left", "prizes"}
    assert odds_problems(PRIZES) == []
