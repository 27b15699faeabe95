"""Guards in Redis: the offset, its chain, and the call that does all or nothing."""

from __future__ import annotations

from tests.mutants.mutant import mutant

PUBLISHER = "relay/broker/redis_publisher.py"
SCRIPT = "relay/broker/push_script.py"
TEST_PUBLISHER = "tests/contract/test_publisher.py::TestRedisPublisher::"

QUEUE_PLAN = (
    mutant(
        "offset",
        "a batch whose reply was lost is pushed twice",
        (SCRIPT, "  if not ours or beyond(tonumber(n), tonumber(s), number, seq) then\n", "  if true then\n"),
        red=TEST_PUBLISHER + "test_a_retry_changes_nothing",
    ),
    mutant(
        "the offset's chain",
        "what Redis lost is skipped, since what follows it moves the offset",
        (SCRIPT, "if after_epoch == epoch and beyond(after_number, after_seq, number, seq) then", "if false then"),
        red=TEST_PUBLISHER + "test_a_gap_is_refused",
    ),
    mutant(
        "the chain of a new epoch",
        "a relay that was paused, of an epoch that has ended, pushes",
        (
            SCRIPT,
            "elseif after_epoch ~= epoch or after_number ~= number or after_seq ~= seq then",
            "elseif false then",
        ),
        red=TEST_PUBLISHER + "test_another_epoch_is_refused_anywhere_else",
    ),
    mutant(
        "offsets are numbers",
        "cycle 10 comes before cycle 9",
        (SCRIPT, "return a > c or (a == c and b > d)", "return tostring(a) > tostring(c) or (a == c and b > d)"),
        red=TEST_PUBLISHER + "test_numbers_are_compared_as_numbers",
    ),
    mutant(
        "the offset moves with the queue",
        "what was pushed is pushed again",
        (SCRIPT, "if last then redis.call('SET', KEYS[1], last) end\n", ""),
        red=TEST_PUBLISHER + "test_the_offset_is_that_of_the_last_dispatch",
    ),
    mutant(
        "the chain of calls in flight",
        "what Redis loses between two calls of a batch is skipped",
        (PUBLISHER, "                after = alike[-1].offset\n", ""),
        red="tests/contract/test_redis_publisher.py::test_what_is_lost_in_the_midst_of_such_a_batch_is_noticed",
    ),
    mutant(
        "an offset for each relay",
        "two relays on one Redis take each other's offsets for their own",
        (PUBLISHER, "relay:{self._namespace}:{source.id}:offset", "relay:{source.id}:offset"),
        red="tests/contract/test_redis_publisher.py::test_two_relays_on_one_redis_keep_their_offsets_apart",
    ),
    mutant(
        "torn writes",
        "a push that Redis's file holds by half comes back with the start after the next",
        ("relay/cycle/recover.py", "            _discard_torn_writes(context)\n", "            pass\n"),
        red="tests/integration/relay/test_redis_losses.py::test_a_torn_push_does_not_come_back_with_the_next_start[40]",
    ),
)
