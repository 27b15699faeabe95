"""Tables of data: every cell is shown as it is."""

from __future__ import annotations

from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from relay.cli.console import LONGEST, DataTable


def _shown(*cells: str | list[str], width: int = 200) -> str:
    table = DataTable("source", "row", title="title")
    table.add_row(*cells)
    output = StringIO()
    Console(file=output, width=width, force_terminal=False).print(table)
    return output.getvalue()


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("[red]HĐ-1", "│ [red]HĐ-1 "),
        ("PN[/2024]001", "│ PN[/2024]001 "),
        (r"\[x] :key: [link=http://a]", r"│ \[x] :key: [link=http://a] "),
        ("\x1b[31ma\x1b]0;b\x07", r"│ \x1b[31ma\x1b]0;b\x07 "),
        ("a\nb", r"│ a\nb "),
    ],
)
def test_no_data_is_markup(cell: str, shown: str) -> None:
    assert shown in _shown("sale", cell)


def test_several_lines_of_a_cell() -> None:
    lines = _shown("sale", ["[/a]", "b\nc"]).splitlines()
    assert [line.split("│")[2].strip() for line in lines if line.startswith("│")] == ["[/a]", r"b\nc"]


def test_nothing_is_cut_off_for_want_of_room() -> None:
    text = "".join(_shown("sale", "Chờ gửi" * 20, width=30).split())
    assert text.replace("│", "").replace("sale", "").count("Chờgửi") == 20


def test_the_columns_are_in_line_whatever_the_letters() -> None:
    wide, composed = "漢字", "Cho\u031b\u0300"
    lines = _shown(wide, composed).splitlines()
    assert lines[-2].index("│", 1) == lines[-3].index("╇") - len(wide)


def test_a_book_is_not_printed() -> None:
    assert len(_shown("sale", "x" * 1_000_000, width=100)) < 3 * LONGEST


@given(cell=st.text(st.characters(), max_size=60))
def test_any_data_can_be_shown(cell: str) -> None:
    shown = _shown("[/]", cell, width=1000)
    assert not any(character != "\n" and ord(character) < 32 for character in shown)
    assert len(shown.splitlines()) == 6
