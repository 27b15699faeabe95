"""Data on a terminal: shown whole, and without effect."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.escaping import escaped, escaped_lines, is_unseen


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("HĐ-1 Chờ gửi \U0001f48a", "HĐ-1 Chờ gửi \U0001f48a"),
        ("Cho\u031b\u0300", "Cho\u031b\u0300"),
        (r"SRV\nhathuoc", r"SRV\nhathuoc"),
        ("a\n2026 [error] b", r"a\n2026 [error] b"),
        ("\x1b[31mred\x1b]0;title\x07", r"\x1b[31mred\x1b]0;title\x07"),
        ("\x9b31m", r"\x9b31m"),
        ("a\u202eb\u2028c\x7f\t\r\x00", r"a\u202eb\u2028c\x7f\t\r\x00"),
        ("half \ud83d", r"half \ud83d"),
        ("\U000e0041", r"\U000e0041"),
    ],
)
def test_what_has_an_effect_is_written_out(text: str, shown: str) -> None:
    assert escaped(text) == shown


@given(text=st.text(st.characters(), max_size=50))
def test_nothing_that_is_shown_has_an_effect(text: str) -> None:
    shown = escaped(text)
    shown.encode()
    assert not any(is_unseen(character) for character in shown)
    assert len(f"{shown} ".splitlines()) == 1


def test_a_long_text_is_cut_before_it_is_looked_through() -> None:
    assert escaped("\n" * 10_000_000, longest=3) == r"\n\n\n..."
    assert escaped("abc", longest=3) == "abc"


def test_only_line_feeds_part_the_lines_of_a_message() -> None:
    assert escaped_lines("one\x0bone\ntwo\u2028two\n") == [r"one\x0bone", r"two\u2028two"]
