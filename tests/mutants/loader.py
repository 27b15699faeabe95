"""Has a process import some modules as a mutant has them, in place of those that are on disk.

RELAY_MUTANT names a folder with the changed files, under their paths in the project. A process that finds it in its
environment installs the loader when it starts (`startup/sitecustomize.py`). What was loaded from there is noted in the
folder, one path a line: so is known what a test ran on.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.readers import MultiplexedPath
from importlib.resources.abc import TraversableResources
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

VARIABLE = "RELAY_MUTANT"
LOADED = "loaded"
"""The file in the folder that says what was loaded."""
PROJECT = Path(__file__).parents[2]


class MutantFinder(MetaPathFinder):
    """Finds the modules of the folder, and those packages of which it holds other files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        # Asked for once: every import of the process comes through here.
        self._files = {path.relative_to(folder).as_posix() for path in folder.rglob("*.*")}
        self._with_other_files = {Path(file).parent.as_posix() for file in self._files if not file.endswith(".py")}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """See importlib. None: the module is as it is on disk."""
        name = fullname.replace(".", "/")
        if f"{name}.py" in self._files:
            return self._spec(fullname, f"{name}.py", None)
        if name in self._with_other_files:
            return self._spec(fullname, f"{name}/__init__.py", [str(PROJECT / name)])
        return None

    def _spec(self, fullname: str, file: str, places: list[str] | None) -> ModuleSpec | None:
        changed = file if file in self._files else None
        loader = _Loader(fullname, self._folder, changed or file, is_changed=changed is not None)
        return spec_from_file_location(fullname, PROJECT / file, loader=loader, submodule_search_locations=places)


class _Loader(SourceFileLoader):
    """Loads the file of the folder, and says that the module is the project's."""

    def __init__(self, fullname: str, folder: Path, file: str, *, is_changed: bool) -> None:
        super().__init__(fullname, str((folder if is_changed else PROJECT) / file))
        self._folder = folder
        self._file = file
        self._is_changed = is_changed

    def get_code(self, fullname: str) -> CodeType | None:
        """Compiled anew: what is compiled on disk is not the mutant."""
        if not self._is_changed:
            return super().get_code(fullname)
        _note(self._folder, self._file)
        code: CodeType = self.source_to_code(self.get_data(self.path), self.path)
        return code

    def get_resource_reader(self, name: str) -> TraversableResources:  # type: ignore[override] # typeshed: FileLoader's
        """The package's other files: those of the folder come first."""
        return _Resources(self._folder, Path(self._file).parent)


class _Resources(TraversableResources):
    def __init__(self, folder: Path, package: Path) -> None:
        self._folder = folder
        self._package = package

    def files(self) -> Any:
        mine = self._folder / self._package
        for path in mine.iterdir():
            if path.suffix != ".py":
                _note(self._folder, (self._package / path.name).as_posix())
        return MultiplexedPath(mine, PROJECT / self._package)


def _note(folder: Path, file: str) -> None:
    with (folder / LOADED).open("a", encoding="utf-8") as loaded:
        loaded.write(f"{file}\n")


def install() -> None:
    """From now on this process imports the mutant, where its environment names one."""
    if folder := os.environ.get(VARIABLE):
        sys.meta_path.insert(0, MutantFinder(Path(folder)))
