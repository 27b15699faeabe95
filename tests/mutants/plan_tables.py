"""Guards against what others do to a table: locked by an open transaction, altered, in a database of another id."""

from __future__ import annotations

from tests.mutants.mutant import always, gives, gone, mutant

LOCKED = "tests/integration/faults/test_open_transactions.py::"
ALTERED = "tests/integration/relay/test_altered_tables.py::"
ON_AZURE = "tests/integration/faults/test_database_ids.py::"

TABLES_PLAN = (
    mutant(
        "no wait without end",
        "an ALTER that somebody left open, or the row of a fence, holds relay up for as long as that lasts",
        gone("no-wait-without-end"),
        red=LOCKED + "test_a_fence_that_is_locked_is_not_renewed",
    ),
    mutant(
        "a locked table is left out alone",
        "one table that somebody has locked holds up all sources",
        gives("locked-table-alone", "{}"),
        red=LOCKED + "test_one_source_that_is_locked_holds_up_no_other[fence]",
    ),
    mutant(
        "the fence of a locked source is kept fresh",
        "after an index was rebuilt for ten minutes, another MongoDB's relay takes the source over and sends all again",
        gives("fence-renewed-when-locked", "False"),
        red="tests/unit/relay/operations/test_idle.py::test_one_that_is_locked_has_work_and_its_fence_is_kept_fresh",
    ),
    mutant(
        "described as it is",
        "the rows of a table that was altered are read as what it was",
        always("described-as-it-is"),
        red=ALTERED + "test_rows_are_sent_as_the_table_is_now[a uniqueidentifier]",
    ),
    mutant(
        "described anew after errors",
        "a change of a table that no date tells of fails until relay is started again",
        gone("described-anew-after-errors"),
        red=ALTERED + "test_an_alteration_that_no_date_tells_of_fails_once",
    ),
    mutant(
        "the retention by the database's name",
        "on Azure a task log that is kept for too short is not warned of",
        gives("database-by-name", "(sa.func.DB_ID(),)"),
        red=ON_AZURE + "test_the_retention_is_found[both views]",
    ),
    mutant(
        "snapshot isolation by the database's name",
        "on Azure the upgrade takes for its own what others had switched on, and switches it off again",
        gives("database-by-name-before-upgrade", "DATABASES.c.database_id == sa.func.DB_ID()"),
        red=ON_AZURE + "test_what_is_on_is_not_switched_on_again[sys.databases]",
    ),
)
