"""`python -m tests.mutants [document...]`: see the package."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from tests.mutants.table import markdown, with_table


def main(documents: Sequence[str]) -> None:
    """Rewrite the table in each document that is named; without any, print it."""
    if not documents:
        print(markdown())
    for path in map(Path, documents):
        path.write_text(with_table(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
