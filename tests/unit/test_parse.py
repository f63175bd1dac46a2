"""Whatever a stranger sends is an object or a Rejected."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import wire
from shared.errors import Rejected
from shared.parse import DEEPEST, json_object, storable

BAD = {
    "empty": b"",
    "blank": b" \n",
    "number": b"1",
    "array": b"[]",
    "trailing comma": b'{"a":1,}',
    "two documents": b"{}{}",
    "NaN": b'{"a":NaN}',
    "infinity": b'{"a":-Infinity}',
    "overflow": b'{"a":1e999999}',
    "long integer": b'{"a":' + b"9" * 5000 + b"}",
    "comment": b'{"a":1/*x*/}',
    "not UTF-8": b'{"a":"\xff\xfe"}',
    "byte order mark": b'\xef\xbb\xbf{"a":1}',
    "duplicate key": b'{"a":1,"a":2}',
    "gzip": b"\x1f\x8b\x08\x00",
    "deep array": b"[" * 100_000 + b"]" * 100_000,
    "deep object": b'{"a":' * 5000 + b"1" + b"}" * 5000,
    "quite deep object": b'{"a":' * 60 + b"1" + b"}" * 60,
}


@pytest.mark.parametrize("body", BAD.values(), ids=BAD)
def test_malformed_is_400(body: bytes) -> None:
    with pytest.raises(Rejected) as refusal:
        json_object(body, cap=1_000_000)
    assert refusal.value.status == 400


def test_over_the_cap_is_413_before_it_is_parsed() -> None:
    with pytest.raises(Rejected) as refusal:
        json_object(b"x" * 101, cap=100)
    assert refusal.value.status == 413


def test_lone_surrogates_become_storable() -> None:
    value = json_object(rb'{"a":"x\ud800y","b":["\ud83d\ude00"]}', cap=1000)
    assert value == {"a": "x\ufffdy", "b": ["\U0001f600"]}
    json.dumps(value, ensure_ascii=False).encode()


def test_wide_is_not_deep() -> None:
    body = json.dumps({"a": [{"b": n} for n in range(500)]}).encode()
    assert len(json_object(body, cap=100_000)["a"]) == 500


@given(st.binary(max_size=300))
def test_bytes_never_escape_as_another_error(body: bytes) -> None:
    try:
        status = 200 if isinstance(json_object(body, cap=250), dict) else 500
    except Rejected as refusal:
        status = refusal.status
    assert status in (200, 400, 413)


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        ("cut \ud83d", "cut \ufffd"),
        ("\ud83d\ude00", "\U0001f600"),
        (
            {"\udc00": [2**64, -(2**63) - 1, 2**63 - 1]},
            {"\ufffd": [str(2**64), str(-(2**63) - 1), 2**63 - 1]},
        ),
        ([True, None, 1.5, ("a",)], [True, None, 1.5, ["a"]]),
    ],
)
def test_what_no_store_takes_becomes_what_every_store_takes(value: Any, stored: Any) -> None:
    assert storable(value) == stored
    assert wire.loads(wire.dumps(value)) == wire.loads(wire.dumps(stored))


def test_what_is_nested_too_deeply_for_a_store_is_refused() -> None:
    value: Any = []
    for _ in range(DEEPEST + 1):
        value = [value]

    with pytest.raises(ValueError, match="deep"):
        storable(value)
