"""Guards that let a cycle wait long enough, and not for ever, for what takes long."""

from __future__ import annotations

from tests.mutants.mutant import always, argument, gives, gone, mutant, never

PROGRESS = "tests/unit/relay/cycle/test_progress.py::"
CTRL_C = "tests/integration/faults/test_ctrl_c.py::test_ctrl_c_cancels_what_sql_server_works_on"
CANCELLATION = "tests/unit/common/test_cancellation.py::"
SLOW = "tests/integration/faults/test_slow_first_rows.py::"

PROGRESS_PLAN = (
    mutant(
        "patience doubles",
        "a statement that needs longer than that to its first row is cut off at every try, for ever",
        gives("patience-doubles", "float(stall_seconds)"),
        red=PROGRESS + "test_patience_with_a_reading_doubles_and_has_an_end",
    ),
    mutant(
        "a stall is noted",
        "the next cycle waits no longer than this one",
        never("stall-is-noted"),
        red=PROGRESS + "test_a_reading_that_is_too_slow_is_noted_and_told_with_its_remedy[between batches-first_row]",
    ),
    mutant(
        "patience holds for readings",
        "a table that is slow to be described, or keys that are slow to be found, are cut off at every try, for ever",
        gives("patience-with-readings", "self._usual"),
        red=PROGRESS + "test_keys_that_are_slow_to_be_looked_up_are_waited_for_in_the_end",
    ),
    mutant(
        "lost work is cancelled",
        "SQL Server goes on for hours for a relay whose lease is another's",
        gone("lost-work-is-cancelled"),
        red="tests/unit/relay/cycle/test_heartbeat.py"
        "::test_work_whose_lease_is_somebody_elses_is_cancelled_until_it_ends",
    ),
    mutant(
        "work that is given up for nothing ends quietly",
        "a lost lease is told as SQL Server being away",
        never("given-up-for-nothing"),
        red=PROGRESS + "test_a_cycle_whose_lease_was_lost_meanwhile_ends_as_one_that_was_stopped",
    ),
    mutant(
        "a lease that is not renewed is told now and then",
        "MongoDB's absence fills the log, a line a beat",
        always("told-now-and-then"),
        red="tests/unit/relay/cycle/test_heartbeat.py"
        "::test_a_store_that_stays_away_is_told_now_and_then_and_not_at_every_beat",
    ),
    mutant(
        "a preview waits",
        "a dry run over a large backlog is told as SQL Server being away",
        argument("preview-waits", "patience_seconds", "None"),
        red=SLOW + "test_a_preview_waits_for_them",
    ),
    mutant(
        "the first pass of a repair is progress",
        "a long task log cannot be repaired: each try is given up before it pushes one message",
        gone("first-pass-is-progress"),
        red=PROGRESS + "test_the_first_pass_of_a_repair_is_progress",
    ),
    mutant(
        "counted in pieces",
        "a window too large to be counted within the limit for an answer is never sealed and never closed",
        gives("counted-in-pieces", 'logs.count_documents({"window_id": window_id})'),
        red="tests/contract/test_journal.py::TestMongoJournal::test_a_large_window_is_counted_piece_by_piece",
    ),
    mutant(
        "pieces shrink",
        "many large documents are changed by one statement, and no answer comes in time, at every try",
        never("pieces-shrink"),
        red="tests/contract/test_journal.py::TestMongoJournal::"
        "test_a_piece_that_took_long_is_followed_by_a_smaller_one",
    ),
    mutant(
        "repair begins with its epoch",
        "in a long log the walk past earlier epochs takes longer than an answer may, at every try",
        gives("repair-begins-with-epoch", "0"),
        red="tests/contract/test_journal.py::TestMongoJournal::"
        "test_what_lies_before_the_epochs_beginning_is_not_looked_at",
    ),
    mutant(
        "Ctrl-C cancels",
        "a command on which SQL Server keeps its answer cannot be ended",
        never("ctrl-c-cancels"),
        red=CTRL_C + "[CHANGETABLE(VERSION]",
    ),
    mutant(
        "Ctrl-C is heard",
        "a call that a person gave up is told as one of which the heartbeat despaired",
        gives("interrupt-is-heard", "_given_up(said)"),
        red=CANCELLATION + "test_a_call_that_a_person_gave_up_ends_as_ctrl_c_does_whatever_the_driver_says",
    ),
    mutant(
        "no call after Ctrl-C",
        "a command goes on after Ctrl-C: what the signal ended is tried again",
        never("no-call-after-ctrl-c"),
        red=CANCELLATION + "test_no_call_begins_once_a_person_has_given_up",
    ),
    mutant(
        "the driver waits for the first row too",
        "the driver's own limit cuts a statement off that the heartbeat would have waited for",
        gives("driver-waits-too", "settings.RELAY_STALL_SECONDS"),
        red=SLOW + "test_the_drivers_own_limit_is_later_than_patience_with_the_first_row",
    ),
    mutant(
        "a lease that was left is told",
        "a process that hangs in a scan is said by nobody",
        never("left-lease-is-told"),
        red=PROGRESS + "test_a_lease_that_was_left_is_told_by_who_takes_it_next",
    ),
)
