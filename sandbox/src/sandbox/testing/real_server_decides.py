"""Questions that the documentation leaves open: `@pytest.mark.real_server_decides`.

The stand-in has an answer of its own to each. Against it such a test only reports, and cannot fail for that answer;
against a real server it fails where the real answer is another, for then the stand-in is to be changed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pyodbc
import pytest

STAND_IN = "sandbox stand-in"
"""What @@VERSION of the stand-in holds."""
REFUSED = 40000
"""The stand-in's number for what it does not know: it has no answer that a real one could contradict."""


@dataclass(frozen=True, kw_only=True)
class Decision:
    """One question, with the answer that the stand-in was given and the one that this server gave."""

    question: str
    assumed: object
    answer: object

    def __str__(self) -> str:
        agreed = "as the stand-in has it" if self.answer == self.assumed else f"the stand-in has {self.assumed!r}"
        return f"{self.question}: {self.answer!r} ({agreed})"


Decide = Callable[[pyodbc.Connection, str, object, object], None]
"""(connection, question, what the stand-in was given as the answer, this server's answer)"""


@pytest.fixture
def decide(request: pytest.FixtureRequest) -> Decide:
    """Report an answer; on a real server hold the stand-in to it."""

    def report(connection: pyodbc.Connection, question: str, assumed: object, answer: object) -> None:
        decision = Decision(question=question, assumed=assumed, answer=answer)
        real = STAND_IN not in connection.execute("SELECT @@VERSION").fetchval()
        request.node.user_properties.append(("decided by", "a real server" if real else "the stand-in"))
        request.node.user_properties.append(("decision", str(decision)))
        assert not real or assumed in (answer, REFUSED), str(decision)

    return report


@pytest.hookimpl
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print every answer, and who gave it."""
    told = [
        dict(report.user_properties)
        for reports in terminalreporter.stats.values()
        for report in reports
        if isinstance(report, pytest.TestReport) and report.when == "call"
    ]
    decided = [properties for properties in told if "decision" in properties]
    if decided:
        terminalreporter.section("what a real server decides")
        for properties in decided:
            terminalreporter.line(f"{properties['decided by']}: {properties['decision']}")
