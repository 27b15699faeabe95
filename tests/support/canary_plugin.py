"""A pytest plugin: no test may leave a password, or an argument of a row, in what is logged and printed.

Looked through after each test: what it printed and logged, what processes that it ran said, and the logs of those that
it started in its `tmp_path`.
"""

from __future__ import annotations

import logging
import os
import subprocess
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from common.error_text import traceback_text
from common.logging import WithoutValues
from tests.support.canaries import hits

SHOWS_ROWS = "--dry-run"
"""What is typed for the one command that is meant to show rows."""

_said: list[str] = []
"""By processes that ended within the test that runs now."""
_run = subprocess.run


def pytest_configure() -> None:
    """From now on what each process says that ends is kept until its test is over."""
    subprocess.run = _listening_run
    logging.getLogger().addHandler(_Listener())


def pytest_unconfigure() -> None:
    """Undo that."""
    subprocess.run = _run


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[Any]) -> Generator[None, Any, Any]:
    """Fail a test, when all of it is over, that has left a canary anywhere."""
    report: Any = yield
    if call.when == "teardown":
        # Not what pytest itself makes of a record that is logged: `_Listener` has heard it.
        printed = [content for _, kind, content in item._report_sections if kind != "log"]
        if found := hits([*printed, *_said, *_logs(item)]):
            report.outcome = "failed"
            report.longrepr = "a password or an argument of a row was logged or printed:\n" + "\n".join(found)
        _said.clear()
    return report


class _Listener(logging.Handler):
    """Hears what is logged in this process, also while a test captures its own output, in the words of relay's log."""

    def __init__(self) -> None:
        super().__init__()
        self.addFilter(WithoutValues())

    def emit(self, record: logging.LogRecord) -> None:
        _said.append(record.getMessage())
        if record.exc_info and record.exc_info[1] is not None:
            _said.append(traceback_text(record.exc_info[1]))


def _listening_run(*args: Any, **named: Any) -> Any:
    command = args[0] if args else named.get("args", ())
    try:
        done = _run(*args, **named)
    except subprocess.SubprocessError as error:
        _keep(command, error)
        raise
    _keep(command, done)
    return done


def _keep(command: Sequence[Any], ended: Any) -> None:
    if SHOWS_ROWS not in command:
        for said in (getattr(ended, "stdout", None), getattr(ended, "stderr", None)):
            _said.append(said if isinstance(said, str) else os.fsdecode(said or b""))


def _logs(item: pytest.Item) -> Iterator[str]:
    folder = getattr(item, "funcargs", {}).get("tmp_path")
    if isinstance(folder, Path):
        for log in folder.rglob("*.log"):
            yield log.read_text(encoding="utf-8", errors="replace")
