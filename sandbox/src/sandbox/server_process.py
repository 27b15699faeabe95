"""What the stand-ins have in common as separate processes: an address, a password that nobody sees, and an end."""

from __future__ import annotations

import argparse
import os
import signal
import threading


def server_parser(program: str, description: str | None) -> argparse.ArgumentParser:
    """A parser with the options of every stand-in: --host and --port."""
    parser = argparse.ArgumentParser(prog=f"python -m {program}", description=description)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    return parser


def password_in(variable: str) -> str:
    """The password in this environment variable: arguments are seen by every user of the machine.

    SystemExit, which names the variable, when it is empty.
    """
    password = os.environ.get(variable)
    if not password:
        raise SystemExit(f"The environment variable {variable} is empty: put the password there")
    return password


def stopped_by_signal() -> threading.Event:
    """An event that SIGTERM or SIGINT sets. For the main thread: no other one handles signals."""
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    return stopped
