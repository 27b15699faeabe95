from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.sqlserver.contract import SqlError, SqlType
from sandbox.sqlserver.wire.requests import Transaction, parse_batch, parse_transaction
from sandbox.sqlserver.wire.rpc import parse_calls
from sandbox.sqlserver.wire.streams import ProtocolError
from sandbox.sqlserver.wire.types import type_info
from sandbox.sqlserver.wire.values import value_writer
from tests.unit.sqlserver.wire.patience import patient

HEADERS = struct.pack("<IIHQI", 22, 18, 2, 0, 1)
INT = SqlType(name="int")
TEXT = SqlType(name="nvarchar", length=-1)


def argument(name: str, sql_type: SqlType, value: object, *, flags: int = 0) -> bytes:
    head = bytes([len(name)]) + name.encode("utf-16-le") + bytes([flags])
    return head + type_info(sql_type) + value_writer(sql_type)(value)


def test_a_batch() -> None:
    assert parse_batch(HEADERS + "SELECT 'ü'".encode("utf-16-le")) == "SELECT 'ü'"
    with pytest.raises(ProtocolError):
        parse_batch(HEADERS + b"odd")
    with pytest.raises(ProtocolError):
        parse_batch(b"\x00\x00\x00\x00")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("0500 00 00", Transaction(request=5)),
        ("0500 05 00", Transaction(request=5, isolation=5)),
        ("0700 00 00", Transaction(request=7)),
        ("0700 00 01 00 00", Transaction(request=7, begins_next=True)),
        ("0800 04 61006200 01 02 00", Transaction(request=8, begins_next=True, isolation=2)),
        ("0900", Transaction(request=9)),
    ],
)
def test_transactions(data: str, expected: Transaction) -> None:
    assert parse_transaction(HEADERS + bytes.fromhex(data)) == expected


def test_calls_one_after_the_other() -> None:
    by_number = b"\xff\xff" + struct.pack("<HH", 12, 0) + argument("", INT, 7) + argument("@P1", TEXT, "ü", flags=1)
    name = "sp_x".encode("utf-16-le")
    by_name = struct.pack("<H", 4) + name + b"\x00\x00" + argument("", INT, None)
    first, second = parse_calls(HEADERS + by_number + b"\xff" + by_name)
    assert (first.procedure, first.is_last, second.procedure, second.is_last) == ("sp_execute", False, "sp_x", True)
    assert [(a.name, a.value, a.is_output) for a in first.arguments] == [("", 7, False), ("P1", "ü", True)]
    assert first.arguments[1].parameter.type == TEXT
    assert second.arguments[0].value is None


def test_calls_are_read_as_they_are_asked_for() -> None:
    good = b"\xff\xff" + struct.pack("<HH", 12, 0) + argument("", INT, 7)
    calls = parse_calls(HEADERS + good + b"\xff" + b"\x01")
    assert next(calls).arguments[0].value == 7
    with pytest.raises(ProtocolError):
        next(calls)


@patient
@given(st.binary(max_size=80))
def test_nonsense_is_refused_in_one_of_two_ways(data: bytes) -> None:
    for parse in (parse_batch, parse_transaction, lambda payload: list(parse_calls(payload))):
        for payload in (data, HEADERS + data):
            try:
                parse(payload)
            except (ProtocolError, SqlError):
                continue
            assert len(payload) >= 4
