"""Guards around batches: how much is in memory."""

from __future__ import annotations

from tests.mutants.mutant import always, gives, mutant, never, when

BATCHES_PLAN = (
    mutant(
        "a batch's weight",
        "a thousand rows of a megabyte are in memory at a time, several times over",
        never("batch-weight"),
        red="tests/unit/common/test_batches.py::test_nothing_is_lost_and_no_bound_is_passed",
    ),
    mutant(
        "rows at a time",
        "a driver gives a thousand rows of a megabyte before anybody weighs them",
        gives("rows-at-a-time", "self._batch_size"),
        red="tests/integration/relay/test_large_rows.py::test_reading_takes_no_more_memory_for_more_rows",
    ),
    mutant(
        "what is kept is small",
        "a window of twenty thousand large rows is kept in memory to spare a look into the journal",
        when("kept-is-small", "is_few"),
        red="tests/unit/relay/cycle/test_prepare.py::test_what_is_kept_in_memory_is_bounded_by_its_text_too",
    ),
    mutant(
        "only rows that are asked for",
        "where many rows share a business id, the whole log of them is in memory",
        always("rows-asked-for"),
        red="tests/contract/test_journal.py::TestMongoJournal::test_rows_that_share_a_business_id_are_told_apart",
    ),
)
