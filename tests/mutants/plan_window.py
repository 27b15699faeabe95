"""Guards between the reading of a window and its seal, and those that decide what can be read at all."""

from __future__ import annotations

from tests.mutants.mutant import always, argument, becomes, gives, gone, ignored, later, mutant, never, when, without

CRASH_POINTS = "tests/unit/histories/test_every_crash_point.py::test_whatever_it_dies_at_every_row_is_in_the_queue_once"
STATES = "tests/unit/relay/cycle/test_continuity.py::test_a_state_that_is_not_the_sealed_ones_leads_to_a_baseline"
MEANWHILE = "tests/unit/histories/test_interleavings.py::"
FENCES = "tests/unit/relay/cycle/test_continuity.py::test_the_fence_is_the_last_seals_or_that_of_an_attempt_since"
SEEN_AGAIN = "context.ports.changes.states([context.source])[context.source.name].fence"
CAPPED = """\
batch = [(row, repeats) for row, repeats in batch if ceiling is None or (row.version or 0) <= ceiling]
runs_ahead = False
"""

WINDOW_PLAN = (
    mutant(
        "takeover",
        "what a relay that was paused prepares late is taken for dispatched, and never is",
        gives("takeover", "set(outcomes)"),
        red=MEANWHILE + "test_what_a_paused_relay_prepares_after_its_successor_cleared_up_is_taken_over",
    ),
    mutant(
        "takeover of what is gone",
        "what expires between two looks is taken for dispatched, and the row is left out",
        becomes("takeover-of-what-is-gone", "if found is None: return Takeover.DISPATCHED_BEFORE"),
        red="tests/contract/test_journal.py::TestMongoJournal::test_each_of_a_batch_is_told_what_became_of_it",
    ),
    mutant(
        "later generation",
        "what a relay prepared that Mongo has forgotten is taken for dispatched, and never is",
        never("later-generation"),
        red=MEANWHILE + "test_what_a_relay_prepared_that_mongo_has_forgotten_is_not_taken_for_dispatched",
    ),
    mutant(
        "discard",
        "what dead attempts prepared stays in the journal for ever",
        gone("discard"),
        red=CRASH_POINTS + "[prepared_rows_are_left_behind]",
    ),
    mutant(
        "count before the seal",
        "what the journal has lost comes to light too late: all that waits is sent again",
        never("count-before-seal"),
        red=MEANWHILE + "test_a_window_that_lost_a_part_is_not_sealed",
    ),
    mutant(
        "fence, looked at",
        "a restored database is read on from a watermark that it has never reached",
        when("fence-looked-at", "context.checkpoint.epoch is None"),
        red=CRASH_POINTS + "[the_database_is_restored]",
    ),
    mutant(
        "fence, compared",
        "a relay that was paused sets the fence back, and its successor's seal looks like a restored database",
        argument("fence-before-seal", "expected", SEEN_AGAIN),
        red=MEANWHILE + "test_a_relay_that_was_overtaken_does_not_set_the_fence_back",
    ),
    mutant(
        "fence, refused",
        "two relays with a Mongo each seal the same rows",
        ignored("fence-before-seal"),
        red=MEANWHILE + "test_a_relay_whose_fence_another_ones_mongo_has_moved_seals_nothing",
    ),
    mutant(
        "fence before the watermark",
        "a crash between the two looks like a restored database",
        later("fence-before-seal", by=1),
        red=CRASH_POINTS + "[a_window_of_several_batches]",
    ),
    mutant(
        "no cap on versions",
        "a row above the snapshot's version comes back with a mask that hides it",
        becomes("reading-again", CAPPED),
        red=MEANWHILE + "test_a_row_above_the_snapshots_version_is_not_left_to_the_next_cycle",
    ),
    mutant(
        "reading again",
        "a row above the snapshot's version is sent twice",
        gives("reading-again", "False"),
        red=MEANWHILE + "test_a_snapshot_that_runs_ahead_of_its_version_is_read_again",
    ),
    mutant(
        "epoch in the fence",
        "the fence of an epoch that was forgotten is taken for ours",
        without("own-fence", 1),
        red=FENCES + "[other epoch]",
    ),
    mutant(
        "version in the fence",
        "a database restored to an older seal is taken for the one we know",
        without("version-in-fence", 1),
        red=FENCES + "[other version]",
    ),
    mutant(
        "generation in the fence",
        "the fence of a seal that Mongo has forgotten is taken for a dead attempt's",
        without("generation-in-fence", 2),
        red=FENCES + "[later]",
    ),
    mutant(
        "begin_version",
        "what happened while tracking was off, or before TRUNCATE, is missed",
        always("begin-version"),
        red=STATES,
    ),
    mutant(
        "side table",
        "what happened while tracking was off is missed, where begin_version is the same as before",
        never("side-table"),
        red=STATES,
    ),
    mutant(
        "object_id",
        "a table that was dropped and created anew is read on",
        never("object-id"),
        red=STATES,
    ),
    mutant(
        "min_valid",
        "changes that were cleaned up are missed",
        gone("min-valid"),
        red=CRASH_POINTS + "[the_retention_has_passed]",
    ),
    mutant(
        "watermark above the current version",
        "everything is missed until the database has reached the watermark",
        gone("watermark-above-version"),
        red=STATES,
    ),
    mutant(
        "definition",
        "rows that a new definition makes pending are missed",
        gone("definition"),
        red="tests/unit/relay/cycle/test_continuity.py::test_a_source_that_takes_other_rows_leads_to_a_baseline",
    ),
)
