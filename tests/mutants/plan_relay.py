"""Guards around the cycle: who may begin one, when none is due, and under which id a row is dispatched."""

from __future__ import annotations

from tests.mutants.mutant import always, gives, gone, mutant, never, without

TEST_HEARTBEAT = "tests/unit/relay/cycle/test_heartbeat.py::"
TEST_IDENTITY = "tests/unit/relay/cycle/test_task_ids.py::test_what_differs_has_another_id"
TEST_IDLE = "tests/unit/relay/operations/test_idle.py::"

RELAY_PLAN = (
    mutant(
        "the id holds the version",
        "a row that becomes pending again is taken for dispatched",
        gives("id-holds-version", """f'"b",{window.number}' if row.version is None else '"v"'"""),
        red=TEST_IDENTITY + "[version]",
    ),
    mutant(
        "the id holds the epoch",
        "what a new epoch dispatches is taken for dispatched",
        without("id-holds-epoch-and-base", 2),
        red=TEST_IDENTITY + "[epoch]",
    ),
    mutant(
        "the id holds the key's types",
        "of two rows that look alike one is taken for the other",
        without("id-holds-key-types", 0),
        red="tests/unit/relay/cycle/test_task_ids.py::test_no_two_keys_meet",
    ),
    mutant(
        "the id of a row without a version",
        "a row that a baseline has sent is taken for dispatched by every later one",
        gives("id-holds-version", """'"b"' if row.version is None else f'"v",{row.version}'"""),
        red=TEST_IDENTITY + "[two baselines]",
    ),
    mutant(
        "an idle source has no open window",
        "what a relay that died has sealed waits for the next change",
        without("idle-without-open-window", 0),
        red=TEST_IDLE + "test_a_checkpoint_that_is_not_finished_has_work",
    ),
    mutant(
        "an idle source has its fence",
        "a restored database is not noticed before its next change",
        never("idle-with-its-fence"),
        red=TEST_IDLE + "test_a_table_that_is_not_as_sealed_has_work",
    ),
    mutant(
        "an idle source's queue is whole",
        "what Redis lost waits for the next change",
        gives("idle-with-whole-queue", "True"),
        red=TEST_IDLE + "test_a_queue_that_stands_elsewhere_has_work[lost]",
    ),
    mutant(
        "the lease lasts while work moves",
        "a statement that never answers holds its source for ever",
        never("stall"),
        red=TEST_HEARTBEAT + "test_without_progress_the_statement_is_cancelled_once_and_the_lease_left",
    ),
    mutant(
        "heartbeat",
        "a window that takes longer than the lease is never sealed",
        gives("heartbeat", "True"),
        red=TEST_HEARTBEAT + "test_the_lease_is_renewed_inside_the_block",
    ),
    mutant(
        "recovered only with proof",
        "a tick that did nothing says that a service is back",
        always("recovered-only-with-proof"),
        red="tests/unit/relay/worker/test_reporting.py::test_a_tick_that_finds_the_lease_taken_is_no_proof_that_it_is_over",
    ),
    mutant(
        "held source proves nothing",
        "a scan that finds its lease taken says that a service is back",
        gone("held-source-proves-nothing"),
        red="tests/unit/relay/test_tasks.py::test_a_scan_that_finds_the_lease_taken_does_not_say_that_it_is_over",
    ),
    mutant(
        "lost ticks",
        "a worker that loses its connection to Redis ends",
        gone("lost-ticks"),
        red="tests/integration/relay/test_lost_ticks.py::test_a_worker_outlives_the_loss_of_its_connection",
    ),
)
