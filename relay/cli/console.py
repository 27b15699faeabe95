"""Standard output, for tables."""

from __future__ import annotations

from rich.console import Console

console = Console()
