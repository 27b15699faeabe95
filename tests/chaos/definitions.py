"""The file of sources that the relays are started with, and the one before it."""

from __future__ import annotations

from pathlib import Path

from examples.pharmacy.documents import KINDS


class Definitions:
    """Each definition has one argument more than the one before: the document's revision, once again."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "sources.toml"
        self.older_path = folder / "sources-older.toml"
        self.number = 0
        """Definitions before the present one; so many arguments more its messages have than the first one's."""
        self._write(self.path, 0)

    @property
    def has_older(self) -> bool:
        """Whether there was another one."""
        return self.number > 0

    def change(self) -> None:
        """Write another one; what was there is the older one now."""
        self._write(self.older_path, self.number)
        self.number += 1
        self._write(self.path, self.number)

    def _write(self, path: Path, number: int) -> None:
        path.write_text("".join(_entry(kind.name, kind.id_column, number) for kind in KINDS), encoding="utf-8")


def _entry(name: str, id_column: str, number: int) -> str:
    args = ", ".join(f'"{column}"' for column in (id_column, "shop_pharmacy_code", *["revision"] * number))
    return f"[sources.{name}]\nargs = [{args}]\n\n"
