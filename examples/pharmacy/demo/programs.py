"""The programs of the demonstration, each a process of its own, as in real life."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from celery import Celery
from sandbox.processes import Child, ChildDiedError, NotReadyError, stop_all
from sandbox.waiting import WaitTimeoutError, wait_until

from common.config import Settings
from examples.pharmacy.documents import KINDS, DocumentKind
from examples.pharmacy.worker_service import APPS, RECORD_VARIABLE

PROJECT = Path(__file__).parents[3]
MONGO_DATABASE = "demo"
MIGRATION_SECONDS = 60.0
START_SECONDS = 60.0
DRAIN_SECONDS = 10.0


@dataclass(frozen=True, kw_only=True)
class Workshop:
    """The folder and the environment in which the programs run."""

    folder: Path
    environment: Mapping[str, str]

    @property
    def ledger(self) -> Path:
        """Where the pharmacies note what they have handed in."""
        return self.folder / "hand-ins.jsonl"

    def record(self, kind: DocumentKind) -> Path:
        """Where that kind's worker service notes what it has handled."""
        return self.folder / f"handled-{kind.name}.jsonl"

    def start(self, name: str, *command: str, **environment: str) -> Child:
        """Start `python -m command` in the folder, so that no `.env` of the developer's gets into it."""
        return Child.start(
            name,
            [sys.executable, "-m", *command],
            log=self.folder / f"{name}.log",
            env={**self.environment, **environment},
            cwd=self.folder,
        )


def environment(settings: Mapping[str, str], *, scan_interval: float) -> dict[str, str]:
    """This process's environment without any setting of relay's, and then those of the demonstration."""
    rest = {name: value for name, value in os.environ.items() if name not in Settings.model_fields}
    return {
        **rest,
        "MONGO_DB_NAME": MONGO_DATABASE,
        **settings,
        "RELAY_SCAN_INTERVAL": str(scan_interval),
        "PYTHONPATH": os.pathsep.join(filter(None, [str(PROJECT), rest.get("PYTHONPATH")])),
    }


def migrate(workshop: Workshop) -> None:
    """`alembic upgrade head`. Raises ChildDiedError with its output when it fails."""
    child = workshop.start("alembic", "alembic", "upgrade", "head")
    try:
        code = child.wait(MIGRATION_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill_group()
        raise ChildDiedError(f"the migration took over {MIGRATION_SECONDS:.0f} s. Its log:\n{child.tail()}") from None
    if code != 0:
        raise ChildDiedError(child.obituary())


@contextmanager
def relay_and_services(workshop: Workshop) -> Iterator[list[Child]]:
    """Relay (worker and beat in one) and the three worker services, until the block is left."""
    children: list[Child] = []
    try:
        children += [_start_service(workshop, kind) for kind in KINDS]
        relay = ["celery", "-A", "relay.celery_app", "worker", "--beat", "-n", "relay@demo"]
        children.append(workshop.start("relay", *relay))
        yield children
    finally:
        stop_all(children)


def await_services(workshop: Workshop, children: list[Child]) -> None:
    """Wait until all three worker services answer a ping over the broker.

    Raises ChildDiedError when a program ends meanwhile, NotReadyError when one does not answer in START_SECONDS.
    """
    wanted = {f"{kind.name}@demo" for kind in KINDS}
    with Celery(broker=_broker(workshop), set_as_current=False) as app:

        def all_answer() -> bool:
            for child in children:
                child.check()
            answers = app.control.ping(destination=sorted(wanted), timeout=1.0, limit=len(wanted))
            return wanted <= {name for answer in answers or [] for name in answer}

        try:
            wait_until(all_answer, START_SECONDS)
        except WaitTimeoutError:
            problem = "or another worker service does not answer"
            raise NotReadyError(children[0], START_SECONDS, problem) from None


@contextmanager
def pharmacies(workshop: Workshop, *, per_second: float) -> Iterator[Child]:
    """The simulated pharmacies; at the end each finishes what it is doing."""
    command = ["examples.pharmacy", "pharmacies", "--ledger", str(workshop.ledger), "--rate", str(per_second)]
    child = workshop.start("pharmacies", *command)
    try:
        yield child
    finally:
        stop_all([child], seconds=DRAIN_SECONDS)


def _start_service(workshop: Workshop, kind: DocumentKind) -> Child:
    app = f"examples.pharmacy.worker_service:{APPS[kind.name]}"
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    worker = ["worker", "--pool", "solo", "-n", f"{kind.name}@demo", "--loglevel", "INFO", *quiet]
    record = {RECORD_VARIABLE: str(workshop.record(kind))}
    return workshop.start(f"{kind.name}-service", "celery", "-A", app, "-b", _broker(workshop), *worker, **record)


def _broker(workshop: Workshop) -> str:
    return f"redis://{workshop.environment['REDIS_HOST']}:{workshop.environment['REDIS_PORT']}/0"
