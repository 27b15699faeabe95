"""Guards in what is written to MongoDB: leases, checkpoints, journal."""

from __future__ import annotations

from tests.mutants.mutant import always, argument, becomes, gives, gone, mutant, without

OUR_TIME = '{"$literal": __import__("datetime").datetime.fromtimestamp(__import__("time").time() + 15)}'
TEST_CONCERNS = "tests/contract/test_mongo_concerns.py::"
STALE_READS = "tests/integration/faults/test_stale_reads.py::"
TEST_CHECKPOINTS = "tests/contract/test_checkpoints.py::TestMongoCheckpoints::"
TEST_JOURNAL = "tests/contract/test_journal.py::TestMongoJournal::"
TEST_LEASES = "tests/contract/test_leases.py::TestMongoLeases::"

MONGO_PLAN = (
    mutant(
        "a lease is one relay's",
        "two relays work on a source at a time",
        gives("expired-lease", '{"$literal": True}'),
        red=TEST_LEASES + "test_only_one_holds_a_source",
    ),
    mutant(
        "a lease ends within its term",
        "a relay that dies before MongoDB's clock is set back by an hour keeps a source from the others for an hour",
        gives("lease-term", '{"$literal": False}'),
        red=TEST_LEASES + "test_a_lease_keeps_nobody_waiting_for_longer_than_its_term_when_the_clock_is_set_back",
    ),
    mutant(
        "generation",
        "two seals bear the same generation, and a fence tells them no longer apart",
        gives("lease-generation", '{"$literal": 1}'),
        red=TEST_LEASES + "test_every_holder_has_a_later_generation",
    ),
    mutant(
        "the lease's owner",
        "a relay that was paused takes its successor's lease for its own",
        without("lease-owner", "lease.owner"),
        red=TEST_LEASES + "test_a_lease_is_its_holders_until_somebody_takes_it",
    ),
    mutant(
        "a lease is asked for by a write",
        "a primary that was deposed says that the lease still holds",
        gives("lease-asked-by-write", "self._checkpoints.find_one(_ours(lease)) is not None"),
        red=STALE_READS + "test_a_deposed_primary_gives_and_keeps_no_lease",
    ),
    mutant(
        "the server's time",
        "a relay whose clock is an hour ahead, and dies, keeps a source from the others for an hour",
        gives("lease-by-server-time", OUR_TIME),
        red=TEST_LEASES + "test_a_step_of_the_local_clock_changes_no_lease[1]",
    ),
    mutant(
        "the checkpoint comes with the lease",
        "a cycle decides by a checkpoint that its predecessor has changed since",
        without("checkpoint-with-lease", "checkpoint"),
        red=TEST_LEASES + "test_a_lease_brings_the_checkpoint_as_it_is",
    ),
    mutant(
        "the seal's owner",
        "a relay that was paused seals",
        without("checkpoint-owner", "lease.owner"),
        red=TEST_CHECKPOINTS + "test_a_former_owner_does_not_seal",
    ),
    mutant(
        "the seal's watermark",
        "a window is sealed that does not begin where the last one ended",
        without("seal-compares", "version"),
        red=TEST_CHECKPOINTS + "test_a_seal_compares_watermark_and_epoch[other watermark]",
    ),
    mutant(
        "the seal's epoch",
        "a window of an epoch that has ended is sealed",
        without("seal-compares", "epoch"),
        red=TEST_CHECKPOINTS + "test_a_seal_compares_watermark_and_epoch[other epoch]",
    ),
    mutant(
        "no seal over an open window",
        "what the open window still holds is never sent",
        without("seal-compares", "open_window"),
        red=TEST_CHECKPOINTS + "test_no_seal_over_an_open_window",
    ),
    mutant(
        "a seal whose reply is lost",
        "a sealed window is taken for one that was not",
        gives("seal-reply-lost", "False"),
        red=TEST_CHECKPOINTS + "test_a_seal_whose_reply_is_lost_is_read_back[True]",
    ),
    mutant(
        "no epoch over an open window",
        "what the open window still holds is never sent",
        without("no-epoch-over-open-window", "open_window"),
        red=TEST_CHECKPOINTS + "test_no_epoch_begins_over_an_open_window",
    ),
    mutant(
        "the window that is closed",
        "a relay that was paused closes its successor's window",
        without("close-compares", "open_window.id"),
        red=TEST_CHECKPOINTS + "test_only_the_open_window_is_closed",
    ),
    mutant(
        "own takeover",
        "what an earlier attempt of the same cycle prepared is taken for dispatched",
        gives("takeover-of-earlier", '{"$lt": dispatch.window.generation}'),
        red=TEST_JOURNAL + "test_what_was_never_published_is_replaced",
    ),
    mutant(
        "takeover of the published",
        "what is in the queue is dispatched again",
        gone("takeover-of-unpublished"),
        red=TEST_JOURNAL + "test_what_happens_to_it_while_it_is_taken_over_decides[published]",
    ),
    mutant(
        "takeover of a later generation",
        "a relay that was paused writes over what its successor prepared",
        gone("takeover-of-earlier"),
        red=TEST_JOURNAL + "test_a_later_generation_is_told_apart",
    ),
    mutant(
        "discarding what was published",
        "what the queue may lose is not in the journal any more",
        without("discard-unpublished", "status"),
        red=TEST_JOURNAL + "test_what_was_published_is_not_discarded",
    ),
    mutant(
        "discarding what is closed",
        "what was rejected is not told any more",
        gone("discard-unclosed"),
        red=TEST_JOURNAL + "test_rejected_rows_of_a_closed_window_are_not_discarded",
    ),
    mutant(
        "what no close has let expire",
        "what was published of a window that was abandoned stays in the log for ever",
        becomes("abandoned-expires", "break"),
        red=TEST_JOURNAL + "test_what_an_ended_epoch_has_published_expires",
    ),
    mutant(
        "an open window does not expire",
        "a queue that is full for longer than the log is kept leaves holes in the journal, and all is sent again",
        always("open-window-is-kept"),
        red=TEST_JOURNAL + "test_no_dispatch_of_an_open_window_expires",
    ),
    mutant(
        "discarding what is sealed",
        "the open window is never sent",
        gone("discard-unsealed"),
        red=TEST_JOURNAL + "test_the_open_window_is_not_discarded",
    ),
    mutant(
        "discarding what is later",
        "a relay that was paused deletes what its successor prepared",
        gone("discard-earlier"),
        red=TEST_JOURNAL + "test_later_generations_are_not_discarded",
    ),
    mutant(
        "repair ends at the first that is PREPARED",
        "the offset passes what was never pushed",
        gives(
            "repair-stops-at-prepared",
            '(each for each in chain.from_iterable(found) if each["status"] != PREPARED)',
        ),
        red=TEST_JOURNAL + "test_it_stops_at_the_first_one_that_is_still_prepared",
    ),
    mutant(
        "a window that is read by its end",
        "repair goes on with what nobody has pushed yet",
        gives("window-ends-before-prepared", "{}"),
        red=TEST_JOURNAL + "test_an_open_window_ends_before_the_first_that_is_still_prepared[2]",
    ),
    mutant(
        "overtaken by what was sealed",
        "what a dead attempt prepared keeps a row's last dispatch from being pushed again",
        gone("overtaken-by-what-was-sealed"),
        red=TEST_JOURNAL + "test_what_never_goes_out_overtakes_nothing[PREPARED]",
    ),
    mutant(
        "overtaken by what is sent",
        "a row whose last change cannot be sent is not pushed again as it was sent before",
        gone("overtaken-by-what-is-sent"),
        red=TEST_JOURNAL + "test_what_never_goes_out_overtakes_nothing[REJECTED]",
    ),
    mutant(
        "overtaken up to the end",
        "what repair does not come to keeps a row's last dispatch from being pushed again",
        always("overtaken-up-to-the-end"),
        red=TEST_JOURNAL + "test_what_lies_beyond_the_end_overtakes_nothing",
    ),
    mutant(
        "a quick worker's status",
        "a document that is done waits again",
        without("quick-workers-status", "status"),
        red=TEST_JOURNAL + "test_a_quick_workers_status_stays",
    ),
    mutant(
        "a dispatch that was taken over",
        "a relay that was paused notes as pushed what its successor has yet to push",
        without("own-dispatches", "window_id"),
        red=TEST_JOURNAL + "test_a_dispatch_that_another_cycle_took_over_is_not_marked",
    ),
    mutant(
        "majority",
        "a failover takes back what was sealed",
        gives("write-a-majority", "WriteConcern(1)"),
        red="tests/contract/test_journal.py::test_everything_is_written_to_the_disks_of_a_majority",
    ),
    mutant(
        "a majority that was not reached",
        "a failover takes back what was prepared",
        without("majority-reached", 1),
        red=TEST_JOURNAL + "test_trouble_other_than_a_duplicate_is_raised[not with a majority]",
    ),
    mutant(
        "reads of the primary",
        "a secondary that lags says that the journal has holes, and all that waits is sent again",
        gives("read-the-primary", "client.read_preference"),
        red=TEST_CONCERNS + "test_reads_and_writes_are_relays_own[readPreference=secondaryPreferred]",
    ),
    mutant(
        "reads of what a majority has",
        "what a failover takes back is taken for written",
        gives("read-a-majority", "client.read_concern"),
        red=TEST_CONCERNS + "test_reads_and_writes_are_relays_own[readConcernLevel=local]",
    ),
    mutant(
        "what is overruled is told",
        "somebody believes that his URI is obeyed",
        gone("uri-overruled"),
        red=TEST_CONCERNS + "test_what_is_overruled_is_told_once[readPreference=secondary-named1]",
    ),
    mutant(
        "causal order",
        "a primary that was deposed says that the journal does not hold what was written since",
        argument("causal-order", "causal_consistency", "False"),
        red=STALE_READS + "test_a_member_that_has_not_seen_our_writes_gives_no_answer[count]",
    ),
)
