"""Guards of recovery and drain: what was sealed goes into the queue, once, whatever is lost meanwhile."""

from __future__ import annotations

from tests.mutants.mutant import gives, gone, later, mutant, never, without
from tests.mutants.plan_window import CRASH_POINTS, MEANWHILE

OPEN_WINDOWS = "tests/unit/relay/cycle/test_open_windows.py::"

DRAIN_PLAN = (
    mutant(
        "count before the close",
        "what the journal loses during the drain is taken for published",
        never("count-before-close"),
        red=MEANWHILE + "test_what_is_lost_between_two_batches_is_read_anew",
    ),
    mutant(
        "a second look",
        "a count that is wrong once ends the epoch, and all that waits is sent again",
        never("second-look"),
        red=MEANWHILE + "test_no_epoch_ends_on_one_look_at_the_journal",
    ),
    mutant(
        "both counts of the drain",
        "what the journal has lost of a sealed window is never sent",
        gives("window-is-whole", "True"),
        red=MEANWHILE + "test_what_is_lost_between_seal_and_publish_is_read_anew",
    ),
    mutant(
        "published before it is noted",
        "a crash between the two loses the batch",
        later("published-before-noted", by=2),
        red="tests/unit/histories/test_every_crash_point.py::test_a_broker_that_keeps_no_offset_gets_at_most_one_batch_again[first_run]",
    ),
    mutant(
        "a batch that is not all of a window does not let it expire",
        "a queue that is full for longer than the log is kept leaves holes in the journal, and all is sent again",
        gives("expires-when-whole", "True"),
        red=OPEN_WINDOWS + "test_nothing_expires_before_all_is_in_the_queue",
    ),
    mutant(
        "a close lets the window expire",
        "the log keeps everything for ever",
        never("close-lets-expire"),
        red=OPEN_WINDOWS + "test_all_of_a_closed_window_expires[2]",
    ),
    mutant(
        "the chain after a crash",
        "a batch follows the wrong place, and the queue refuses it for ever",
        gives("chain-after-crash", "batch[0].offset"),
        red=CRASH_POINTS + "[an_open_window_is_left_behind]",
    ),
    mutant(
        "gaps are fixed",
        "a queue that loses its place during the drain stops the source",
        gone("gap-is-filled"),
        red=MEANWHILE + "test_what_the_queue_loses_during_the_drain_is_pushed_again",
    ),
    mutant(
        "a queue that cannot be fixed",
        "its source waits for it for ever",
        gone("give-up-in-drain"),
        gone("give-up-in-recovery"),
        red=MEANWHILE + "test_what_the_journal_cannot_fix_is_read_anew",
    ),
    mutant(
        "limit of the queue",
        "the queue grows until Redis has no memory left",
        gives("queue-limit", "False"),
        red="tests/unit/relay/operations/test_stuck_rows.py::test_rows_that_wait_for_a_place_in_the_queue",
    ),
    mutant(
        "lease before publishing",
        "a relay that was paused publishes what its successor has published",
        gone("lease-before-publish"),
        red=MEANWHILE + "test_a_relay_that_was_overtaken_does_not_publish_what_it_had_in_hand",
    ),
    mutant(
        "offset ahead of Mongo",
        "a Mongo that went back in time sends under numbers that Redis skips",
        never("offset-ahead"),
        gives("window-number", "context.number + 1"),
        red=CRASH_POINTS + "[mongo_went_back]",
    ),
    mutant(
        "repair",
        "what Redis lost is never pushed again",
        never("repair"),
        red=MEANWHILE + "test_what_the_queue_lost_is_pushed_again_although_nothing_has_changed",
    ),
    mutant(
        "repair asks the row",
        "rows that have been processed are pushed again",
        gives("still-waiting", "waiting"),
        red=CRASH_POINTS + "[the_queue_lost_everything]",
    ),
    mutant(
        "repair asks the log",
        "rows that a worker is busy with are pushed again",
        gives("repair-asks-log", "batch"),
        red=MEANWHILE + "test_what_a_worker_has_in_hand_is_not_pushed_again",
    ),
    mutant(
        "repair sends a row's last dispatch",
        "a row with several dispatches is pushed several times",
        gives("last-dispatch-only", "set()"),
        red=MEANWHILE + "test_of_a_row_that_was_dispatched_twice_the_last_dispatch_is_pushed_again",
    ),
    mutant(
        "repair ends where it has looked",
        "what a paused relay notes as pushed hides that a window before it is gone, whose rows are never sent",
        gives("repair-ends-where-it-looked", "batch"),
        red=MEANWHILE + "test_what_a_paused_relay_notes_does_not_hide_that_a_window_is_gone",
    ),
    mutant(
        "an epoch begins where the queue stands",
        "the first batch of an epoch is refused",
        without("epoch-begins-at-offset", 0),
        red=CRASH_POINTS + "[mongo_is_lost]",
    ),
    mutant(
        "refused writes",
        "a relay reports for its own what its successor has done",
        never("refused-writes"),
        red=MEANWHILE + "test_a_relay_whose_writes_are_refused_says_that_it_stopped",
    ),
    mutant(
        "lease",
        "a relay that was paused goes on as if nobody had taken over",
        never("lease"),
        red=MEANWHILE + "test_a_relay_that_was_overtaken_does_not_publish_what_it_had_in_hand",
    ),
)
