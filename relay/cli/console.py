"""Standard output, for tables whose cells hold data: whatever stands in a row is shown, and nothing else is done."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from common.escaping import escaped

LONGEST = 2000
"""Characters of one line of a cell: a row's argument may be as long as a book."""

console = Console()


class DataTable:
    """A table for `console`. No cell is read as rich's markup, as `[/2024]` or `:key:` would be."""

    def __init__(self, *headers: str, title: str | None = None, show_lines: bool = False) -> None:
        self._table = Table(*headers, title=title, show_lines=show_lines)

    def add_row(self, *cells: str | Sequence[str]) -> None:
        """A cell is a text, or several, each on a line of its own; line ends inside of a text are escaped."""
        self._table.add_row(*(_cell([each] if isinstance(each, str) else each) for each in cells))

    def __rich__(self) -> Table:
        return self._table


def _cell(lines: Sequence[str]) -> Text:
    # guard: no-markup-in-cells
    return Text("\n".join(escaped(line, longest=LONGEST) for line in lines), overflow="fold")
