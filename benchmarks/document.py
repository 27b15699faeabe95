"""The tables of the last run, in docs/benchmarks.md: `python -m benchmarks.document [docs/benchmarks.md]`."""

from __future__ import annotations

import io
import json
import re
import sys
from pathlib import Path

from rich.console import Console

from benchmarks import report

RUN = Path("build/bench.json")
DOCUMENT = Path("docs/benchmarks.md")
WIDTH = 110
BLOCK = re.compile(r"(?<=^## A full run\n)(.*?```\n).*?(?=^```$)", re.MULTILINE | re.DOTALL)
"""What comes before the figures stays."""


def with_tables(text: str, tables: str) -> str:
    """The document's text with these tables in place of those of another run. Raises ValueError if it has none."""
    found, count = BLOCK.subn(lambda match: match[1] + tables, text)
    if count != 1:
        raise ValueError("no block of figures below `## A full run`")
    return found


def tables(run: Path = RUN) -> str:
    """What the run printed, whose figures this file holds."""
    printed = io.StringIO()
    report.show(json.loads(run.read_text()), Console(file=printed, width=WIDTH))
    return "".join(f"{line.rstrip()}\n" for line in printed.getvalue().splitlines())


def main() -> None:
    """Write them. Ends with an error where there was no run."""
    document = Path(sys.argv[1]) if len(sys.argv) > 1 else DOCUMENT
    if not RUN.exists():
        sys.exit(f"{RUN} is missing: run make bench first")
    document.write_text(with_tables(document.read_text(encoding="utf-8"), tables()), encoding="utf-8")


if __name__ == "__main__":
    main()
