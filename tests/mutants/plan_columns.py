"""Guards in how columns are read, compared and watched."""

from __future__ import annotations

from tests.mutants.mutant import always, gives, gone, mutant, never, without

CHANGES = "tests/contract/test_change_source.py::TestMSSQLClient::"
COMPUTED = "tests/integration/relay/test_computed_columns.py::"
KEYS = "tests/integration/relay/test_keys_of_every_type.py::"
LOST = KEYS + "test_what_redis_loses_is_found_again"
PENDING = "tests/integration/relay/test_pending_value.py::"
PARAMETERS = "tests/integration/relay/test_parameters.py::"

COLUMNS_PLAN = (
    mutant(
        "few statements",
        "each number of keys is a statement of its own, and SQL Server makes a plan for each",
        gives("few-statements", "count"),
        red="tests/integration/relay/test_parameters.py::test_any_number_of_keys_is_asked_for_in_few_statements",
    ),
    mutant(
        "a key's parameter is what its column is",
        "keys that are not ASCII are looked up as others, found nowhere, and not pushed again",
        gives("key-parameter", "sa.String(self.length if self.name in TEXTS else LONGEST_WRITTEN)"),
        red=CHANGES + "test_pending_keys_are_found_whatever_the_first_is_like",
    ),
    mutant(
        "a key's collation is its column's",
        "letters that the database's code page has not become `?` in keys, and not found",
        always("key-collation"),
        red=LOST + "[varchar(40) COLLATE Vietnamese_CI_AS]",
    ),
    mutant(
        "a parameter's length is its column's",
        "SQL Server makes a plan for each length of a key",
        always("parameter-length"),
        red=PARAMETERS + "test_what_a_value_is_declared_as_is_said_by_its_column",
    ),
    mutant(
        "text of a code page is written by SQL Server",
        "of keys in code page 1258 the driver makes letters that are not in it, and they are not found",
        never("text-of-code-page"),
        red=LOST + "[varchar(40) COLLATE Vietnamese_CI_AS]",
    ),
    mutant(
        "moments of a key are read as SQL Server writes them",
        "keys that differ in what Python's moments have not are one and the same, and are not found",
        never("moments-of-key"),
        red=LOST + "[datetime2(7)]",
    ),
    mutant(
        "decimals of a key are kept without an exponent",
        "a key of 0.0000000001 is no number to SQL Server, and not found",
        gives("decimals-of-key", "str(part)"),
        red=LOST + "[decimal(18, 10)]",
    ),
    mutant(
        "half a surrogate pair is kept as bytes",
        "of two rows that look alike in the log one is judged by what became of the other",
        gives("half-surrogates", "encodable(part) if isinstance(part, str) else part"),
        red="tests/unit/relay/cycle/test_dispatch.py::test_keys_that_look_alike_are_kept_apart",
    ),
    mutant(
        "what is no key of a table equals none",
        "the same",
        gives("no-key-equals-none", "self.cast(value)"),
        red=KEYS + "test_keys_of_a_table_that_is_another_by_now_hold_up_nobody[another type]",
    ),
    mutant(
        "keys that do not come back are refused",
        "what Redis loses of their rows is not pushed again",
        never("key-comes-back"),
        red=KEYS + "test_a_key_that_does_not_come_back_is_refused",
    ),
    mutant(
        "such keys are refused before anything is switched on",
        "the same, and is found out later",
        gone("key-comes-back-before-upgrade"),
        red="tests/integration/migrations/test_refusals.py"
        "::TestRefusals::test_a_key_that_does_not_come_back_from_the_task_log",
    ),
    mutant(
        "a pending value is held against its column",
        "a value that the column's code page has not is waited for in vain",
        never("pending-value-held"),
        red=PENDING + "test_a_value_that_the_column_never_holds_is_refused[code page]",
    ),
    mutant(
        "watched columns",
        "rows that become pending by a change of what their status is computed from are never taken",
        without("watched-columns", 0),
        red=CHANGES + "test_what_is_watched_is_said_by_the_source",
    ),
    mutant(
        "watched columns are part of the definition",
        "what became pending by a column that was not watched until now is never taken",
        without("watched-in-definition", -1),
        red="tests/unit/relay/sources/test_file.py::test_other_columns_to_watch_are_another_definition",
    ),
    mutant(
        "computed columns are not watched",
        "rows that become pending by an UPDATE are never taken",
        never("computed-not-watched"),
        red=COMPUTED + "test_a_computed_column_is_not_to_be_watched[by default]",
    ),
    mutant(
        "computed columns are refused before anything is switched on",
        "the same, and is found out later",
        gone("computed-before-upgrade"),
        red="tests/integration/migrations/test_refusals.py::TestRefusals::test_a_computed_status_column",
    ),
    mutant(
        "the status is watched",
        "the same, where `watch` leaves it out",
        never("status-is-watched"),
        red=COMPUTED + "test_what_is_watched_must_tell_what_becomes_pending[without the status]",
    ),
)
