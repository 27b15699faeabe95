"""Guards between the reading of a window and its seal, and those that decide what can be read at all."""

from __future__ import annotations

from tests.mutants.mutant import mutant

BASELINE = "relay/cycle/continuity.py"
CRASH_POINTS = "tests/unit/histories/test_every_crash_point.py::test_whatever_it_dies_at_every_row_is_in_the_queue_once"
STATES = "tests/unit/relay/cycle/test_continuity.py::test_a_state_that_is_not_the_sealed_ones_leads_to_a_baseline"
MEANWHILE = "tests/unit/histories/test_interleavings.py::"
FENCES = "tests/unit/relay/cycle/test_continuity.py::test_the_fence_is_the_last_seals_or_that_of_an_attempt_since"
WINDOW = "relay/cycle/seal.py"

WINDOW_PLAN = (
    mutant(
        "takeover",
        "what a relay that was paused prepares late is taken for dispatched, and never is",
        (WINDOW, "return outcome is Takeover.REPLACED", "return False"),
        red=MEANWHILE + "test_what_a_paused_relay_prepares_after_its_successor_cleared_up_is_taken_over",
    ),
    mutant(
        "later generation",
        "what a relay prepared that Mongo has forgotten is taken for dispatched, and never is",
        (WINDOW, "if outcome is Takeover.LATER_GENERATION:", "if False:"),
        red=MEANWHILE + "test_what_a_relay_prepared_that_mongo_has_forgotten_is_not_taken_for_dispatched",
    ),
    mutant(
        "discard",
        "what dead attempts prepared stays in the journal for ever",
        (WINDOW, "        _discard(context)\n        with", "        with"),
        red=CRASH_POINTS + "[prepared_rows_are_left_behind]",
    ),
    mutant(
        "count before the seal",
        "what the journal has lost comes to light too late: all that waits is sent again",
        (WINDOW, "if context.ports.journal.count(window.id) != prepared.count:", "if False:"),
        red=MEANWHILE + "test_a_window_that_lost_a_part_is_not_sealed",
    ),
    mutant(
        "fence, looked at",
        "a restored database is read on from a watermark that it has never reached",
        (
            WINDOW,
            "if not accepts_fence(snapshot.state.fence, context.checkpoint, context.lease.generation):",
            "if context.checkpoint.epoch is None:",
        ),
        red=CRASH_POINTS + "[the_database_is_restored]",
    ),
    mutant(
        "fence, compared",
        "a relay that was paused sets the fence back, and its successor's seal looks like a restored database",
        (
            WINDOW,
            "if not snapshot.set_fence(_fence_of(context, seal), expected=state.fence):",
            "seen = context.ports.changes.states([context.source])[context.source.name].fence\n"
            "    if not snapshot.set_fence(_fence_of(context, seal), expected=seen):",
        ),
        red=MEANWHILE + "test_a_relay_that_was_overtaken_does_not_set_the_fence_back",
    ),
    mutant(
        "fence, refused",
        "two relays with a Mongo each seal the same rows",
        (
            WINDOW,
            "if not snapshot.set_fence(_fence_of(context, seal), expected=state.fence):",
            "if not snapshot.set_fence(_fence_of(context, seal), expected=state.fence) and False:",
        ),
        red=MEANWHILE + "test_a_relay_whose_fence_another_ones_mongo_has_moved_seals_nothing",
    ),
    mutant(
        "fence before the watermark",
        "a crash between the two looks like a restored database",
        (
            WINDOW,
            "    if not snapshot.set_fence(_fence_of(context, seal), expected=state.fence):\n"
            '        raise Stop("the fence is somebody else\'s by now")\n'
            "    context.seal(seal)\n",
            "    context.seal(seal)\n"
            "    if not snapshot.set_fence(_fence_of(context, seal), expected=state.fence):\n"
            '        raise Stop("the fence is somebody else\'s by now")\n',
        ),
        red=CRASH_POINTS + "[a_window_of_several_batches]",
    ),
    mutant(
        "no cap on versions",
        "a row above the snapshot's version comes back with a mask that hides it",
        (
            WINDOW,
            "                raise _ReadAgain\n",
            "                rows = [row for row in rows if (row.version or 0) <= self.ceiling]\n",
        ),
        red=MEANWHILE + "test_a_row_above_the_snapshots_version_is_not_left_to_the_next_cycle",
    ),
    mutant(
        "reading again",
        "a row above the snapshot's version is sent twice",
        (WINDOW, "careful=attempt <= REREADS", "careful=False"),
        red=MEANWHILE + "test_a_snapshot_that_runs_ahead_of_its_version_is_read_again",
    ),
    mutant(
        "epoch in the fence",
        "the fence of an epoch that was forgotten is taken for ours",
        (BASELINE, "if fence is None or fence.epoch != checkpoint.epoch or", "if fence is None or"),
        red=FENCES + "[other epoch]",
    ),
    mutant(
        "version in the fence",
        "a database restored to an older seal is taken for the one we know",
        (
            BASELINE,
            "return fence.generation == checkpoint.sealed_generation and fence.version == (checkpoint.version or 0)",
            "return fence.generation == checkpoint.sealed_generation",
        ),
        red=FENCES + "[other version]",
    ),
    mutant(
        "generation in the fence",
        "the fence of a seal that Mongo has forgotten is taken for a dead attempt's",
        (
            BASELINE,
            "if checkpoint.sealed_generation < fence.generation <= generation:",
            "if checkpoint.sealed_generation < fence.generation:",
        ),
        red=FENCES + "[later]",
    ),
    mutant(
        "begin_version",
        "what happened while tracking was off, or before TRUNCATE, is missed",
        (
            BASELINE,
            "    if state.begin_version == checkpoint.begin_version:\n        return None\n",
            "    return None\n",
        ),
        red=STATES,
    ),
    mutant(
        "side table",
        "what happened while tracking was off is missed, where begin_version is the same as before",
        (BASELINE, "    if are_known and len(sides) == 2:\n        return Reason.TRACKING_SWITCHED\n", ""),
        red=STATES,
    ),
    mutant(
        "object_id",
        "a table that was dropped and created anew is read on",
        (
            BASELINE,
            "    if state.object_id != checkpoint.object_id:\n        return Reason.TABLE_RECREATED\n",
            "",
        ),
        red=STATES,
    ),
    mutant(
        "min_valid",
        "changes that were cleaned up are missed",
        (
            BASELINE,
            "Reason.RETENTION_PASSED: checkpoint.version < (state.min_valid or 0)",
            "Reason.RETENTION_PASSED: False",
        ),
        red=CRASH_POINTS + "[the_retention_has_passed]",
    ),
    mutant(
        "watermark above the current version",
        "everything is missed until the database has reached the watermark",
        (
            BASELINE,
            "Reason.VERSION_WENT_BACK: checkpoint.version > (state.current_version or 0)",
            "Reason.VERSION_WENT_BACK: False",
        ),
        red=STATES,
    ),
    mutant(
        "definition",
        "rows that a new definition makes pending are missed",
        (
            BASELINE,
            "Reason.DEFINITION_CHANGED: source.definition != checkpoint.definition",
            "Reason.DEFINITION_CHANGED: False",
        ),
        red="tests/unit/relay/cycle/test_continuity.py::test_a_source_that_takes_other_rows_leads_to_a_baseline",
    ),
)
