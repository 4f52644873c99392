"""Public ids: sortable, unguessable, and refused when they are not ours."""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.core import ids
from loyalty.core.errors import NotFound


def test_a_new_id_is_a_version_7_uuid_of_now() -> None:
    made = ids.new()
    assert (made.version, made.variant) == (7, "specified in RFC 4122")


def test_ids_made_later_are_greater_even_within_one_microsecond() -> None:
    made = [ids.new() for _ in range(20_000)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)


def test_ids_stay_unique_and_ordered_when_the_clock_steps_back(monkeypatch: pytest.MonkeyPatch) -> None:
    before = ids.new()
    monkeypatch.setattr(ids.time, "time_ns", lambda: 0)
    assert before < ids.new() < ids.new()


def test_threads_never_make_the_same_id() -> None:
    with ThreadPoolExecutor(8) as pool:
        made = [
            one for batch in pool.map(lambda _: [ids.new() for _ in range(500)], range(16)) for one in batch
        ]
    assert len(set(made)) == 8000


def test_a_forked_process_does_not_repeat_its_parents_ids() -> None:
    read, write = os.pipe()
    child = os.fork()
    if child == 0:  # pragma: no cover - runs in the other process
        os.write(write, ids.new().bytes)
        os._exit(0)
    mine = ids.new()
    os.waitpid(child, 0)
    assert UUID(bytes=os.read(read, 16)) != mine


@given(st.uuids(), st.sampled_from(["mbr", "ord", "key"]))
def test_encoding_and_decoding_are_inverse(value: UUID, prefix: str) -> None:
    text = ids.encode(prefix, value)
    assert ids.decode(prefix, text) == value
    assert json.loads(json.dumps(text)) == text


@given(st.uuids(), st.uuids())
def test_encoded_ids_sort_like_their_uuids(one: UUID, other: UUID) -> None:
    assert (ids.encode("mbr", one) < ids.encode("mbr", other)) == (one < other)


@pytest.mark.parametrize(
    "text",
    [
        "", "mbr", "mbr_", "ord_" + "0" * 26, "mbr_" + "0" * 25, "mbr_" + "0" * 27, "MBR_" + "0" * 26,
        "mbr_" + "O" * 26, "mbr_" + "u" * 26, "mbr_8" + "0" * 25, "mbr_" + "z" * 26, " mbr_" + "0" * 26,
        "mbr_" + "٠" * 26, "mbr_" + "0" * 25 + "\n", "mbr_" + "0" * 25 + "\x00", "mbr__" + "0" * 25,
    ],
)  # fmt: skip
def test_what_is_not_an_id_is_not_found(text: str) -> None:
    with pytest.raises(NotFound):
        ids.decode("mbr", text)
