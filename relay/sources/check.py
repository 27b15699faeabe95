"""What a person has to fix before a source can be relayed: the sources compared with the database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.exc import DBAPIError

from common.database.errors import ConfigurationError
from common.database.mssql.catalog import describe, doubts
from common.database.mssql.errors import as_configuration_error
from common.database.mssql_client import MSSQLClient
from common.database.records import TableState
from relay.sources.readable import check_state
from relay.sources.source import Source


@dataclass(frozen=True, kw_only=True, slots=True)
class Findings:
    """What there is to say of sources; every line names source, field and remedy."""

    problems: Sequence[str]
    """Each keeps its source from being relayed, or relay from keeping what it promises."""
    warnings: Sequence[str]
    """Their sources are relayed, though perhaps not as somebody expects."""


def check_sources(mssql: MSSQLClient, sources: Sequence[Source], *, log_kept: timedelta | None = None) -> Findings:
    """Compare the sources with the database. Raises the driver's errors.

    `log_kept`: how long the task log is kept, to be compared with change tracking's retention.
    """
    problems: list[str] = []
    warnings: list[str] = []
    described: list[Source] = []
    try:
        with _remedies_added(), mssql.engine.connect() as connection:
            for source in sources:
                with _collected(problems):
                    describe(connection, source)
                    described.append(source)
                    warnings += doubts(connection, source)
    except ConfigurationError as error:
        # A login that the database does not let in would get the same answer to everything else.
        return Findings(problems=[*problems, *str(error).splitlines()], warnings=warnings)
    with _collected(problems):
        for source, state in _states(mssql, described):
            with _collected(problems):
                check_state(source, state)
    with _collected(problems):
        _check_retention(mssql, log_kept)
    return Findings(problems=problems, warnings=warnings)


def _check_retention(mssql: MSSQLClient, log_kept: timedelta | None) -> None:
    """A log that forgets sooner than change tracking does loses dispatches whose changes may still be read again."""
    with _remedies_added():
        kept = None if log_kept is None else mssql.change_retention()
    if log_kept is None or kept is None or log_kept > kept:
        return
    raise ConfigurationError(
        f"RELAY_LOG_RETENTION_DAYS: the task log is kept for {_days(log_kept)} days, and change tracking keeps changes "
        f"for {_days(kept)}: set it to more than {_days(kept)}, or CHANGE_RETENTION of the database to less"
    )


def _days(time: timedelta) -> str:
    return f"{time / timedelta(days=1):.4g}"


def _states(mssql: MSSQLClient, sources: Sequence[Source]) -> Iterator[tuple[Source, TableState | None]]:
    with _remedies_added():
        states = mssql.states(sources) if sources else {}
    for source in sources:
        yield source, states.get(source.name)


@contextmanager
def _remedies_added() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        raise as_configuration_error(error, "all sources") or error from error


@contextmanager
def _collected(lines: list[str]) -> Iterator[None]:
    try:
        yield
    except ConfigurationError as error:
        lines += str(error).splitlines()
