"""Guards of the tick that stays awake while rows flow."""

from __future__ import annotations

from tests.mutants.mutant import always, gives, gone, mutant, never

TEST_LINGER = "tests/unit/relay/operations/test_linger.py::"
TEST_LOOKS = "tests/unit/relay/operations/test_looks.py::"
TEST_TICKS = "tests/unit/relay/worker/test_linger.py::"

LINGERING_PLAN = (
    mutant(
        "handed out once",
        "a source that is worked on is handed out ten times a second",
        never("handed-out-once"),
        red=TEST_LINGER + "test_nor_is_what_is_worked_on",
    ),
    mutant(
        "a pause without progress",
        "a source whose queue is full, or that waits for a person, is tried ten times a second",
        gives("pause-without-progress", "True"),
        red=TEST_LINGER + "test_a_source_whose_scans_come_to_nothing_is_tried_now_and_then",
    ),
    mutant(
        "held is no failure",
        "a row waits for seconds behind a task that found the lease taken",
        gives("held-is-no-failure", "before.window_number != seen.checkpoint.window_number"),
        red=TEST_LINGER + "test_a_row_does_not_wait_behind_a_task_that_has_found_the_lease_taken",
    ),
    mutant(
        "long work keeps a tick awake",
        "what comes while a large window is drained waits for the next tick",
        never("long-work-keeps-awake"),
        red=TEST_LINGER + "test_work_that_takes_longer_than_the_quiet_keeps_the_tick_awake",
    ),
    mutant(
        "a lost task",
        "a source whose task was lost, or killed, waits for the next tick",
        gives("lost-task", "False"),
        red=TEST_LINGER + "test_a_task_that_was_lost_is_handed_out_again",
    ),
    mutant(
        "nothing is asked in vain",
        "each look goes through all commits since a watermark that has stood still for days",
        never("nothing-asked-in-vain"),
        red=TEST_LOOKS + "test_nothing_is_asked_of_the_changes_of_a_source_that_waits_for_a_person",
    ),
    mutant(
        "a slow look is no load",
        "a server that needs seconds for a look is asked again at once, for as long as rows flow",
        gives("slow-look-is-no-load", "self.step_seconds"),
        red=TEST_LOOKS + "test_a_look_that_takes_long_is_followed_by_a_pause_as_long[1.5-1.5]",
    ),
    mutant(
        "one tick lingers",
        "with every tick one more process looks ten times a second",
        never("one-tick-lingers"),
        red=TEST_LINGER + "test_the_next_tick_that_lingers_ends_it",
    ),
    mutant(
        "a locked source is left alone",
        "each look waits for the lock of one table, and holds up all other sources",
        gone("locked-source-is-left-alone"),
        red=TEST_LOOKS + "test_a_source_whose_table_is_locked_meanwhile_is_left_to_the_ticks_too",
    ),
    mutant(
        "own changes go at once",
        "where other tables are written too, a row waits for seconds",
        never("own-changes-go-at-once"),
        red=TEST_LOOKS + "test_a_commit_of_its_own_is_work",
    ),
    mutant(
        "a look outlives a table",
        "one table that is tracked no more ends the lingering for all sources",
        always("look-outlives-a-table"),
        red="tests/contract/test_lookout.py::test_a_table_that_is_tracked_no_more_fails_no_look",
    ),
    mutant(
        "a process to spare",
        "in a worker with one process, what a tick hands out waits until it ends",
        always("process-to-spare"),
        red=TEST_TICKS + "test_none_lingers_in_a_worker_that_has_one_process",
    ),
    mutant(
        "giving way",
        "a tick that lingers keeps a process that others wait for",
        never("gives-way"),
        red=TEST_TICKS + "test_one_gives_way_to_what_waits_for_a_process",
    ),
    mutant(
        "a warm end",
        "a worker that is told to end waits for as long as rows flow",
        gone("warm-end-is-no-wait"),
        red=TEST_TICKS + "test_one_lingers_until_its_worker_is_told_to_end",
    ),
    mutant(
        "no orphan lingers",
        "a worker that was killed leaves a process that goes on looking",
        never("no-lingering-orphan"),
        red=TEST_TICKS + "test_the_orphan_of_a_worker_that_was_killed_lingers_no_longer",
    ),
    mutant(
        "within the time limits",
        "a worker with a time limit kills its lingering ticks, one after the other",
        gives("lingers-within-the-limit", "[]"),
        red=TEST_TICKS + "test_one_ends_well_within_the_workers_time_limits[{'hard': 30.0}]",
    ),
    mutant(
        "lingering is no hanging",
        "a tick that lingers is said to be one that does not end",
        gives("lingering-is-no-hanging", "request.name in TICKS"),
        red="tests/unit/relay/worker/test_watch.py::test_a_tick_that_lingers_is_nothing_to_say_and_one_that_hangs_is",
    ),
)
