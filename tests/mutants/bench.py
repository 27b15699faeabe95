"""A copy of the code on which something is taken out, and the tests that run on the copy."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sandbox.testing.servers import KIND_VARIABLE

from tests.mutants.mutant import Cut
from tests.mutants.witness import VARIABLE

PROJECT = Path(__file__).parents[2]
COPIED = ("relay", "common", "migrations", "tests")
LINKED = ("sandbox", "examples", "pyproject.toml")
PYTEST = (
    *(sys.executable, "-m", "pytest", "-x", "-q", "-n", "0", "--timeout=30"),
    # Hypothesis takes as long to import as everything else, and none of these tests uses it.
    *("-p", "no:cacheprovider", "-p", "no:hypothesispytest", "-p", "tests.mutants.witness"),
    # pytest's own tracebacks parse the code again, in which CPython 3.11.7 fails now and then when the garbage
    # collector comes in between ("AST constructor recursion depth mismatch").
    "--tb=native",
)
SECONDS = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What pytest, run on a copy, came to."""

    code: int
    """0: everything passed. 1: a test failed. Others: pytest's own trouble."""
    failed: Sequence[str]
    """The tests that failed by an assertion of their own; one that never got so far is not among them."""
    said: str


def make_copy(folder: Path, cuts: Sequence[Cut] = ()) -> Path:
    """The code in this folder, with the cuts. Raises GuardMovedError."""
    for name in COPIED:
        # With the compiled files, which are good as long as the times stay: compiling takes longer than the tests.
        shutil.copytree(PROJECT / name, folder / name)
    for name in LINKED:
        (folder / name).symlink_to(PROJECT / name)
    for cut in cuts:
        cut.apply(folder)
    return folder


def run_tests(copy: Path, tests: Sequence[str]) -> Verdict:
    """Run these tests on the copy, up to the first that fails. AssertionError when they ran on anything else."""
    witness = copy / "witness"
    done = subprocess.run(
        [*PYTEST, *tests],
        cwd=copy,
        env=_environment(copy, witness),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    told = [json.loads(line) for line in witness.read_text(encoding="utf-8").splitlines()] if witness.exists() else []
    for file in (file for line in told for file in line.get("tested", ())):
        assert Path(file).is_relative_to(copy), f"the tests ran on {file}"
    failed = [line["failed"] for line in told if line.get("by_assertion")]
    return Verdict(code=done.returncode, failed=failed, said=done.stdout + done.stderr)


def _environment(copy: Path, witness: Path) -> dict[str, str]:
    """The copy goes before the installed code; nothing of the pytest that runs this one is inherited."""
    rest = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    # Whether a test can fail does not depend on whose servers it uses, and the sandbox's are there at once.
    return {**rest, "PYTHONPATH": str(copy), VARIABLE: str(witness), KIND_VARIABLE: "sandbox"}
