"""Standard streams as shells and supervisors leave them: full, unread, closed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

RELAY = [sys.executable, "-c", "from relay.cli import main; main()"]
NUMBERS = """
import socket, sys
from relay.standard_streams import open_closed_streams
open_closed_streams()
with socket.socket() as one:
    if one.fileno() < 3 or None in (sys.stdin, sys.stdout, sys.stderr):
        raise SystemExit(9)
print("out", flush=True)
print("err", file=sys.stderr, flush=True)
"""


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_full_disk_is_one_line_and_no_outage(unbuffered: str) -> None:
    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run(
            [*RELAY, "--help"],
            stdout=full,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
            check=False,
        )
    assert ended.stderr.decode() == "relay: standard output cannot be written: No space left on device\n"
    assert ended.returncode == 2


def test_an_output_that_nobody_reads_ends_in_silence() -> None:
    read, write = os.pipe()
    os.close(read)
    ended = subprocess.run([*RELAY, "--version"], stdout=write, stderr=subprocess.PIPE, check=False)
    os.close(write)
    assert (ended.stderr, ended.returncode) == (b"", 1)


@pytest.mark.parametrize("closed", ["0<&-", "1>&-", "2>&-", "0<&- 1>&- 2>&-"])
def test_nothing_takes_the_place_of_a_closed_stream(closed: str) -> None:
    started = subprocess.run(
        ["bash", "-c", f'exec "$0" -c "$1" {closed}', sys.executable, NUMBERS], capture_output=True, check=False
    )
    assert started.returncode == 0, started
    assert b"Traceback" not in started.stderr
