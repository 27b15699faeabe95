"""The course of the demonstration."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from sandbox import stack
from sandbox.processes import Child, ChildDiedError, NotReadyError
from sandbox.stack import Stack, StackOptions
from sandbox.waiting import WaitTimeoutError, wait_until

from examples.pharmacy.demo import display, programs
from examples.pharmacy.demo.display import Display
from examples.pharmacy.demo.observer import Observer
from examples.pharmacy.demo.programs import Workshop
from examples.pharmacy.demo.verdict import Verdict
from examples.pharmacy.documents import KINDS
from examples.pharmacy.schema import TABLES

ACTIONS_PER_SECOND = 80.0
"""What all pharmacies do together; some three quarters of it hand something in."""
LOOK_SECONDS = 0.5
LAST_SECONDS = 3.0
"""The pharmacies stop this long before the end, so that the last documents arrive in time."""
SETTLE_SECONDS = 30.0
"""Longest wait for the last documents."""
QUIET_SCANS = 2.0
"""Scans to wait for at the end: something sent twice would show."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DemoOptions:
    """How the demonstration was asked to be."""

    seconds: float = 30.0
    scan_interval: float = 1.0
    quiet: bool = False
    svg: Path | None = None
    """Keep the last picture there."""


def demo(options: DemoOptions) -> Verdict:
    """Start everything, let documents flow for a while, and say what became of them.

    Raises ServiceError when something cannot be started here, ChildError when a program does not do what it should.
    """
    with (
        display.chosen(quiet=options.quiet, svg=options.svg) as screen,
        TemporaryDirectory(prefix="relay-demo-", ignore_cleanup_errors=True) as folder,
    ):
        screen.say("starting SQL Server (stand-in), MongoDB (stand-in) and Redis")
        with stack.running(StackOptions(init=[TABLES])) as services:
            environment = programs.environment(services.settings, scan_interval=options.scan_interval)
            workshop = Workshop(folder=Path(folder), environment=environment)
            screen.say("alembic upgrade head")
            programs.migrate(workshop)
            return _play(workshop, services, options, screen)


def _play(workshop: Workshop, services: Stack, options: DemoOptions, screen: Display) -> Verdict:
    screen.say("starting relay (celery worker with beat) and three worker services")
    with programs.relay_and_services(workshop) as children, Observer(workshop) as observer:
        programs.await_services(workshop, children)
        _await_relay(observer, children)
        screen.say("pharmacies begin to write")
        watched = [*services.children.values(), *children]
        _let_flow(workshop, observer, watched, options, screen)
        _settle(observer, watched, options, screen)
        observer.look_at_all()
        screen.show(observer, phase="done")
        return observer.verdict()


def _await_relay(observer: Observer, children: list[Child]) -> None:
    """Wait until relay has scanned every table once: its start is not what is measured."""
    wanted = {kind.name for kind in KINDS}

    def has_scanned() -> bool:
        _check(children)
        return wanted <= observer.scanned()

    try:
        wait_until(has_scanned, programs.START_SECONDS)
    except WaitTimeoutError:
        raise NotReadyError(children[-1], programs.START_SECONDS, "has not scanned every table") from None


def _let_flow(
    workshop: Workshop, observer: Observer, watched: list[Child], options: DemoOptions, screen: Display
) -> None:
    end = time.monotonic() + max(options.seconds - LAST_SECONDS, options.seconds / 2)
    with programs.pharmacies(workshop, per_second=ACTIONS_PER_SECOND) as writers:
        while (left := end - time.monotonic()) > 0:
            _check([*watched, writers])
            observer.look()
            screen.show(observer, phase=f"documents flow, {left:.0f} s left")
            time.sleep(min(LOOK_SECONDS, left))
    if writers.exit_code != 0:
        raise ChildDiedError(writers.obituary())


def _settle(observer: Observer, watched: list[Child], options: DemoOptions, screen: Display) -> None:
    """Wait until everything arrived, within limits; then a little longer, for what should not arrive."""

    def arrived() -> bool:
        _check(watched)
        observer.look()
        screen.show(observer, phase="the last documents arrive")
        return observer.everything_arrived()

    # What has not arrived by then the verdict calls lost.
    with suppress(WaitTimeoutError):
        wait_until(arrived, SETTLE_SECONDS, every=LOOK_SECONDS / 2)
    time.sleep(QUIET_SCANS * options.scan_interval)


def _check(children: list[Child]) -> None:
    for child in children:
        child.check()
