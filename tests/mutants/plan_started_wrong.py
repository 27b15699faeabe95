"""Guards of what people start in a wrong way: each is told in one line, and none stands still."""

from __future__ import annotations

from tests.mutants.mutant import becomes, gives, gone, mutant, never

TEST_CONSUMERS = "tests/integration/refusals/test_consumers.py::"
TEST_STREAMS = "tests/unit/relay/test_standard_streams.py::"
TEST_CHAINS = "tests/unit/relay/test_error_chains.py::"

STARTED_WRONG_PLAN = (
    mutant(
        "a refusal while consuming",
        "a Redis that is full for a moment, or a replica, ends every worker with a traceback",
        gives("refused-while-consuming", "False"),
        red=TEST_CONSUMERS + "test_a_redis_that_takes_nothing_for_a_while[memory]",
    ),
    mutant(
        "a refusal before consuming",
        "a worker whose user lacks a right starts, and tries for ever",
        gone("refused-before-consuming"),
        red=TEST_CONSUMERS + "test_a_right_that_only_the_consumer_needs[blind]",
    ),
    mutant(
        "a refusal is said once",
        "each try of a worker that is refused is a line more, in Celery's words",
        never("refusals-said-once"),
        red="tests/unit/relay/worker/test_log_filter.py::test_a_refusal_is_left_to_relays_consumer",
    ),
    mutant(
        "the system's errors",
        "a pid file that cannot be written is a traceback of thirty lines",
        gives("the-systems-errors", "True"),
        red="tests/unit/relay/worker/test_log_filter.py::"
        "test_what_the_system_refuses_a_worker_is_one_line[error0-True]",
    ),
    mutant(
        "names that can be looked up",
        "REDIS_HOST=. ends each command with the traceback of a UnicodeError",
        gives("name-that-can-be-looked-up", "None"),
        red="tests/unit/common/test_config.py::test_a_redis_host_is_a_host_alone[.-an empty part]",
    ),
    mutant(
        "a configuration module of another service",
        "a CELERY_CONFIG_MODULE that was set for another service ends relay with a traceback",
        becomes("configuration-module-of-celery", "raise"),
        red="tests/unit/relay/test_celery_app.py::test_a_configuration_that_cannot_be_loaded_is_one_line",
    ),
    mutant(
        "strict, and no answer",
        "with MSSQL_ENCRYPT=strict the driver waits for ever for a server that takes connections and says nothing",
        never("strict-answers-first"),
        red="tests/unit/common/test_first_answer.py::test_the_driver_is_not_asked_to_wait_for_a_server_that_says_nothing[strict]",
    ),
    mutant(
        "closed streams",
        "a worker whose standard output is closed ends with a traceback",
        never("closed-streams"),
        red=TEST_STREAMS + "test_nothing_takes_the_place_of_a_closed_stream[1>&-]",
    ),
    mutant(
        "output is no service",
        "an ended `head` and a full disk are told as an outage of Redis",
        gone("output-is-no-service"),
        red=TEST_STREAMS + "test_a_full_disk_is_one_line_and_no_outage[]",
    ),
    mutant(
        "regular files",
        "a pipe in the place of .env is an empty file, and a device one without an end",
        never("regular-files"),
        red="tests/unit/common/test_text_file.py::test_a_pipe_that_nobody_writes_to_is_not_waited_for",
    ),
    mutant(
        "a URI that the driver refuses",
        "an option of MONGO_URI that pymongo does not take is a defect, with a traceback at every tick",
        gives("uri-that-the-driver-refuses", "None"),
        red=TEST_CHAINS + "test_a_uri_that_the_driver_refuses_is_for_a_person",
    ),
)
