"""Runs tests on mutants, each in a process of its own that need not import what no mutant changes."""

from __future__ import annotations

import multiprocessing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from pathlib import Path

from tests.mutants import loader
from tests.mutants.child import Order, Outcome, run


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What the tests came to on a mutant."""

    code: int | None
    """Pytest's; None: it did not get so far."""
    failed: Sequence[str]
    """The tests that failed by an assertion of their own."""
    output: str


class Bench:
    """One that forks, and the services that it lends to one run after the other."""

    def __init__(self, services: Mapping[str, str], *, cache: Path) -> None:
        """`services`: relay's settings for them; change tracking is on. `cache`: an empty folder."""
        self._services = dict(services)
        self._cache = cache
        self._context: ForkServerContext = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["tests.mutants.preload"])
        # It stays until this process ends, so that no test is taken to have left it behind.
        forkserver.ensure_running()

    def run(self, files: Mapping[str, str], tests: Sequence[str], *, folder: Path, seconds: float) -> Verdict:
        """Run these tests, up to the first that fails, where these files are in the place of the project's.

        `folder`: empty. AssertionError when a file was never loaded: the tests say nothing then.
        """
        for file, text in files.items():
            path = folder / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        order = Order(folder=folder, cache=self._cache, tests=tuple(tests), services=self._services)
        outcome = self._outcome(order, seconds)
        output = (folder / "output").read_text(encoding="utf-8", errors="replace")
        loaded = folder / loader.LOADED
        missing = files.keys() - set(loaded.read_text(encoding="utf-8").splitlines() if loaded.exists() else ())
        assert not missing, f"never loaded: {', '.join(sorted(missing))}\n{output}"
        if outcome is None:
            return Verdict(
                code=None, failed=(), output=f"it ended without an outcome, or had none after {seconds:.0f} s\n{output}"
            )
        return Verdict(code=outcome.code, failed=outcome.failed, output=output)

    def _outcome(self, order: Order, seconds: float) -> Outcome | None:
        answer, child_end = self._context.Pipe(duplex=False)
        child = self._context.Process(target=run, args=(order, child_end))
        child.start()
        child_end.close()
        try:
            return _received(answer, seconds)
        finally:
            # What it does at its end does not take long.
            child.join(10)
            child.kill()
            child.join()
            answer.close()


def _received(answer: Connection, seconds: float) -> Outcome | None:
    """None: it ended, or hangs, without one."""
    try:
        if answer.poll(seconds):
            outcome: Outcome = answer.recv()
            return outcome
    except EOFError:
        pass
    return None
