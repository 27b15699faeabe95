"""System procedures: what drivers call by name, and cleanup of change tracking."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from sandbox.sqlserver.contract import Parameter, Result, SqlError, SqlType
from sandbox.sqlserver.engine.change_tracking.cleanup import clean_up_to, expired_version
from sandbox.sqlserver.engine.ddl.demands import check_cleanup
from sandbox.sqlserver.engine.errors import unsupported
from sandbox.sqlserver.engine.execution import datatype_info, describe_parameters
from sandbox.sqlserver.engine.execution.definitions import run_definition
from sandbox.sqlserver.engine.execution.session_state import SessionState
from sandbox.sqlserver.engine.parser.cursor import open_cursor
from sandbox.sqlserver.engine.parser.definition_statements import Rename
from sandbox.sqlserver.engine.values.convert import converted
from sandbox.sqlserver.engine.values.storage import Stored, encode
from sandbox.sqlserver.engine.values.types import INT, MAX, nvarchar

Arguments = Sequence[tuple[str, Parameter]]
_REFUSED = frozenset(
    [
        "sp_columns",
        "sp_columns_100",
        "sp_configure",
        "sp_cursor",
        "sp_cursorclose",
        "sp_cursorexecute",
        "sp_cursorfetch",
        "sp_cursoropen",
        "sp_cursoroption",
        "sp_cursorprepare",
        "sp_cursorprepexec",
        "sp_cursorunprepare",
        "sp_databases",
        "sp_describe_first_result_set",
        "sp_fkeys",
        "sp_flush_commit_table_on_demand",
        "sp_getapplock",
        "sp_help",
        "sp_helpdb",
        "sp_helpindex",
        "sp_helptext",
        "sp_lock",
        "sp_pkeys",
        "sp_prepexecrpc",
        "sp_releaseapplock",
        "sp_reset_connection",
        "sp_server_info",
        "sp_set_session_context",
        "sp_spaceused",
        "sp_special_columns",
        "sp_special_columns_100",
        "sp_statistics",
        "sp_statistics_100",
        "sp_tables",
        "sp_updatestats",
        "sp_who",
        "sp_who2",
        "xp_cmdshell",
        "xp_instance_regread",
    ]
)
"""Procedures that every SQL Server has and clients call."""


def call(session: SessionState, procedure: str, arguments: Arguments) -> Iterator[Result]:
    """The results of a system procedure. Raises 2812 for an unknown one, 40000 for one that the stand-in has not."""
    name = procedure.replace("[", "").replace("]", "").lower().rpartition(".")[2]
    handler = _PROCEDURES.get(name)
    if handler is None:
        if name in _REFUSED:
            raise unsupported(f"the procedure {name}")
        raise SqlError(2812, f"Could not find stored procedure '{procedure}'.", state=62)
    yield from handler(session, arguments)


def _argument(arguments: Arguments, place: int, name: str) -> Parameter | None:
    """An argument by name, or else by place; None when it is not given."""
    for given, parameter in arguments:
        if given.lower().lstrip("@") == name:
            return parameter
    if place < len(arguments) and not arguments[place][0]:
        return arguments[place][1]
    return None


def _argument_as(target: SqlType, arguments: Arguments, place: int, name: str) -> Stored:
    """Its value, converted; None when it is not given or NULL. Raises what the conversion raises."""
    given = _argument(arguments, place, name)
    return None if given is None else converted(encode(given.value, given.type), given.type, target)


def _datatype_info(arguments: Arguments) -> Iterator[Result]:
    yield datatype_info.datatype_info(_argument_as(INT, arguments, 0, "data_type") or 0)


def _undeclared_parameters(session: SessionState, arguments: Arguments) -> Iterator[Result]:
    batch = _argument_as(nvarchar(MAX), arguments, 0, "tsql")
    declared = _argument_as(nvarchar(MAX), arguments, 1, "params")
    yield describe_parameters.describe(session, batch or "", declared or "")


def _flush_changes(session: SessionState) -> Iterator[Result]:
    """sys.sp_flush_CT_internal_table_on_demand: cleanup by retention, for all tables whatever table is named."""
    session.transactions.start_writing()
    check_cleanup(session.rights_now())
    raw = session.connection.raw
    version = expired_version(raw, session.current.settings, session.instance.clock.now())
    if version is not None:
        clean_up_to(raw, version)
    session.transactions.end_statement()
    yield from ()


def _rename(session: SessionState, arguments: Arguments) -> Iterator[Result]:
    old, new, kind = (
        _argument_as(nvarchar(1035), arguments, place, name)
        for place, name in enumerate(("objname", "newname", "objtype"))
    )
    if (
        not isinstance(old, str)
        or not isinstance(new, str)
        or str(kind or "OBJECT").upper() not in ("OBJECT", "COLUMN")
    ):
        raise unsupported(f"the procedure sp_rename of a {kind}")
    is_column = str(kind).upper() == "COLUMN"
    run_definition(session, Rename(name=open_cursor(old).dotted_name(), new_name=new, is_column=is_column))
    yield from ()


_PROCEDURES: dict[str, Callable[[SessionState, Arguments], Iterator[Result]]] = {
    "sp_datatype_info": lambda _session, arguments: _datatype_info(arguments),
    "sp_datatype_info_100": lambda _session, arguments: _datatype_info(arguments),
    "sp_describe_undeclared_parameters": _undeclared_parameters,
    "sp_rename": _rename,
    "sp_flush_ct_internal_table_on_demand": lambda session, _arguments: _flush_changes(session),
}
