"""Whether a table can be read through change tracking at all, by what SQL Server says of it."""

from __future__ import annotations

from common.database.errors import ConfigurationError, LockedError
from common.database.records import TableState
from relay.sources.source import Source


def check_state(source: Source, state: TableState | None) -> TableState:
    """The state. Raises ConfigurationError, with the remedy, for a table that cannot be read through change tracking.

    `state`: None for a table that is locked.
    """
    name = f"source {source.name}"
    if state is None:
        raise LockedError(name, f"{source.full_name}, or its row of dbo.relay_fence,")
    if not state.updateable:
        raise ConfigurationError(
            f"{name}: the database is read-only (a secondary replica?); change tracking must be read on the primary"
        )
    if state.current_version is None:
        raise ConfigurationError(f"{name}: change tracking is off for the database; run: alembic upgrade head")
    if state.object_id is None:
        raise ConfigurationError(
            f"{name}: there is no table {source.full_name}, or the login may not see it;"
            f" create it, or GRANT SELECT ON {source.full_name}"
        )
    if state.begin_version is None:
        raise ConfigurationError(
            f"{name}: {source.full_name} is not tracked, or the login may not see that it is; run: relay enable"
            f" {source.name}, or GRANT VIEW CHANGE TRACKING ON {source.full_name}"
        )
    if state.min_valid is None:
        raise ConfigurationError(
            f"{name}: the login may not read the changes of {source.full_name};"
            f" GRANT SELECT, VIEW CHANGE TRACKING ON {source.full_name}"
        )
    if state.current_version < state.min_valid:
        raise ConfigurationError(
            f"{name}: the server's versions make no sense (current {state.current_version} below minimum"
            f" {state.min_valid}), as on a readable secondary; connect to the primary"
        )
    return state
