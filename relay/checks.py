"""What a person has to mend before a source can be relayed: the sources held against the database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError

from common.database.errors import ConfigurationError
from common.database.mssql.catalog import describe
from common.database.mssql_client import MSSQLClient
from common.database.records import TableState
from relay.baseline import check_state
from relay.faults import as_configuration_error
from relay.sources import Source


def mistakes_in(mssql: MSSQLClient, sources: Sequence[Source]) -> Sequence[str]:
    """A line for every mistake, which names source, field and remedy. Raises the driver's errors."""
    lines: list[str] = []
    described: list[Source] = []
    with _collected(lines), _remedies_told(), mssql.engine.connect() as connection:
        for source in sources:
            with _collected(lines):
                describe(connection, source)
                described.append(source)
    with _collected(lines):
        for source, state in _states(mssql, described):
            with _collected(lines):
                check_state(source, state)
    return lines


def _states(mssql: MSSQLClient, sources: Sequence[Source]) -> Iterator[tuple[Source, TableState]]:
    with _remedies_told():
        states = mssql.states(sources) if sources else {}
    for source in sources:
        yield source, states[source.name]


@contextmanager
def _remedies_told() -> Iterator[None]:
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
