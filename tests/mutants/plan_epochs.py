"""Guards around epochs: whose source it is, which definition holds, and when a person has to decide."""

from __future__ import annotations

from tests.mutants.mutant import always, gives, gone, mutant, never, when, without
from tests.mutants.plan_window import CRASH_POINTS, FENCES

TEST_CHANGES = "tests/contract/test_change_source.py::TestMSSQLClient::"
ADOPTION = "tests/unit/histories/test_adoption.py::"
EPOCHS = "tests/unit/histories/test_epochs.py::"

EPOCHS_PLAN = (
    mutant(
        "windows skipped",
        "what the old relay of an adopted epoch still pushes is taken for what the new one has to push",
        gives("windows-skipped", "max(context.number, resume.number)"),
        red=ADOPTION + "test_the_windows_of_an_adopted_epoch_have_numbers_that_its_old_relay_has_not_given",
    ),
    mutant(
        "another Mongo at work",
        "two relays with a MongoDB each send again what waits, in turn",
        never("another-mongo-at-work"),
        red=ADOPTION + "test_a_fence_of_another_mongo_that_is_fresh_is_left_alone",
    ),
    mutant(
        "whose fence, before a push over another epoch's offset",
        "a relay that was relieved of a source pushes again at every tick what it pushed before",
        never("owner-before-repair"),
        red=ADOPTION + "test_who_was_relieved_of_a_source_pushes_nothing_any_more",
    ),
    mutant(
        "whose fence, before an open window is drained",
        "a relay that was relieved of a source, under another name of Mongo's database, pushes its open window again",
        without("owner-before-drain", 1),
        red=ADOPTION + "test_who_was_relieved_and_keeps_an_offset_of_its_own_does_not_push_its_open_window",
    ),
    mutant(
        "the fence's Mongo",
        "a relay with another MongoDB takes the fence of the epoch that went on there for its own",
        without("own-fence", 2),
        red=FENCES + "[other Mongo]",
    ),
    mutant(
        "the fence is renewed while a cycle works",
        "a relay in the middle of a large window looks as if it had been given up",
        never("fence-renewed-by-cycle"),
        red="tests/unit/relay/cycle/test_heartbeat.py::test_the_fence_is_renewed_now_and_then",
    ),
    mutant(
        "the fence is renewed while nothing is to be done",
        "an idle relay looks as if it had been given up",
        never("fence-renewed-when-idle"),
        red="tests/unit/relay/operations/test_idle.py::test_a_fence_that_grows_old_is_renewed",
    ),
    mutant(
        "no renewal in a database that can only be read",
        "every look warns of a fence that was not renewed, beside the error that names the cause",
        gives("no-renewal-in-read-only", "state.fence"),
        red="tests/unit/relay/operations/test_idle.py::"
        "test_one_in_a_database_that_can_only_be_read_is_left_to_the_cycle_which_tells_it",
    ),
    mutant(
        "a fence that a person left empty",
        "its source stands still without a word: there is no fence to move, and none can be inserted",
        when("empty-fence", "row.epoch"),
        red=TEST_CHANGES + "test_a_fence_that_a_person_left_empty_is_a_fence_all_the_same[epoch]",
    ),
    mutant(
        "what a fence tells, looked at",
        "a text that a person wrote into the fence ends every cycle with a TypeError",
        always("sound-resume"),
        red="tests/unit/common/test_resume.py::test_a_value_that_is_not_one_of_relays_vouches_for_nothing",
    ),
    mutant(
        "an adoption that came to nothing",
        "`relay adopt` ends well although somebody else holds the source",
        never("adoption-came-to-nothing"),
        red="tests/integration/relay/test_command_line.py::"
        "test_a_source_that_somebody_works_on_is_not_adopted_in_silence",
    ),
    mutant(
        "the status knows whose a source is",
        "`relay status` announces a baseline where the cycle leaves the source to another relay",
        gone("status-knows-owner"),
        red="tests/unit/relay/operations/test_status.py::test_a_source_on_which_another_mongos_relay_works",
    ),
    mutant(
        "what vouches for an adoption",
        "what another relay has sealed and not yet pushed is never sent",
        always("adoption-vouched-for"),
        red=ADOPTION + "test_a_window_that_was_sealed_and_not_yet_pushed_is_vouched_for_by_nobody",
    ),
    mutant(
        "an adoption that died half-way",
        "what was vouched for is sent again",
        gives("half-adopted", "False"),
        red=ADOPTION + "test_an_adoption_that_died_half_way_is_finished_by_the_next_cycle",
    ),
    mutant(
        "definitions that were superseded",
        "two versions of the file of sources send again what waits, in turn",
        never("superseded-definition"),
        red=EPOCHS + "test_a_definition_that_was_superseded_names_who_brought_the_present_one",
    ),
    mutant(
        "the breaker",
        "a source whose state is lost again and again sends without end",
        always("breaker"),
        red=EPOCHS + "test_a_source_whose_epochs_begin_too_often_is_stopped_until_it_is_adopted",
    ),
    mutant(
        "the breaker stays open",
        "a source that begins too often goes on by itself ten minutes later",
        never("breaker-stays-open"),
        red=EPOCHS + "test_a_source_whose_epochs_begin_too_often_is_stopped_until_it_is_adopted",
    ),
    mutant(
        "the chain of windows",
        "what the journal lost before the queue did is never sent",
        gives("window-chain", "True"),
        red=EPOCHS + "test_a_window_that_the_journal_lost_before_the_queue_did_is_noticed",
    ),
    mutant(
        "windows that have expired",
        "an epoch that is older than the log is given up whenever the queue loses something",
        without("window-chain", 0),
        red=EPOCHS + "test_windows_that_have_expired_are_not_missed",
    ),
    mutant(
        "the id holds the base",
        "what waits under a new definition is taken for dispatched",
        without("id-holds-epoch-and-base", 3),
        red=CRASH_POINTS + "[the_definition_changes]",
    ),
    mutant(
        "the base stays when only retention has passed",
        "what waits is sent again although its versions are known",
        gives("base-after-retention", "reason is not None"),
        red=EPOCHS + "test_what_waits_is_not_sent_again_when_only_retention_has_passed",
    ),
    mutant(
        "windows are counted by the fence, too",
        "a Mongo that went back in time gives a window the number of another one, and Redis skips its dispatches",
        gives("window-number", "context.number + 1"),
        red=EPOCHS + "test_a_window_never_bears_the_number_of_one_that_mongo_has_forgotten",
    ),
    mutant(
        "now is decided once",
        "what comes after a first run that died is skipped",
        gives("now-decided-once", "(state.current_version or 0, fence.resume) if fence.resume else None"),
        red=EPOCHS + "test_what_comes_after_a_first_run_that_died_is_not_skipped",
    ),
    mutant(
        "a first run, and nothing but that",
        "RELAY_FIRST_RUN=now skips what waits after Mongo and fence were lost",
        without("first-run-only", 1),
        red=EPOCHS + "test_a_queue_that_knows_the_source_is_no_first_run",
    ),
    mutant(
        "a generation for the epoch, another for its first window",
        "a relay that dies before the first seal of an epoch leaves a fence that looks like an older one",
        gone("generation-for-first-window"),
        red=EPOCHS + "test_the_fence_of_its_first_window_does_not_look_older_than_the_epoch",
    ),
    mutant(
        "the name of the database",
        "two databases on one MongoDB take each other's state for their own",
        gives("database-name", "source"),
        red="tests/integration/relay/test_two_databases.py"
        "::test_a_database_that_is_called_otherwise_now_keeps_its_state_by_its_old_name",
    ),
)
