from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.sqlserver.wire.login import parse_login, scramble, unscramble
from sandbox.sqlserver.wire.prelogin import Encryption, Option, make_prelogin, parse_prelogin, wanted_encryption
from sandbox.sqlserver.wire.streams import ProtocolError
from tests.unit.sqlserver.wire.patience import patient


def login(*, user: str = "", password: str = "", application: str = "", database: str = "") -> bytes:
    names = ["host", user, password, application, "server", "", "library", "", database]
    table, data = b"", b""
    for number, name in enumerate(names):
        encoded = name.encode("utf-16-le")
        table += struct.pack("<HH", 94 + len(data), len(encoded) // 2)
        data += scramble(encoded) if number == 2 else encoded
    head = struct.pack("<IIIIIIBBBBiI", 0, 0x74000004, 8000, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    return (head + table).ljust(94, b"\0") + data


NAMES = st.text(st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"]), max_size=60)


@patient
@given(NAMES, NAMES, NAMES, NAMES)
def test_names_and_password_are_read(user: str, password: str, application: str, database: str) -> None:
    found = parse_login(login(user=user, password=password, application=application, database=database))
    assert (found.user, found.password, found.application, found.database) == (user, password, application, database)
    assert (found.packet_size, found.tds_version) == (8000, 0x74000004)


def test_a_password_as_microsoft_scrambles_it() -> None:
    # 'a' is 61 00: nibbles swapped 16 00, XOR A5.
    assert scramble("a".encode("utf-16-le")).hex() == "b3a5"
    assert unscramble(bytes.fromhex("b3a5")) == b"a\0"


def test_the_password_is_not_shown() -> None:
    assert "secret" not in repr(parse_login(login(password="secret")))


@patient
@given(st.binary(max_size=300))
def test_nonsense_is_refused_or_read(data: bytes) -> None:
    try:
        parse_login(data)
    except ProtocolError:
        return
    assert len(data) >= 94


def test_a_name_outside_of_the_message_is_refused() -> None:
    data = bytearray(login(user="somebody"))
    struct.pack_into("<H", data, 40, 60_000)
    with pytest.raises(ProtocolError, match="user"):
        parse_login(bytes(data))


@patient
@given(st.dictionaries(st.sampled_from(Option), st.binary(max_size=40)))
def test_prelogin_there_and_back(options: dict[Option, bytes]) -> None:
    assert parse_prelogin(make_prelogin(options)) == options


@patient
@given(st.binary(max_size=100))
def test_nonsense_in_prelogin_is_refused_or_read(data: bytes) -> None:
    try:
        wanted_encryption(parse_prelogin(data))
    except ProtocolError:
        return
    assert 0xFF in data


def test_what_the_client_wants() -> None:
    assert wanted_encryption({Option.ENCRYPTION: b"\x01"}) is Encryption.ON
    with pytest.raises(ProtocolError):
        wanted_encryption({})
