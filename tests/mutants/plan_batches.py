"""Guards around batches: how much is in memory and on its way, and what becomes of one that fails half-way."""

from __future__ import annotations

from tests.mutants.mutant import always, argument, becomes, gives, mutant, never, when

TEST_PIPELINE = "tests/unit/relay/broker/test_pipeline.py::"

BATCHES_PLAN = (
    mutant(
        "a batch's weight",
        "a thousand rows of a megabyte are in memory at a time, several times over",
        never("batch-weight"),
        red="tests/unit/common/test_batches.py::test_nothing_is_lost_and_no_bound_is_passed",
    ),
    mutant(
        "rows at a time",
        "a driver gives a thousand rows of a megabyte before anybody weighs them",
        gives("rows-at-a-time", "self._batch_size"),
        red="tests/integration/relay/test_large_rows.py::test_reading_takes_no_more_memory_for_more_rows",
    ),
    mutant(
        "what is kept is small",
        "a window of twenty thousand large rows is kept in memory to spare a look into the journal",
        when("kept-is-small", "is_few"),
        red="tests/unit/relay/cycle/test_prepare.py::test_what_is_kept_in_memory_is_bounded_by_its_text_too",
    ),
    mutant(
        "only rows that are asked for",
        "where many rows share a business id, the whole log of them is in memory",
        always("rows-asked-for"),
        red="tests/contract/test_journal.py::TestMongoJournal::test_rows_that_share_a_business_id_are_told_apart",
    ),
    mutant(
        "bytes in flight",
        "answers are waited for that nobody can send, and what came before a message that ends the connection is not"
        " known to have arrived",
        never("bytes-in-flight"),
        red=TEST_PIPELINE + "test_bytes_on_their_way_are_bounded[300-20000]",
    ),
    mutant(
        "a server that hung up is asked for its limit",
        "a message that Redis never takes is told as an outage of Redis, for ever",
        never("hung-up-for-its-size"),
        red="tests/contract/test_redis_message_size.py"
        "::test_a_message_that_redis_does_not_take_is_no_outage[9000000-encrypted_redis]",
    ),
    mutant(
        "no PING in a batch",
        "an answer to a call is taken for PONG: a batch that takes longer than three seconds fails at every try",
        argument("no-ping-in-batch", "check_health", "True"),
        red=TEST_PIPELINE + "test_no_ping_is_sent_between_calls_however_long_they_take",
    ),
    mutant(
        "a gap answered to any call",
        "what the queue lost is told as a refusal, which no repair follows",
        never("any-gap"),
        red=TEST_PIPELINE + "test_a_gap_answered_to_any_call_is_a_gap",
    ),
    mutant(
        "what arrived is marked when the rest fails",
        "a batch that fails at the same place sends all before it with every try",
        never("marked-when-rest-fails"),
        red="tests/unit/relay/cycle/test_partial_batches.py::test_what_arrived_is_marked_although_the_rest_failed",
    ),
    mutant(
        "confirmed from the beginning",
        "a message that a full queue has refused is PENDING, because a later one was taken",
        becomes("confirmed-from-the-beginning", "more = sum(1 for each in rest if self._is_over(each))"),
        red="tests/unit/relay/broker/test_confirmed_progress.py"
        "::test_only_what_is_confirmed_without_a_break_has_arrived",
    ),
)
