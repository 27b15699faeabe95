"""What a batch gave back, piece by piece, and how that is written."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text


@dataclass(frozen=True, kw_only=True, slots=True)
class Rows:
    """A result with columns."""

    columns: Sequence[str]
    rows: Sequence[Sequence[object]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Affected:
    """How many rows a statement has changed; None: it said nothing."""

    count: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """What PRINT says, and other information."""

    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """An error of SQL Server's, or of the driver's where there is no number."""

    number: int | None
    state: str
    """SQLSTATE."""
    text: str

    def __str__(self) -> str:
        return f"Msg {self.number}: {self.text}" if self.number else f"{self.state}: {self.text}"


Outcome = Rows | Affected | Message | Failure


def write(console: Console, outcome: Outcome) -> None:
    """A table at a terminal, columns of text elsewhere."""
    match outcome:
        case Rows():
            console.print(_table(outcome)) if console.is_terminal else _print_text(console, outcome)
            _say(console, _counted(len(outcome.rows)))
        case Affected(count=None):
            pass
        case Affected(count=int(count)):
            _say(console, _counted(count))
        case Message():
            _say(console, outcome.text)
        case Failure():
            console.print(Text(str(outcome), "red"), soft_wrap=True)


def as_text(value: object) -> str:
    """A value as SQL Server's own prompt would show it."""
    match value:
        case None:
            return "NULL"
        case bool():
            return str(int(value))
        case bytes():
            return f"0x{value.hex().upper()}"
        case uuid.UUID():
            return str(value).upper()
        case dt.datetime():
            return value.isoformat(sep=" ")
        case _:
            return str(value)


def _say(console: Console, text: str) -> None:
    console.print(Text(text), soft_wrap=True)


def _counted(count: int) -> str:
    return f"({count} row{'' if count == 1 else 's'} affected)"


def _table(result: Rows) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for number, name in enumerate(result.columns):
        numeric = all(isinstance(row[number], int | float) for row in result.rows) and bool(result.rows)
        table.add_column(Text(name), justify="right" if numeric else "left", overflow="fold")
    for row in result.rows:
        table.add_row(*(Text("NULL", "dim") if value is None else Text(as_text(value)) for value in row))
    return table


def _print_text(console: Console, result: Rows) -> None:
    lines = [list(result.columns), *([as_text(value) for value in row] for row in result.rows)]
    widths = [max(cell_len(line[number]) for line in lines) for number in range(len(result.columns))]
    lines.insert(1, ["-" * width for width in widths])
    for line in lines:
        _say(console, " ".join(_padded(cell, width) for cell, width in zip(line, widths, strict=True)).rstrip())


def _padded(cell: str, width: int) -> str:
    """A text and so many blanks that it takes `width` columns at a terminal: marks take none, some letters two."""
    return cell + " " * (width - cell_len(cell))
