"""A PostgreSQL of the benchmarks' own, for the peer that keeps its outbox in one."""

from __future__ import annotations

import os
import pwd
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from sandbox.processes import Child, ChildError, NotReadyError, stop_all
from sandbox.waiting import WaitTimeoutError, wait_until

USER = "bench"
DATABASE = "postgres"
DEBIAN = Path("/usr/lib/postgresql")
INITDB_SECONDS = 60.0
READY_SECONDS = 30.0
READY = "database system is ready to accept connections"
UNPRIVILEGED = ("postgres", "nobody")
"""PostgreSQL refuses to run as root, so it is started as the first of these that there is."""


def find_binaries(debian: Path = DEBIAN) -> Path | None:
    """The folder with initdb and postgres: the newest that Debian's packages left, else that of the PATH, else None."""
    versions = sorted(debian.glob("*/bin/initdb"), key=lambda program: _number(program.parent.parent.name))
    found = versions[-1] if versions else shutil.which("initdb")
    return None if found is None else Path(found).resolve().parent


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))


@contextmanager
def running(binaries: Path) -> Iterator[Path]:
    """A new cluster, until the block is left; gives the folder of its socket, on which `USER` needs no password.

    Nobody else reaches it: the folder is its user's alone, and it listens on no port. Its settings are PostgreSQL's
    own, the durable ones above all: fsync, synchronous_commit and full_page_writes are on.

    Raises ChildError when it does not start.
    """
    with TemporaryDirectory(prefix="bench-postgres-") as name:
        folder = Path(name)
        prefix = _as_unprivileged(folder)
        _make_cluster(binaries, folder, prefix)
        command = [*prefix, str(binaries / "postgres"), "-D", str(folder / "data"), "-k", name]
        child = Child.start(
            "postgres",
            [*command, "-c", "listen_addresses="],
            log=folder / "postgres.log",
            env=_environment(),
            cwd=folder,
        )
        try:
            _await_ready(child)
            yield folder
        finally:
            stop_all([child])


def _as_unprivileged(folder: Path) -> list[str]:
    """What a command begins with so that it does not run as root; the folder becomes that user's.

    A change of user makes Linux forget that it dies with its parent, so setpriv asks for it anew.
    """
    if os.geteuid() != 0:
        return []
    for name in UNPRIVILEGED:
        with suppress(KeyError):
            user = pwd.getpwnam(name)
            os.chown(folder, user.pw_uid, user.pw_gid)
            ids = [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
            return ["setpriv", *ids, "--pdeathsig", "KILL"]
    raise ChildError(f"PostgreSQL does not run as root, and there is none of the users {', '.join(UNPRIVILEGED)}")


def _make_cluster(binaries: Path, folder: Path, prefix: list[str]) -> None:
    command = [*prefix, str(binaries / "initdb"), "-D", str(folder / "data"), "--username", USER, "--auth=trust"]
    command += ["--encoding=UTF8", "--no-locale", "--no-sync"]
    child = Child.start("initdb", command, log=folder / "initdb.log", env=_environment(), cwd=folder)
    try:
        if child.wait(INITDB_SECONDS) != 0:
            raise ChildError(child.obituary())
    finally:
        child.kill_group()


def _environment() -> dict[str, str]:
    """Without the PG... variables, which name somebody's own server."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")}


def _await_ready(child: Child) -> None:
    """Raise ChildError when it ends, or is not ready within READY_SECONDS."""

    def is_ready() -> bool:
        child.check()
        return READY in child.log.read_text()

    try:
        wait_until(is_ready, READY_SECONDS)
    except WaitTimeoutError:
        raise NotReadyError(child, READY_SECONDS) from None
