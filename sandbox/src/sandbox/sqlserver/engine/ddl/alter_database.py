"""ALTER DATABASE ... SET."""

from __future__ import annotations

from sandbox.sqlserver.contract import SqlError
from sandbox.sqlserver.engine.catalog.store import load_settings, touch, write_meta
from sandbox.sqlserver.engine.ddl.work import Work
from sandbox.sqlserver.engine.parser.definition_statements import SetDatabaseOption, TrackDatabase

_SYSTEM_DATABASES = frozenset({"master", "model", "msdb", "tempdb"})
_OPTION_KEYS = {
    "ALLOW_SNAPSHOT_ISOLATION": "snapshot_allowed",
    "READ_COMMITTED_SNAPSHOT": "read_committed_snapshot",
}


def track_database(work: Work, statement: TrackDatabase) -> None:
    """SET CHANGE_TRACKING. Raises 5088, 5089, 5090 or 22115. The version counter survives OFF and ON."""
    name = work.database.name
    if name in _SYSTEM_DATABASES:
        text = (
            f"Database '{name}' is a system database. Change tracking settings cannot be modified for system databases."
        )
        raise SqlError(5090, text)
    raw = work.connection.raw
    enabled = load_settings(raw).tracking
    if statement.state and enabled:
        raise SqlError(5088, f"Change tracking is already enabled for database '{name}'.")
    if not statement.state and not enabled:
        text = f"Change tracking is disabled for database '{name}'. Change tracking must be enabled on a database to "
        raise SqlError(5089, f"{text}modify change tracking settings.", state=1 if statement.state is None else 2)
    if statement.state is False:
        _check_no_tables(work)
        write_meta(raw, "tracking", 0)
        touch(raw)
        return
    if statement.state:
        for key, value in (("tracking", 1), ("retention", 2), ("retention_unit", "DAYS"), ("auto_cleanup", 1)):
            write_meta(raw, key, value)
    if statement.retention is not None:
        write_meta(raw, "retention", statement.retention[0])
        write_meta(raw, "retention_unit", statement.retention[1])
    if statement.auto_cleanup is not None:
        write_meta(raw, "auto_cleanup", int(statement.auto_cleanup))
    touch(raw)


def _check_no_tables(work: Work) -> None:
    if work.connection.run("SELECT 1 FROM _tracking LIMIT 1").fetchone() is None:
        return
    text = (
        f"Change tracking is enabled for one or more tables in database '{work.database.name}'. "
        "Disable change tracking on each table before disabling it for the database. "
        "Use the sys.change_tracking_tables catalog view to obtain a list of tables for which change tracking is "
        "enabled."
    )
    raise SqlError(22115, text)


def set_database_option(work: Work, statement: SetDatabaseOption) -> None:
    """SET ALLOW_SNAPSHOT_ISOLATION or READ_COMMITTED_SNAPSHOT; readers never block here in any case."""
    raw = work.connection.raw
    write_meta(raw, _OPTION_KEYS[statement.option], int(statement.on))
    touch(raw)
