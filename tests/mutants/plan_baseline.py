"""Guards of a baseline that is read in pieces."""

from __future__ import annotations

from tests.mutants.mutant import becomes, gives, mutant, never, when

UNIT = "tests/unit/relay/cycle/test_baseline.py::"
PIECES = "tests/integration/relay/test_baseline_pieces.py::"
CHANGES = "tests/contract/test_change_source.py::TestMSSQLClient::"
CRASHES = "tests/unit/histories/test_every_crash_point.py::test_whatever_it_dies_at_every_row_is_in_the_queue_once"

BASELINE_PLAN = (
    mutant(
        "changes of what was read",
        "rows that a baseline has not reached yet are sent with the changes, and again with their piece",
        gives("changes-of-what-was-read", "sa.true()"),
        red=PIECES + "test_rows_that_change_meanwhile_wait_for_no_other_piece",
    ),
    mutant(
        "the key is one of this table",
        "no row lies beyond a key that is none, and the baseline ends without the rows that it has not read",
        becomes("key-of-this-table", "sent = sent or (None,) * len(kinds)"),
        red=PIECES + "test_a_baseline_that_stands_at_no_key_of_the_table_says_so",
    ),
    mutant(
        "stretches in order",
        "a piece takes higher keys before lower ones, and those in between are never read",
        gives("stretches-in-order", "range(len(pairs))"),
        red=CHANGES + "test_a_baseline_is_read_in_pieces",
    ),
    mutant(
        "the limit is that of all stretches",
        "a piece has as many rows of each stretch as it may have in all, and takes several times the memory and time",
        gives("limit-over-stretches", "limit"),
        red=CHANGES + "test_a_baseline_is_read_in_pieces",
    ),
    mutant(
        "a baseline ends when few were read",
        "a piece that fills up is taken for the last one",
        gives("baseline-ends", "True"),
        red=CRASHES + "[first_run]",
    ),
    mutant(
        "a piece ends at a key",
        "half of a surrogate pair ends a piece, and nothing can be compared with it",
        gives("piece-ends-at-a-key", "True"),
        red=UNIT + "test_a_piece_does_not_end_at_a_key_that_the_log_cannot_give_back",
    ),
    mutant(
        "a baseline begins again",
        "under another definition it goes on where it was, and the rows before that are never sent under it",
        when("baseline-begins-again", "version is None"),
        red=CRASHES + "[a_baseline_under_way_begins_again]",
    ),
    mutant(
        "not idle during a baseline",
        "the source counts as idle, and the rest of its rows wait for somebody to write",
        never("idle-without-baseline"),
        red="tests/unit/relay/operations/test_idle.py::test_a_checkpoint_that_is_not_finished_has_work[baseline]",
    ),
    mutant(
        "pieces follow at once",
        "between two pieces that are smaller than a batch the source waits for the next tick",
        gives("pieces-follow-at-once", "is_over and report.prepared >= relay.options.batch_size"),
        red=PIECES + "test_a_key_of_several_columns",
    ),
    mutant(
        "nothing is judged during a baseline",
        "rows that it has not reached are reported as missed",
        never("not-judged-in-baseline"),
        red="tests/unit/relay/operations/test_stuck_rows.py"
        "::test_nothing_is_judged_or_sent_again_while_a_baseline_is_under_way",
    ),
    mutant(
        "a baseline under way is not vouched for",
        "who adopts the source goes on behind rows that were never sent",
        never("baseline-is-not-vouched-for"),
        red=UNIT + "test_a_fence_in_the_midst_of_a_baseline_vouches_for_nothing",
    ),
)
