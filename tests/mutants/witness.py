"""A plugin for the pytest that runs in a copy: it writes down which code was tested and how each test failed.

One JSON object a line, into the file that RELAY_WITNESS names.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from sandbox.waiting import WaitTimeoutError

import common
import migrations
import relay

VARIABLE = "RELAY_WITNESS"


def pytest_collection_finish() -> None:
    """Which code it is, once all tests are imported."""
    _write(tested=[common.__file__, relay.__file__, migrations.__file__])


def pytest_exception_interact(
    node: pytest.Item | pytest.Collector, call: pytest.CallInfo[Any], report: pytest.CollectReport | pytest.TestReport
) -> None:
    """How it failed, and when: in the test itself, or before it was reached."""
    if call.excinfo is not None:
        in_the_test = isinstance(report, pytest.TestReport) and report.when == "call"
        said = isinstance(call.excinfo.value, AssertionError | WaitTimeoutError | pytest.fail.Exception)
        _write(failed=node.nodeid, by_assertion=in_the_test and said)


def _write(**said: object) -> None:
    with Path(os.environ[VARIABLE]).open("a", encoding="utf-8") as file:
        file.write(json.dumps(said) + "\n")
