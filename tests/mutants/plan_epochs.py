"""Guards around epochs: whose source it is, which definition holds, and when a person has to decide."""

from __future__ import annotations

from tests.mutants.mutant import mutant
from tests.mutants.plan_window import BASELINE, CRASH_POINTS, FENCES, WINDOW

ADMISSION = "relay/cycle/admission.py"
CHAIN = "relay/cycle/window_chain.py"
HEARTBEAT = "relay/cycle/heartbeat.py"
IDENTITY = "relay/cycle/task_ids.py"
IDLE = "relay/operations/idle.py"
EPOCH = "relay/cycle/epochs.py"
OWNERSHIP = "relay/cycle/ownership.py"
RESUME = "common/database/mssql/resume.py"
SNAPSHOT = "common/database/mssql/snapshot.py"
TEST_CHANGES = "tests/contract/test_change_source.py::TestMSSQLClient::"
EPOCHS = "tests/unit/histories/test_epochs.py::"

EPOCHS_PLAN = (
    mutant(
        "another Mongo at work",
        "two relays with a MongoDB each send again what waits, in turn",
        (ADMISSION, "    if fence.age_seconds < fresh_seconds:", "    if False:"),
        red=EPOCHS + "test_a_fence_of_another_mongo_that_is_fresh_is_left_alone",
    ),
    mutant(
        "whose fence, before a push over another epoch's offset",
        "a relay that was relieved of a source pushes again at every tick what it pushed before",
        ("relay/cycle/recover.py", "if is_first and not check_owner(context):", "if False:"),
        red=EPOCHS + "test_who_was_relieved_of_a_source_pushes_nothing_any_more",
    ),
    mutant(
        "whose fence, before an open window is drained",
        "a relay that was relieved of a source, under another name of Mongo's database, pushes its open window again",
        (
            "relay/cycle/run.py",
            "context.checkpoint.open_window and check_owner(context) and not drain",
            "context.checkpoint.open_window and not drain",
        ),
        red=EPOCHS + "test_who_was_relieved_and_keeps_an_offset_of_its_own_does_not_push_its_open_window",
    ),
    mutant(
        "the fence's Mongo",
        "a relay with another MongoDB takes the fence of the epoch that went on there for its own",
        (BASELINE, " or fence.store != checkpoint.store:\n        return False", ":\n        return False"),
        red=FENCES + "[other Mongo]",
    ),
    mutant(
        "the fence is renewed while a cycle works",
        "a relay in the middle of a large window looks as if it had been given up",
        (HEARTBEAT, "        while not done.wait(self._fence_interval):", "        while False:"),
        red="tests/unit/relay/cycle/test_heartbeat.py::test_the_fence_is_renewed_now_and_then",
    ),
    mutant(
        "the fence is renewed while nothing is to be done",
        "an idle relay looks as if it had been given up",
        (
            IDLE,
            "        if state is not None and state.updateable and _is_to_be_renewed(state.fence, checkpoint):",
            "        if False:",
        ),
        red="tests/unit/relay/operations/test_idle.py::test_a_fence_that_grows_old_is_renewed",
    ),
    mutant(
        "no renewal in a database that can only be read",
        "every look warns of a fence that was not renewed, beside the error that names the cause",
        (IDLE, "state.updateable and _is_to_be_renewed", "_is_to_be_renewed"),
        red="tests/unit/relay/operations/test_idle.py::"
        "test_one_in_a_database_that_can_only_be_read_is_left_to_the_cycle_which_tells_it",
    ),
    mutant(
        "a fence that a person left empty",
        "its source stands still without a word: there is no fence to move, and none can be inserted",
        (SNAPSHOT, "    if row.marked is not None:", "    if row.epoch:"),
        red=TEST_CHANGES + "test_a_fence_that_a_person_left_empty_is_a_fence_all_the_same[epoch]",
    ),
    mutant(
        "what a fence tells, looked at",
        "a text that a person wrote into the fence ends every cycle with a TypeError",
        (RESUME, "    return resume if _is_sound(resume) else None", "    return resume"),
        red="tests/unit/common/test_resume.py::test_a_value_that_is_not_one_of_relays_vouches_for_nothing",
    ),
    mutant(
        "an adoption that came to nothing",
        "`relay adopt` ends well although somebody else holds the source",
        ("relay/operations/service.py", "    if report.version is None:", "    if False:"),
        red="tests/integration/relay/test_command_line.py::"
        "test_a_source_that_somebody_works_on_is_not_adopted_in_silence",
    ),
    mutant(
        "the status knows whose a source is",
        "`relay status` announces a baseline where the cycle leaves the source to another relay",
        (
            "relay/operations/status.py",
            "        check_nobody_else_is_at_work(",
            "        _ = lambda: check_nobody_else_is_at_work(",
        ),
        red="tests/unit/relay/operations/test_status.py::test_a_source_on_which_another_mongos_relay_works",
    ),
    mutant(
        "what vouches for an adoption",
        "what another relay has sealed and not yet pushed is never sent",
        (EPOCH, "    return fence.resume if vouches else None", "    return fence.resume"),
        red=EPOCHS + "test_a_window_that_was_sealed_and_not_yet_pushed_is_vouched_for_by_nobody",
    ),
    mutant(
        "an adoption that died half-way",
        "what was vouched for is sent again",
        (EPOCH, "    is_half_adopted = ", "    is_half_adopted = False and "),
        (EPOCH, "    if not (context.adopts or is_half_adopted):", "    if not context.adopts or is_half_adopted:"),
        red=EPOCHS + "test_an_adoption_that_died_half_way_is_finished_by_the_next_cycle",
    ),
    mutant(
        "definitions that were superseded",
        "two versions of the file of sources send again what waits, in turn",
        (ADMISSION, "    if source.definition in checkpoint.superseded:", "    if False:"),
        red=EPOCHS + "test_a_definition_that_was_superseded_names_who_brought_the_present_one",
    ),
    mutant(
        "the breaker",
        "a source whose state is lost again and again sends without end",
        (EPOCH, "    if not context.stop_source(MOST_EPOCHS):", "    if True:"),
        red=EPOCHS + "test_a_source_whose_epochs_begin_too_often_is_stopped_until_it_is_adopted",
    ),
    mutant(
        "the breaker stays open",
        "a source that begins too often goes on by itself ten minutes later",
        (ADMISSION, "    if checkpoint.stopped_at is not None:", "    if False:"),
        red=EPOCHS + "test_a_source_whose_epochs_begin_too_often_is_stopped_until_it_is_adopted",
    ),
    mutant(
        "the chain of windows",
        "what the journal lost before the queue did is never sent",
        (CHAIN, "return may_begin_late or window.follows == before", "return True"),
        red=EPOCHS + "test_a_window_that_the_journal_lost_before_the_queue_did_is_noticed",
    ),
    mutant(
        "windows that have expired",
        "an epoch that is older than the log is given up whenever the queue loses something",
        (CHAIN, "return may_begin_late or window.follows == before", "return window.follows == before"),
        red=EPOCHS + "test_windows_that_have_expired_are_not_missed",
    ),
    mutant(
        "the id holds the base",
        "what waits under a new definition is taken for dispatched",
        (IDENTITY, "{quoted(epoch)},{base},", "{quoted(epoch)},"),
        red=CRASH_POINTS + "[the_definition_changes]",
    ),
    mutant(
        "the base stays when only retention has passed",
        "what waits is sent again although its versions are known",
        (
            BASELINE,
            "return reason not in (None, Reason.RETENTION_PASSED)",
            "return reason is not None",
        ),
        red=EPOCHS + "test_what_waits_is_not_sent_again_when_only_retention_has_passed",
    ),
    mutant(
        "windows are counted by the fence, too",
        "a Mongo that went back in time gives a window the number of another one, and Redis skips its dispatches",
        (WINDOW, "max(context.number, fence.resume.number if fence and fence.resume else 0) + 1", "context.number + 1"),
        red=EPOCHS + "test_a_window_never_bears_the_number_of_one_that_mongo_has_forgotten",
    ),
    mutant(
        "now is decided once",
        "what comes after a first run that died is skipped",
        (
            EPOCH,
            "        return (fence.version, fence.resume) if fence.resume and fence.resume.is_first_run else None",
            "        return (state.current_version or 0, fence.resume) if fence.resume else None",
        ),
        red=EPOCHS + "test_what_comes_after_a_first_run_that_died_is_not_skipped",
    ),
    mutant(
        "a first run, and nothing but that",
        "RELAY_FIRST_RUN=now skips what waits after Mongo and fence were lost",
        (EPOCH, "    if has_lived or context.has_pushed() or", "    if has_lived or"),
        red=EPOCHS + "test_a_queue_that_knows_the_source_is_no_first_run",
    ),
    mutant(
        "a generation for the epoch, another for its first window",
        "a relay that dies before the first seal of an epoch leaves a fence that looks like an older one",
        (
            "relay/cycle/context.py",
            "        self.lease = replace(self.lease, generation=self.lease.generation + 1)\n",
            "",
        ),
        red=EPOCHS + "test_the_fence_of_its_first_window_does_not_look_older_than_the_epoch",
    ),
    mutant(
        "the name of the database",
        "two databases on one MongoDB take each other's state for their own",
        ("relay/wiring.py", "return replace(source, database=self.settings.database_name)", "return source"),
        red="tests/integration/relay/test_two_databases.py"
        "::test_a_database_that_is_called_otherwise_now_keeps_its_state_by_its_old_name",
    ),
)
