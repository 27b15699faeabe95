"""sys.databases, sys.types, sys.schemas and the views about sessions and commits."""

from __future__ import annotations

from sandbox.sqlserver.engine.catalog.type_ids import TYPES
from sandbox.sqlserver.engine.translate.context import Context
from sandbox.sqlserver.engine.translate.views.view import View, by_name, column
from sandbox.sqlserver.engine.values.types import BIGINT, BIT, DATETIME, INT, SMALLINT, SYSNAME, TINYINT, nvarchar

_DESCRIPTION = nvarchar(60)


def _rows(names: tuple[str, ...], rows: list[tuple[object, ...]]) -> str:
    """Constant rows as a derived table."""
    named = ", ".join(f"column{place} AS {name}" for place, name in enumerate(names, 1))
    # Not SELECTs under UNION ALL, of which SQLite takes 500 at most.
    values = ", ".join("(" + ", ".join(_constant(value) for value in row) + ")" for row in rows)
    return f"(SELECT {named} FROM (VALUES {values}))"


def _constant(value: object) -> str:
    if value is None:
        return "NULL"
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else str(int(str(value)))


def _databases(context: Context) -> str:
    rows: list[tuple[object, ...]] = [(name, number) for name, number in context.databases.items()]
    return _rows(("name", "database_id"), rows)


def _setting(name: str) -> str:
    return f"tsql_database(name, '{name}')"


def _session(context: Context) -> str:
    spid = context.fact("$spid", SMALLINT).sql
    level = context.fact("$isolation", SMALLINT).sql
    login = context.fact("$login", SYSNAME).sql
    program = context.fact("$application", SYSNAME).sql
    return f"(SELECT {spid} AS spid, {level} AS level, {login} AS login, {program} AS program)"


_DATABASES = View(
    schema="sys",
    name="databases",
    columns=(
        column("name", SYSNAME, nullable=False),
        column("database_id", INT, "tsql_database_id('databases', database_id)", nullable=False),
        column("state", TINYINT, f"(CASE {_setting('online')} WHEN 1 THEN 0 ELSE 6 END)"),
        column("state_desc", _DESCRIPTION, f"(CASE {_setting('online')} WHEN 1 THEN 'ONLINE' ELSE 'OFFLINE' END)"),
        column("compatibility_level", TINYINT, "160"),
        column("collation_name", SYSNAME, "'SQL_Latin1_General_CP1_CI_AS'"),
        column("is_read_only", BIT, "0"),
        column("snapshot_isolation_state", TINYINT, _setting("snapshot_allowed")),
        column(
            "snapshot_isolation_state_desc",
            _DESCRIPTION,
            f"(CASE {_setting('snapshot_allowed')} WHEN 1 THEN 'ON' ELSE 'OFF' END)",
        ),
        column("is_read_committed_snapshot_on", BIT, _setting("read_committed_snapshot")),
    ),
    origin=_databases,
)
_CHANGE_TRACKING_DATABASES = View(
    schema="sys",
    name="change_tracking_databases",
    columns=(
        column("database_id", INT, "tsql_database_id('change_tracking_databases', database_id)", nullable=False),
        column("is_auto_cleanup_on", BIT, _setting("auto_cleanup")),
        column("retention_period", INT, _setting("retention")),
        column(
            "retention_period_units",
            TINYINT,
            f"(CASE {_setting('retention_unit')} WHEN 'MINUTES' THEN 1 WHEN 'HOURS' THEN 2 ELSE 3 END)",
        ),
        column("retention_period_units_desc", _DESCRIPTION, _setting("retention_unit")),
        column("max_cleanup_version", BIGINT, "(SELECT max(cleanup_version) FROM _tracking)"),
    ),
    origin=lambda context: f"{_databases(context)} WHERE {_setting('tracking')} = 1",
)
_SCHEMAS = View(
    schema="sys",
    name="schemas",
    columns=(
        column("name", SYSNAME, nullable=False),
        column("schema_id", INT, nullable=False),
        column("principal_id", INT, "schema_id"),
    ),
    origin="_schemas",
)
_TYPES = View(
    schema="sys",
    name="types",
    columns=(
        column("name", SYSNAME, nullable=False),
        column("system_type_id", TINYINT, nullable=False),
        column("user_type_id", INT, nullable=False),
        column("schema_id", INT, "4", nullable=False),
        column("max_length", SMALLINT, nullable=False),
        column("precision", TINYINT, nullable=False),
        column("scale", TINYINT, nullable=False),
        column("collation_name", SYSNAME, "(CASE collated WHEN 1 THEN 'SQL_Latin1_General_CP1_CI_AS' END)"),
        column("is_nullable", BIT, "1"),
        column("is_user_defined", BIT, "0", nullable=False),
        column("is_assembly_type", BIT, "0", nullable=False),
    ),
    origin=_rows(
        ("name", "system_type_id", "user_type_id", "max_length", "precision", "scale", "collated"),
        [
            (
                row.name,
                row.system_type_id,
                row.user_type_id,
                row.max_length,
                row.precision,
                row.scale,
                int(row.collated),
            )
            for row in TYPES
        ],
    ),
)
_SYSTEM_VIEWS = View(
    schema="sys",
    name="system_views",
    columns=(column("name", SYSNAME), column("object_id", INT), column("schema_id", INT, "4")),
    origin=_rows(("name", "object_id"), [("dm_exec_sessions", -10), ("dm_tran_commit_table", -11)]),
)
_SESSIONS = View(
    schema="sys",
    name="dm_exec_sessions",
    columns=(
        column("session_id", SMALLINT, "spid", nullable=False),
        column("transaction_isolation_level", SMALLINT, "level", nullable=False),
        column("login_name", SYSNAME, "login", nullable=False),
        column("program_name", SYSNAME, "program"),
        column("is_user_process", BIT, "1", nullable=False),
    ),
    origin=_session,
)
_COMMITS = View(
    schema="sys",
    name="dm_tran_commit_table",
    columns=(
        column("commit_ts", BIGINT, "version"),
        column("xdes_id", BIGINT, "version"),
        column("commit_lbn", BIGINT, "version"),
        column("commit_csn", BIGINT, "version"),
        column("commit_time", DATETIME, "at"),
    ),
    origin="_commits",
    # VIEW DATABASE STATE, which gives it, is what older versions ask for (RyanLamansky/sql-server-simulator).
    permission="VIEW DATABASE PERFORMANCE STATE",
)

VIEWS = by_name(_DATABASES, _CHANGE_TRACKING_DATABASES, _SCHEMAS, _TYPES, _SYSTEM_VIEWS, _SESSIONS, _COMMITS)
"""By `schema.name` in lower case."""
