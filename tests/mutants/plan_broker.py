"""Guards around the broker: which it is, with which options, and what RabbitMQ has confirmed."""

from __future__ import annotations

from tests.mutants.mutant import always, argument, gone, mutant, never, when, without

TEST_RABBITMQ = "tests/contract/test_rabbitmq_publisher.py::"
TEST_FAILURES = "tests/contract/test_rabbitmq_failures.py::"
TEST_OTHERS = "tests/unit/relay/broker/test_other_brokers.py::"
TEST_OPTIONS = "tests/contract/test_redis_options.py::"
TEST_BROKER = "tests/unit/relay/broker/test_settings.py::"

BROKER_PLAN = (
    mutant(
        "mandatory",
        "what no queue takes RabbitMQ throws away, and says so to nobody",
        argument("mandatory", "mandatory", "False"),
        red=TEST_RABBITMQ + "test_a_queue_that_nobody_has_declared_fails_the_batch_with_the_remedy",
    ),
    mutant(
        "confirmations",
        "what a broker that dies has not taken yet is PENDING",
        never("confirmations"),
        red=TEST_FAILURES + "test_a_broker_that_dies_before_it_confirms_fails_the_batch",
    ),
    mutant(
        "returned is not confirmed",
        "what a queue that was declared in the midst of a batch has taken is sent again",
        when("returned-is-not-confirmed", "sent.task_id is not None and sent.queue not in self.without_queue"),
        red=TEST_RABBITMQ + "test_a_queue_that_is_declared_in_the_midst_of_a_batch_gets_each_message_once",
    ),
    mutant(
        "refusals",
        "what a full queue refuses is PENDING",
        never("refusals"),
        red=TEST_RABBITMQ + "test_a_queue_that_is_full_refuses_and_gets_each_message_once[classic]",
    ),
    mutant(
        "what was confirmed is left out",
        "the part of a batch that a full queue has taken is sent again with every try",
        without("confirmed-left-out", 1),
        red=TEST_RABBITMQ + "test_what_was_confirmed_of_a_batch_that_failed_is_not_sent_again",
    ),
    mutant(
        "a RabbitMQ that takes nothing",
        "each try while it is low on memory is one more copy of the batch, which it takes afterwards",
        gone("broker-takes-messages"),
        red=TEST_FAILURES + "test_a_broker_that_is_low_on_memory_gets_no_copy_of_the_batch_with_every_try",
    ),
    mutant(
        "headers fit into a frame",
        "RabbitMQ closes the connection at a long text: its source stands still, and the rows before it are sent again"
        " with every try",
        without("headers-fit", "longest_repr"),
        red=TEST_RABBITMQ + "test_a_long_text_arrives_whole_and_its_neighbours_once[a]",
    ),
    mutant(
        "a broker that cannot confirm",
        "what it loses nobody learns",
        always("can-confirm"),
        red=TEST_BROKER + "test_every_transport_of_kombus_is_supported_or_refused_by_name[memory]",
    ),
    mutant(
        "only relay's settings choose the broker",
        "a variable that was set for another service sends the documents elsewhere",
        gone("own-settings-only"),
        red=TEST_OTHERS + "test_a_variable_of_celerys_that_names_another_broker_is_refused[CELERY_BROKER_WRITE_URL]",
    ),
    mutant(
        "Celery's configuration agrees",
        "a configuration module of another service sends the documents elsewhere",
        never("celery-agrees"),
        red=TEST_OTHERS
        + "test_a_configuration_that_names_another_broker_is_refused[broker_write_url-redis://:broker-pw"
        "@elsewhere/0]",
    ),
    mutant(
        "options that nobody knows",
        "a prefix that is misspelt puts documents where no worker looks",
        never("known-options"),
        red=TEST_BROKER + "test_an_option_that_makes_no_sense_is_one_line_that_names_it[redis://host-options0-no option"
        " global_key_prefix; did you mean global_keyprefix?]",
    ),
    mutant(
        "the queue follows the prefix",
        "documents go to a list that no worker service reads",
        without("queue-follows-prefix", 0),
        red=TEST_OPTIONS + "test_the_offset_follows_the_prefix[RELAY_BROKER_OPTIONS-global_keyprefix]",
    ),
    mutant(
        "the offset follows the prefix",
        "it stands where a user that is restricted to the prefix may not write",
        without("offset-key", 0),
        red=TEST_OPTIONS + "test_the_offset_follows_the_prefix[RELAY_BROKER_OPTIONS-global_keyprefix]",
    ),
    mutant(
        "no cluster",
        "a queue and its offset are on two servers, and nothing moves both at once",
        never("no-cluster"),
        red="tests/contract/test_redis_kinds.py::test_a_cluster_is_refused_by_name",
    ),
    mutant(
        "names that are taken",
        "a source whose queue is relay's own has its documents eaten",
        never("names-taken"),
        red="tests/unit/relay/sources/test_file.py::test_names_that_are_relays_own_are_refused",
    ),
    mutant(
        "relay's workers consume relay's queue only",
        "a worker with -Q takes the documents of a worker service, and they are gone",
        never("own-queue-only"),
        red="tests/unit/relay/worker/test_own_queue.py::test_with_any_other_it_ends_with_a_line[consumes0-None-relay,"
        " sale_queue]",
    ),
    mutant(
        "messages in hand",
        "a relay whose clock is ahead gives the worker services' documents to a second worker",
        gone("own-messages-in-hand"),
        red="tests/integration/relay/test_messages_in_hand.py"
        "::test_relays_workers_give_back_their_own_and_nobody_elses[others]",
    ),
)
