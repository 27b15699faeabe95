"""Guards in Redis: the offset, its chain, and the call that does all or nothing."""

from __future__ import annotations

from tests.mutants.mutant import becomes, gone, mutant, without

TEST_PUBLISHER = "tests/contract/test_publisher.py::TestRedisPublisher::"

QUEUE_PLAN = (
    mutant(
        "offset",
        "a batch whose reply was lost is pushed twice",
        becomes("offset-of-all", "if ARGV[6] ~= '' then"),
        becomes("offset-of-each", "if true then"),
        red=TEST_PUBLISHER + "test_a_retry_changes_nothing",
    ),
    mutant(
        "the offset's chain",
        "what Redis lost is skipped, since what follows it moves the offset",
        becomes("offset-chain", "if false then"),
        red=TEST_PUBLISHER + "test_a_gap_is_refused",
    ),
    mutant(
        "the chain of a new epoch",
        "a relay that was paused, of an epoch that has ended, pushes",
        becomes("chain-of-new-epoch", "elseif false then"),
        red=TEST_PUBLISHER + "test_another_epoch_is_refused_anywhere_else",
    ),
    mutant(
        "offsets are numbers",
        "window 10 comes before window 9",
        becomes(
            "offsets-are-numbers",
            "local function beyond(a, b, c, d) return tostring(a) > tostring(c) or (a == c and b > d) end",
        ),
        red=TEST_PUBLISHER + "test_numbers_are_compared_as_numbers",
    ),
    mutant(
        "the offset moves with the queue",
        "what was pushed is pushed again",
        gone("offset-moves"),
        red=TEST_PUBLISHER + "test_the_offset_is_that_of_the_last_dispatch",
    ),
    mutant(
        "the chain of calls in flight",
        "what Redis loses between two calls of a batch is skipped",
        gone("chain-in-flight"),
        red="tests/contract/test_redis_batches.py::test_what_is_lost_between_two_calls_is_noticed",
    ),
    mutant(
        "an offset for each relay",
        "two relays on one Redis take each other's offsets for their own",
        without("offset-key", 1),
        red="tests/contract/test_redis_publisher.py::test_two_relays_on_one_redis_keep_their_offsets_apart",
    ),
    mutant(
        "torn writes",
        "a push that Redis's file holds by half comes back with the start after the next",
        gone("torn-writes"),
        red="tests/integration/relay/test_redis_losses.py::test_a_torn_push_does_not_come_back_with_the_next_start[40]",
    ),
)
