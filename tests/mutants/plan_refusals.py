"""Guards between what a person has to fix and an outage: each is told as what it is."""

from __future__ import annotations

from tests.mutants.mutant import always, gives, mutant, never, when

TEST_ADDRESS = "tests/unit/common/test_server_address.py::test_what_the_driver_would_look_for_in_vain_is_told"
TEST_CHAINS = "tests/unit/relay/test_error_chains.py::"
TEST_REFUSAL = TEST_CHAINS + "test_a_refusal_within_is_no_outage_and_has_its_remedy"
TEST_ENDING = "tests/unit/relay/operations/test_ending.py::"
TEST_START = "tests/integration/refusals/test_start_check.py::"

REFUSALS_PLAN = (
    mutant(
        "each cause once",
        "errors that name one another keep a process busy for ever, and it says nothing",
        always("each-cause-once"),
        red="tests/unit/common/test_causes.py::test_errors_that_name_one_another_end",
    ),
    mutant(
        "a colon before the port",
        "the driver takes host:port for a name, and relay says that SQL Server is away, for ever",
        never("host-colon-port"),
        red=TEST_ADDRESS + "[sql:1433-behind a comma, not a colon: write host,port]",
    ),
    mutant(
        "a port is a number",
        "the driver waits until its time is up, and relay says that SQL Server is away, for ever",
        never("port-is-a-number"),
        red=TEST_ADDRESS + "[sql,65536-a number from 1 to 65535]",
    ),
    mutant(
        "what the ODBC driver refuses",
        "a certificate that nobody trusts is told as an outage",
        when("driver-refusals", "number in REMEDIES"),
        red=TEST_REFUSAL + "[SQL Server: it does not encrypt]",
    ),
    mutant(
        "numbers of the server",
        "a socket's error is taken for what SQL Server answered, and a lost connection for a refusal",
        always("numbers-of-the-server"),
        red="tests/unit/common/test_mssql_errors.py::test_state_and_number_are_read_from_the_message[error4-08001-None]",
    ),
    mutant(
        "what MongoDB's servers said",
        "a wrong port or replica set is told as an outage",
        gives("servers-said", "None"),
        red=TEST_REFUSAL + "[MongoDB: what answers there is not]",
    ),
    mutant(
        "what Redis refuses",
        "a wrong password is told as an outage",
        gives("redis-refusals", "isinstance(error, AWAY)"),
        red=TEST_REFUSAL + "[Redis: the user was refused]",
    ),
    mutant(
        "a refusal behind an outage",
        "what a library has wrapped is told as an outage, and tried again for ever",
        never("refusal-behind-an-outage"),
        red=TEST_REFUSAL + "[broker: its certificate0]",
    ),
    mutant(
        "defects stay defects",
        "a defect that comes up while an outage is handled is never reported",
        always("defects-stay-defects"),
        red=TEST_CHAINS + "test_a_defect_is_neither[KeyError('a bug in what handles it')]",
    ),
    mutant(
        "what TLS refuses",
        "a server with the wrong TLS ends a command with a traceback",
        never("tls-refusals"),
        red=TEST_REFUSAL + "[broker: it does not take this TLS]",
    ),
    mutant(
        "another service at the address",
        "a wrong port is told as an outage",
        never("spoken-in-another-language"),
        red=TEST_ENDING + "test_a_service_of_another_kind_is_not_away",
    ),
    mutant(
        "no SQL Server Browser",
        "an instance whose port nobody knows is told as an outage",
        gives("no-browser", "None"),
        red=TEST_ENDING + "test_a_named_instance_without_a_browser[False]",
    ),
    mutant(
        "a master that no sentinel knows",
        "a wrong RELAY_SENTINEL_MASTER is told as an outage",
        always("master-unknown"),
        red=TEST_START + "test_a_broker_that_refuses[master]",
    ),
    mutant(
        "away or wrong",
        "a command never looks at the address again, and tells a wrong one as an outage",
        never("away-or-wrong"),
        red=TEST_ENDING + "test_a_service_of_another_kind_is_not_away",
    ),
    mutant(
        "a broker that refuses, at the start",
        "a worker with a wrong password starts and waits for ever",
        never("broker-refuses-at-the-start"),
        red=TEST_START + "test_a_broker_that_refuses[password]",
    ),
    mutant(
        "a broker that refuses, while at work",
        "a password that is changed under a worker is an outage, in Celery's words",
        never("refused-while-at-work"),
        red="tests/unit/relay/worker/test_log_filter.py::"
        "test_a_broker_that_refuses_is_told_as_relay_tells_it_once_and_so_is_one_that_is_away",
    ),
    mutant(
        "said once",
        "a command says of each source what is wrong with a service",
        never("said-once"),
        red="tests/unit/relay/cli/test_each_source.py::test_what_is_wrong_with_all_is_said_once",
    ),
    mutant(
        "what is said in a pipeline",
        "a Redis with too few replicas ends the worker, by what redis-py puts before its answer",
        gives("said-in-a-pipeline", "str(error)"),
        red="tests/unit/relay/test_error_policy.py"
        "::test_what_redis_refuses_in_a_pipeline_is_what_it_refuses_elsewhere[too few replicas]",
    ),
)
