"""The page docs/modules.md: every module of what is shipped, with the first sentence of its docstring.

python scripts/module_index.py            # writes it
python scripts/module_index.py --check    # ends with exit code 1 when the page is not what the code says
"""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
PAGE = PROJECT / "docs/modules.md"
SHIPPED = ("common", "migrations", "relay")
HEAD = """# Modules

Every module of what is shipped, with what it says of itself. Written by `python scripts/module_index.py`.
"""


def page() -> str:
    """A heading a folder, a line a module."""
    folders = sorted({path.parent for top in SHIPPED for path in (PROJECT / top).rglob("*.py")})
    return "\n".join([HEAD, *(_section(folder) for folder in folders)])


def _section(folder: Path) -> str:
    modules = sorted(path for path in folder.glob("*.py") if path.name != "__init__.py")
    lines = [f"## {folder.relative_to(PROJECT)}", _sentence(folder / "__init__.py"), ""]
    lines += [f"- `{path.name}`: {_sentence(path)}" for path in modules]
    return "\n".join(lines).rstrip("\n") + "\n"


def _sentence(path: Path) -> str:
    """The first sentence of a module's docstring, on one line; empty for a folder that is no package."""
    if not path.exists():
        return ""
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    paragraph = " ".join(docstring.split("\n\n")[0].split())
    return re.split(r"(?<=\.) (?=[A-Z])", paragraph)[0]


def main() -> int:
    """0; with `--check` 1 when the page is another."""
    if "--check" in sys.argv[1:]:
        return int(PAGE.read_text(encoding="utf-8") != page())
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
