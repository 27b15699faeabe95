"""What is written with a type is read back as it was."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.sqlserver.contract import Column, SqlError, SqlType
from sandbox.sqlserver.wire.reader import Reader
from sandbox.sqlserver.wire.rows import UnsendableError, row_encoder
from sandbox.sqlserver.wire.streams import ProtocolError
from sandbox.sqlserver.wire.types import read_type, type_info
from sandbox.sqlserver.wire.values import read_value, value_writer
from tests.unit.sqlserver.wire.patience import patient


def there_and_back(sql_type: SqlType, value: object, *, nullable: bool = True) -> object:
    data = type_info(sql_type, nullable=nullable) + value_writer(sql_type, nullable=nullable)(value) + b"next"
    reader = Reader(data)
    found = read_value(reader, read_type(reader))
    assert reader.rest() == b"next"
    return found


INTEGERS = {"tinyint": (0, 255), "smallint": (-(2**15), 2**15 - 1), "int": (-(2**31), 2**31 - 1)}
INTEGERS["bigint"] = (-(2**63), 2**63 - 1)
MOMENTS = st.datetimes()
OLD_MOMENTS = st.datetimes(dt.datetime(1753, 1, 1), dt.datetime(9999, 12, 31))
TEXT = st.text(max_size=500)
WINDOWS = bytes(range(256)).decode("cp1252", "ignore")

EXACT = {
    **{SqlType(name=name): st.integers(*limits) for name, limits in INTEGERS.items()},
    SqlType(name="bit"): st.integers(0, 1),
    SqlType(name="float"): st.floats(allow_nan=False),
    SqlType(name="real"): st.floats(allow_nan=False, width=32),
    SqlType(name="money"): st.decimals(-922337203685477, 922337203685477, places=4, allow_nan=False),
    SqlType(name="smallmoney"): st.decimals(-214748, 214748, places=4, allow_nan=False),
    SqlType(name="date"): st.dates(),
    SqlType(name="time", scale=7): st.times(),
    SqlType(name="datetime2", scale=7): MOMENTS,
    SqlType(name="datetime2", scale=6): MOMENTS,
    SqlType(name="uniqueidentifier"): st.uuids(),
    SqlType(name="nvarchar", length=4000): TEXT,
    SqlType(name="nvarchar", length=-1): TEXT,
    SqlType(name="varbinary", length=8000): st.binary(max_size=500),
    SqlType(name="varbinary", length=-1): st.binary(max_size=500),
    SqlType(name="varchar", length=100): st.text(WINDOWS, max_size=100),
    SqlType(name="varchar", length=-1): st.text(WINDOWS, max_size=300),
    SqlType(name="rowversion"): st.binary(min_size=8, max_size=8),
}


@patient
@given(st.data(), st.sampled_from(list(EXACT)))
def test_every_value_survives(data: st.DataObject, sql_type: SqlType) -> None:
    value = data.draw(EXACT[sql_type])
    assert there_and_back(sql_type, value) == value
    assert there_and_back(sql_type, None) is None


@patient
@given(st.data(), st.sampled_from(sorted(INTEGERS)))
def test_numbers_that_cannot_be_null_have_no_length(data: st.DataObject, name: str) -> None:
    sql_type = SqlType(name=name)
    value = data.draw(st.integers(*INTEGERS[name]))
    assert len(type_info(sql_type, nullable=False)) == 1
    assert there_and_back(sql_type, value, nullable=False) == value


@patient
@given(st.data(), st.integers(1, 38))
def test_decimals_keep_all_digits(data: st.DataObject, precision: int) -> None:
    scale = data.draw(st.integers(0, precision))
    digits = data.draw(st.integers(-(10**precision) + 1, 10**precision - 1))
    value = Decimal(f"{digits}E-{scale}")
    assert there_and_back(SqlType(name="decimal", precision=precision, scale=scale), value) == value


def test_decimals_are_rounded_to_their_scale_away_from_zero() -> None:
    two_places = SqlType(name="decimal", precision=5, scale=2)
    assert there_and_back(two_places, Decimal("1.005")) == Decimal("1.01")
    assert there_and_back(two_places, Decimal("-1.005")) == Decimal("-1.01")


@patient
@given(MOMENTS, st.integers(0, 7))
def test_digits_beyond_the_scale_are_cut_off(moment: dt.datetime, scale: int) -> None:
    unit = 10 ** max(6 - scale, 0)
    expected = moment.replace(microsecond=moment.microsecond // unit * unit)
    assert there_and_back(SqlType(name="datetime2", scale=scale), moment) == expected
    assert there_and_back(SqlType(name="time", scale=scale), moment.time()) == expected.time()


@patient
@given(st.datetimes(dt.datetime(2, 1, 1), dt.datetime(9998, 1, 1)), st.integers(-14 * 60, 14 * 60))
def test_offsets_survive(moment: dt.datetime, minutes: int) -> None:
    aware = moment.replace(tzinfo=dt.timezone(dt.timedelta(minutes=minutes)))
    found = there_and_back(SqlType(name="datetimeoffset", scale=7), aware)
    assert found == aware
    assert isinstance(found, dt.datetime)
    assert found.utcoffset() == aware.utcoffset()


@patient
@given(OLD_MOMENTS)
def test_datetime_is_right_to_a_three_hundredth(moment: dt.datetime) -> None:
    found = there_and_back(SqlType(name="datetime"), moment)
    assert isinstance(found, dt.datetime)
    assert abs(found - moment) <= dt.timedelta(microseconds=2500)
    assert there_and_back(SqlType(name="datetime"), found) == found


def test_datetime_as_the_manual_rounds_it() -> None:
    for given_millisecond, stored in ((999, 1000), (998, 997), (997, 997), (994, 993), (990, 990), (5, 7), (1, 0)):
        start = dt.datetime(1998, 1, 1)
        found = there_and_back(SqlType(name="datetime"), start + dt.timedelta(milliseconds=given_millisecond))
        assert found == start + dt.timedelta(milliseconds=stored)


def test_smalldatetime_is_rounded_at_thirty_seconds() -> None:
    small = SqlType(name="smalldatetime")
    assert there_and_back(small, dt.datetime(2007, 5, 8, 12, 35, 29)) == dt.datetime(2007, 5, 8, 12, 35)
    assert there_and_back(small, dt.datetime(2007, 12, 31, 23, 59, 30)) == dt.datetime(2008, 1, 1)


def test_bytes_on_the_wire() -> None:
    """Known answers, by hand from MS-TDS: round trips alone would not see the same mistake made twice."""
    known = {
        (SqlType(name="int"), 1): "0401000000",
        (SqlType(name="decimal", precision=5, scale=2), Decimal("-1.5")): "050096000000",
        (SqlType(name="money"), Decimal("1.0000")): "080000000010270000",
        (SqlType(name="date"), dt.date(1, 1, 2)): "03010000",
        (SqlType(name="time", scale=0), dt.time(0, 1)): "033c0000",
        (SqlType(name="datetime"), dt.datetime(1900, 1, 2, 0, 0, 1)): "08010000002c010000",
        (SqlType(name="nvarchar", length=5), "ab"): "040061006200",
        (SqlType(name="nvarchar", length=-1), "a"): "0200000000000000" + "02000000" + "6100" + "00000000",
        (SqlType(name="uniqueidentifier"), uuid.UUID("00112233-4455-6677-8899-aabbccddeeff")): (
            "10" + "33221100" + "5544" + "7766" + "8899aabbccddeeff"
        ),
    }
    for (sql_type, value), expected in known.items():
        assert value_writer(sql_type)(value).hex() == expected


@pytest.mark.parametrize(
    ("sql_type", "value"),
    [
        (SqlType(name="int"), 2**31),
        (SqlType(name="int"), "1"),
        (SqlType(name="tinyint"), -1),
        (SqlType(name="decimal", precision=3, scale=0), Decimal(1000)),
        (SqlType(name="nvarchar", length=3), "four"),
        (SqlType(name="varchar", length=3), "four"),
        (SqlType(name="nvarchar", length=3), b"abc"),
        (SqlType(name="varbinary", length=3), b"four"),
        (SqlType(name="varbinary", length=3), 3),
        (SqlType(name="date"), "2024-01-01"),
        (SqlType(name="datetimeoffset"), dt.datetime(2024, 1, 1)),
        (SqlType(name="uniqueidentifier"), "x"),
    ],
    ids=str,
)
def test_what_does_not_fit_is_refused_with_the_columns_name(sql_type: SqlType, value: object) -> None:
    encode = row_encoder([Column(name="fine", type=SqlType(name="int")), Column(name="wrong", type=sql_type)])
    with pytest.raises(UnsendableError, match=f"column wrong is {sql_type.name} and cannot take this"):
        encode([1, value])


def test_null_in_a_column_that_has_none_is_refused() -> None:
    encode = row_encoder([Column(name="n", type=SqlType(name="int"), nullable=False)])
    with pytest.raises(UnsendableError, match="column n"):
        encode([None])


def test_a_row_of_the_wrong_length_is_refused() -> None:
    encode = row_encoder([Column(name="n", type=SqlType(name="int"))])
    with pytest.raises(UnsendableError, match="2 values for 1 columns"):
        encode([1, 2])


@pytest.mark.parametrize("data", ["f3", "62", "f1"])
def test_types_that_are_not_known_are_refused(data: str) -> None:
    with pytest.raises(SqlError, match="sandbox does not support"):
        read_type(Reader(bytes.fromhex(data)))


@patient
@given(st.binary(max_size=60))
def test_nonsense_is_refused_in_one_of_two_ways(data: bytes) -> None:
    read_nonsense(data)


def read_nonsense(data: bytes) -> None:
    reader = Reader(data)
    try:
        read_value(reader, read_type(reader))
    except (ProtocolError, SqlError):
        return
    # What could be read was there.
    assert len(data) > len(reader.rest())


TOKENS = bytes.fromhex("1f2223242628292a2b303234383a3b3c3d3e63686a6c6d6e6f7a7fa5a7adafe7ef")


@patient
@given(st.sampled_from(TOKENS), st.binary(max_size=40))
def test_nonsense_behind_every_token_is_refused_in_one_of_two_ways(token: int, data: bytes) -> None:
    read_nonsense(bytes([token]) + data)


def test_windows_characters_survive_all() -> None:
    every_byte = bytes(range(256))
    reader = Reader(bytes.fromhex("a7ffff0904d00034") + value_writer(SqlType(name="varbinary", length=-1))(every_byte))
    text = read_value(reader, read_type(reader))
    assert isinstance(text, str)
    assert len(set(text)) == 256
    assert there_and_back(SqlType(name="varchar", length=256), text) == text
    assert there_and_back(SqlType(name="varchar", length=9), "Привет €") == "?????? €"
