"""The engine of the SQL Server stand-in: T-SQL on SQLite, with change tracking.

A batch is run in `execution`, which has it read by `parser`, translated by `translate` and planned by `dml` or done by
`ddl`; below are `transactions`, `rights`, `locking`, `change_tracking`, and the files in `sqlite`. Which room may know
which stands in `sandbox/.importlinter`.
"""

from __future__ import annotations

import pathlib

from sandbox.sqlserver.engine.engine import SqlEngine
from sandbox.sqlserver.engine.instance import Instance


def open_engine(data: pathlib.Path, *, user: str, password: str, database: str) -> SqlEngine:
    """The engine over the files in `data`, made if they are not there: `master` and the named database.

    Committed work survives the process being killed. One process at a time may open a directory.
    """
    return SqlEngine(Instance(data, database, user=user, password=password))


__all__ = ["SqlEngine", "open_engine"]
