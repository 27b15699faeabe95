"""Columns of text stand below one another, whatever the letters are made of."""

from __future__ import annotations

import io
import unicodedata

from rich.cells import cell_len
from rich.console import Console

from sandbox.prompt.outcome import Rows, write


def test_columns_are_as_wide_as_a_terminal_shows_them() -> None:
    """A combining mark takes no column of its own, a Chinese letter two."""
    shops = ["NT-Hà-Nội-01", unicodedata.normalize("NFD", "NT-Đà-Nẵng-02"), "藥房", "NT"]
    printed = io.StringIO()
    write(Console(file=printed, width=200), Rows(columns=["shop", "n"], rows=[[shop, "x"] for shop in shops]))
    lines = printed.getvalue().splitlines()[: 2 + len(shops)]
    assert [cell_len(line[: -len(line.split()[-1])]) for line in lines] == [14] * len(lines)
