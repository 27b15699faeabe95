"""A pytest plugin: no test may leave a password, or an argument of a row, in what is logged and printed.

Looked through after each test: what it printed and logged, what processes that it ran said, and the logs of those that
it started in its `tmp_path`.
"""

from __future__ import annotations

import logging
import os
import subprocess
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from common.error_text import traceback_text
from common.logging import WithoutValues
from tests.support.canaries import hits

SHOWS_ROWS = "--dry-run"
"""What is typed for the one command that is meant to show rows."""

_said: list[str] = []
"""By processes that ended, and what was captured and read, within the test that runs now."""
_communicate = subprocess.Popen.communicate
_readouterr = pytest.CaptureFixture.readouterr


def pytest_configure() -> None:
    """From now on what each process says that ends is kept until its test is over; so is what a test reads by capsys,
    which pytest forgets."""
    subprocess.Popen.communicate = _listening_communicate  # type: ignore[method-assign, assignment]
    pytest.CaptureFixture.readouterr = _listening_readouterr  # type: ignore[method-assign, assignment]
    logging.getLogger().addHandler(_Listener())


def pytest_unconfigure() -> None:
    """Undo that."""
    subprocess.Popen.communicate = _communicate  # type: ignore[method-assign]
    pytest.CaptureFixture.readouterr = _readouterr  # type: ignore[method-assign]


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


def _listening_communicate(process: subprocess.Popen[Any], *args: Any, **named: Any) -> tuple[Any, Any]:
    """As `Popen.communicate`, which `subprocess.run` and its like call, too."""
    try:
        out, err = _communicate(process, *args, **named)
    except subprocess.TimeoutExpired as error:
        _keep(process.args, error.output, error.stderr)
        raise
    _keep(process.args, out, err)
    return out, err


def _listening_readouterr(fixture: pytest.CaptureFixture[Any]) -> Any:
    captured = _readouterr(fixture)
    _said.extend(_text(said) for said in captured)
    return captured


def _keep(command: Any, *said: str | bytes | None) -> None:
    if SHOWS_ROWS not in command:
        _said.extend(map(_text, said))


def _text(said: str | bytes | None) -> str:
    return said if isinstance(said, str) else os.fsdecode(said or b"")


def _logs(item: pytest.Item) -> Iterator[str]:
    folder = getattr(item, "funcargs", {}).get("tmp_path")
    if isinstance(folder, Path):
        for log in folder.rglob("*.log"):
            yield log.read_text(encoding="utf-8", errors="replace")
