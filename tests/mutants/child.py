"""The process in which a mutant's test runs: forked of one that has imported what no mutant changes."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest
from _pytest.fixtures import SubRequest
from sandbox.waiting import WaitTimeoutError

from tests.mutants import loader
from tests.mutants.guards import GUARDED, PROJECT

OPTIONS = (
    *("-x", "-q", "--timeout=30", f"--rootdir={PROJECT}"),
    # Plugins that these tests need; to look for others takes longer than many of them.
    *("-p", "pytest_timeout", "-p", "no:cacheprovider"),
    # Pytest's own tracebacks parse the code again: see `places.parse`.
    "--tb=native",
)
STARTUP = Path(__file__).parent / "startup"


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """What a child is to do."""

    folder: Path
    """Of the changed files; `loaded` and `output` are written into it."""
    cache: Path
    """A folder for what is compiled, which all share: of what is on disk, never of a mutant."""
    tests: tuple[str, ...]
    services: Mapping[str, str]
    """Settings of running services, with change tracking on: in the place of those that each run starts."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What pytest came to."""

    code: int
    """0: everything passed. 1: a test failed. Others: pytest's own trouble."""
    failed: tuple[str, ...]
    """The tests that failed by an assertion of their own; one that never got so far is not among them."""


def run(order: Order, answer: Connection) -> None:
    """Run the tests on the mutant, up to the first that fails, and send an Outcome."""
    output = os.open(order.folder / "output", os.O_WRONLY | os.O_CREAT)
    os.dup2(output, sys.stdout.fileno())
    os.dup2(output, sys.stderr.fileno())
    own = sorted(name for name in sys.modules if name.partition(".")[0] in GUARDED)
    assert not own, f"imported before the mutant is: {', '.join(own)}"
    _set_environment(order.folder)
    sys.pycache_prefix, sys.dont_write_bytecode = str(order.cache), False
    loader.install()
    plugin = _Plugin(order.services)
    try:
        code = int(pytest.main([*OPTIONS, *order.tests], plugins=[plugin]))
    except Exception:
        # What a test that failed has left open may raise when pytest ends.
        if not plugin.failed:
            raise
        traceback.print_exc()
        code = int(pytest.ExitCode.TESTS_FAILED)
    answer.send(Outcome(code=code, failed=tuple(plugin.failed)))


def _set_environment(folder: Path) -> None:
    """For this process and all that it starts. Nothing of the pytest that ordered it is inherited."""
    for name in [name for name in os.environ if name.startswith(("PYTEST_", "TEST_SERVERS"))]:
        del os.environ[name]
    os.environ.update(
        {
            loader.VARIABLE: str(folder),
            "PYTHONPATH": os.pathsep.join([str(STARTUP), str(PROJECT)]),
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        }
    )


class _Plugin:
    """Lends the tests services that run already, and notes which failed by an assertion."""

    def __init__(self, services: Mapping[str, str]) -> None:
        self._lent: Mapping[tuple[str, str], object] = {
            ("tests.conftest", "servers"): services,
            ("tests.conftest", "migrated"): None,
            # What a test that fails leaves behind goes with its process.
            ("sandbox.testing.plugin", "no_leaks"): None,
        }
        self.failed: list[str] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[Any], request: SubRequest) -> object:
        """Where the fixtures are those of all tests: some tests have services of their own."""
        name = (fixturedef.func.__module__, fixturedef.argname)
        if name not in self._lent:
            return None
        fixturedef.cached_result = (self._lent[name], fixturedef.cache_key(request), None)
        return True

    def pytest_exception_interact(
        self,
        node: pytest.Item | pytest.Collector,
        call: pytest.CallInfo[Any],
        report: pytest.CollectReport | pytest.TestReport,
    ) -> None:
        """How it failed, and when: in the test itself, or before it was reached."""
        in_the_test = isinstance(report, pytest.TestReport) and report.when == "call"
        if in_the_test and call.excinfo is not None and _is_assertion(call.excinfo.value):
            self.failed.append(node.nodeid)


def _is_assertion(error: BaseException) -> bool:
    """A test that was cut off for taking too long has asserted nothing."""
    if isinstance(error, pytest.fail.Exception):
        return not str(error).startswith("Timeout (>")
    return isinstance(error, AssertionError | WaitTimeoutError)
