"""What the end of a scan says of a trouble told before. In a process of its own: Celery's app is one for all."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from relay.cycle.outcomes import Outcome

SCANS = """
import sys
from types import SimpleNamespace
from relay import tasks
from relay.cycle.outcomes import CycleReport, Outcome
from relay.sources.builtin import SALE
from tests.support.stage import SilentLog

tasks.this_process = lambda app: SimpleNamespace(ports=SimpleNamespace(log=SilentLog()))
tasks.find_source = lambda name: SALE
tasks.scan = lambda relay, source: [CycleReport(source="sale", outcome=Outcome[sys.argv[1]])]
tasks.incidents.begin("scan_source:sale", "sql_server")
tasks.scan_source("sale")
print("over" if tasks.incidents.end("scan_source:sale") is None else "still away")
"""
IDLE = """
from types import SimpleNamespace
from common.database.records import Checkpoint
from relay import tasks
from relay.operations.idle import Seen
from relay.sources.builtin import SALE

SEEN = [Seen(source=SALE, state=None, checkpoint=Checkpoint(), is_idle=True)]
tasks.this_process = lambda app: SimpleNamespace(settings=SimpleNamespace(RELAY_LINGER_SECONDS=10.0))
tasks.see = lambda relay, sources, renewing: SEEN
tasks.incidents.begin("scan_source:sale", "sql_server")
tasks.scan_and_dispatch()
print("over" if tasks.incidents.end("scan_source:sale") is None else "still away")
"""
NOBODYS = {
    "MSSQL_SERVER": "none",
    "MSSQL_DATABASE": "none",
    "MSSQL_USER": "none",
    "MSSQL_PASSWORD": "none",
    "MONGO_URI": "mongodb://none",
    "RELAY_LOG_LEVEL": "ERROR",
}


def _after_a_scan_that_ends(outcome: Outcome) -> str:
    return _last_word(SCANS, outcome.name)


def _last_word(program: str, *arguments: str) -> str:
    command = [sys.executable, "-c", program, *arguments]
    done = subprocess.run(command, env={**os.environ, **NOBODYS}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1]


def test_a_scan_that_finds_the_lease_taken_does_not_say_that_it_is_over() -> None:
    assert _after_a_scan_that_ends(Outcome.HELD) == "still away"


@pytest.mark.parametrize("outcome", [Outcome.DONE, Outcome.STOPPED, Outcome.QUEUE_FULL])
def test_any_other_end_of_a_scan_says_that_it_is_over(outcome: Outcome) -> None:
    assert _after_a_scan_that_ends(outcome) == "over"


def test_a_source_with_nothing_to_do_says_that_it_is_over() -> None:
    """outage: what ended while nothing waited was not said when it came again."""
    assert _last_word(IDLE) == "over"
