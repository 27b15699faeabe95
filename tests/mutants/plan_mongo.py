"""Guards in what is written to MongoDB: leases, checkpoints, journal."""

from __future__ import annotations

from tests.mutants.mutant import mutant

CHECKPOINTS = "common/database/mongo/checkpoints.py"
JOURNAL = "common/database/mongo/journal.py"
LEASES = "common/database/mongo/leases.py"
CONCERNS = "common/database/mongo/concerns.py"
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
        (LEASES, '{"$lte": ["$lease.expires_at", "$$NOW"]}', '{"$literal": True}'),
        red=TEST_LEASES + "test_only_one_holds_a_source",
    ),
    mutant(
        "a lease ends within its term",
        "a relay that dies before MongoDB's clock is set back by an hour keeps a source from the others for an hour",
        (LEASES, "[_NOBODYS, _EXPIRED, _BEYOND_ITS_TERM]", "[_NOBODYS, _EXPIRED]"),
        red=TEST_LEASES + "test_a_lease_keeps_nobody_waiting_for_longer_than_its_term_when_the_clock_is_set_back",
    ),
    mutant(
        "generation",
        "two seals bear the same generation, and a fence tells them no longer apart",
        (LEASES, '{"$add": [{"$ifNull": ["$lease.generation", 0]}, 1]}', '{"$literal": 1}'),
        red=TEST_LEASES + "test_every_holder_has_a_later_generation",
    ),
    mutant(
        "the lease's owner",
        "a relay that was paused takes its successor's lease for its own",
        (LEASES, '    return {"_id": lease.source, "lease.owner": lease.owner}', '    return {"_id": lease.source}'),
        red=TEST_LEASES + "test_a_lease_is_its_holders_until_somebody_takes_it",
    ),
    mutant(
        "a lease is asked for by a write",
        "a primary that was deposed says that the lease still holds",
        (
            LEASES,
            "self._checkpoints.update_one(_ours(lease), until).matched_count == 1",
            "self._checkpoints.find_one(_ours(lease), until and None) is not None",
        ),
        red=STALE_READS + "test_a_deposed_primary_gives_and_keeps_no_lease",
    ),
    mutant(
        "the server's time",
        "a relay whose clock is an hour ahead, and dies, keeps a source from the others for an hour",
        (LEASES, '"expires_at": self._expires_at,', f'"expires_at": {OUR_TIME},'),
        red=TEST_LEASES + "test_a_step_of_the_local_clock_changes_no_lease[1]",
    ),
    mutant(
        "the checkpoint comes with the lease",
        "a cycle decides by a checkpoint that its predecessor has changed since",
        (LEASES, ", checkpoint=checkpoint_of(document))", ")"),
        red=TEST_LEASES + "test_a_lease_brings_the_checkpoint_as_it_is",
    ),
    mutant(
        "the seal's owner",
        "a relay that was paused seals",
        (
            CHECKPOINTS,
            '{"_id": lease.source, "lease.owner": lease.owner, **expected}',
            '{"_id": lease.source, **expected}',
        ),
        red=TEST_CHECKPOINTS + "test_a_former_owner_does_not_seal",
    ),
    mutant(
        "the seal's watermark",
        "a window is sealed that does not begin where the last one ended",
        (
            CHECKPOINTS,
            '{"version": seal.expected_version, "epoch": seal.expected_epoch,',
            '{"epoch": seal.expected_epoch,',
        ),
        red=TEST_CHECKPOINTS + "test_a_seal_compares_watermark_and_epoch[other watermark]",
    ),
    mutant(
        "the seal's epoch",
        "a window of an epoch that has ended is sealed",
        (CHECKPOINTS, '"epoch": seal.expected_epoch, "open_window": None}', '"open_window": None}'),
        red=TEST_CHECKPOINTS + "test_a_seal_compares_watermark_and_epoch[other epoch]",
    ),
    mutant(
        "no seal over an open window",
        "what the open window still holds is never sent",
        (CHECKPOINTS, '"epoch": seal.expected_epoch, "open_window": None}', '"epoch": seal.expected_epoch}'),
        red=TEST_CHECKPOINTS + "test_no_seal_over_an_open_window",
    ),
    mutant(
        "a seal whose reply is lost",
        "a sealed window is taken for one that was not",
        (CHECKPOINTS, "            return self._is_sealed(lease, seal)", "            return False"),
        red=TEST_CHECKPOINTS + "test_a_seal_whose_reply_is_lost_is_read_back[True]",
    ),
    mutant(
        "no epoch over an open window",
        "what the open window still holds is never sent",
        (CHECKPOINTS, 'self._set(lease, {"open_window": None}, changes)', "self._set(lease, {}, changes)"),
        red=TEST_CHECKPOINTS + "test_no_epoch_begins_over_an_open_window",
    ),
    mutant(
        "the cycle that is closed",
        "a relay that was paused closes its successor's cycle",
        (CHECKPOINTS, 'self._set(lease, {"open_window.id": cycle.id}, done)', "self._set(lease, {}, done)"),
        red=TEST_CHECKPOINTS + "test_only_the_open_window_is_closed",
    ),
    mutant(
        "own takeover",
        "what an earlier attempt of the same cycle prepared is taken for dispatched",
        (JOURNAL, '{"$lte": ["$generation", window.generation]}', '{"$lt": ["$generation", window.generation]}'),
        red=TEST_JOURNAL + "test_what_was_never_published_is_replaced",
    ),
    mutant(
        "takeover of the published",
        "what is in the queue is dispatched again",
        (JOURNAL, '            {"$or": [{"$eq": ["$status", status]} for status in NEVER_PUBLISHED]},\n', ""),
        red=TEST_JOURNAL + "test_what_was_published_stays",
    ),
    mutant(
        "takeover of a later generation",
        "a relay that was paused writes over what its successor prepared",
        (JOURNAL, '            {"$lte": ["$generation", window.generation]},\n', ""),
        red=TEST_JOURNAL + "test_a_later_generation_is_told_apart",
    ),
    mutant(
        "discarding what was published",
        "what the queue may lose is not in the journal any more",
        (JOURNAL, '{**piece, "status": {"$in": NEVER_PUBLISHED}}', "piece"),
        red=TEST_JOURNAL + "test_what_was_published_is_not_discarded",
    ),
    mutant(
        "discarding what is closed",
        "what was rejected is not told any more",
        (JOURNAL, '            "expires_at": None,\n            "generation"', '            "generation"'),
        red=TEST_JOURNAL + "test_rejected_rows_of_a_closed_window_are_not_discarded",
    ),
    mutant(
        "what no close has let expire",
        "what was published of a window that was abandoned stays in the log for ever",
        (
            JOURNAL,
            "            self._logs.update_many(piece, self._expiry())\n        return",
            "            break\n        return",
        ),
        red=TEST_JOURNAL + "test_what_an_ended_epoch_has_published_expires",
    ),
    mutant(
        "an open window does not expire",
        "a queue that is full for longer than the log is kept leaves holes in the journal, and all is sent again",
        (
            JOURNAL,
            '**({"expires_at": now + self._retention} if expires else {})',
            '"expires_at": now + self._retention',
        ),
        red=TEST_JOURNAL + "test_no_dispatch_of_an_open_window_expires",
    ),
    mutant(
        "discarding what is sealed",
        "the open window is never sent",
        (
            JOURNAL,
            '            "generation": {"$lte": generation},\n            "cycle": {"$ne": open_window},\n',
            '            "generation": {"$lte": generation},\n',
        ),
        red=TEST_JOURNAL + "test_the_open_window_is_not_discarded",
    ),
    mutant(
        "discarding what is later",
        "a relay that was paused deletes what its successor prepared",
        (JOURNAL, '            "generation": {"$lte": generation},\n', ""),
        red=TEST_JOURNAL + "test_later_generations_are_not_discarded",
    ),
    mutant(
        "repair ends at the first that is PREPARED",
        "the offset passes what was never pushed",
        (
            JOURNAL,
            "list(takewhile(lambda dispatch: dispatch.status is not TaskStatus.PREPARED, found))",
            "[dispatch for dispatch in found if dispatch.status is not TaskStatus.PREPARED]",
        ),
        red=TEST_JOURNAL + "test_it_stops_at_the_first_one_that_is_still_prepared",
    ),
    mutant(
        "a quick worker's status",
        "a document that is done waits again",
        (
            JOURNAL,
            'prepared = {**places, "status": TaskStatus.PREPARED.value}',
            "prepared = places",
        ),
        red=TEST_JOURNAL + "test_a_quick_workers_status_stays",
    ),
    mutant(
        "a dispatch that was taken over",
        "a relay that was paused notes as pushed what its successor has yet to push",
        (
            JOURNAL,
            '{"cycle": batch[0].window.id, "seq": {"$gte"',
            '{"seq": {"$gte"',
        ),
        red=TEST_JOURNAL + "test_a_dispatch_that_another_cycle_took_over_is_not_marked",
    ),
    mutant(
        "majority",
        "a failover takes back what was sealed",
        (CONCERNS, 'WriteConcern("majority", j=True)', "WriteConcern(1)"),
        red="tests/contract/test_journal.py::test_everything_is_written_to_the_disks_of_a_majority",
    ),
    mutant(
        "a majority that was not reached",
        "a failover takes back what was prepared",
        (JOURNAL, 'if unwritten or error.details.get("writeConcernErrors"):', "if unwritten:"),
        red=TEST_JOURNAL + "test_trouble_other_than_a_duplicate_is_raised[not with a majority]",
    ),
    mutant(
        "reads of the primary",
        "a secondary that lags says that the journal has holes, and all that waits is sent again",
        (CONCERNS, "read_preference=ReadPreference.PRIMARY", "read_preference=client.read_preference"),
        red=TEST_CONCERNS + "test_reads_and_writes_are_relays_own[readPreference=secondaryPreferred]",
    ),
    mutant(
        "reads of what a majority has",
        "what a failover takes back is taken for written",
        (CONCERNS, 'read_concern=ReadConcern("majority")', "read_concern=client.read_concern"),
        red=TEST_CONCERNS + "test_reads_and_writes_are_relays_own[readConcernLevel=local]",
    ),
    mutant(
        "what is overruled is told",
        "somebody believes that his URI is obeyed",
        ("common/database/mongo_client.py", "        tell_overruled(client)\n", ""),
        red=TEST_CONCERNS + "test_what_is_overruled_is_told_once[readPreference=secondary-named1]",
    ),
    mutant(
        "causal order",
        "a primary that was deposed says that the journal does not hold what was written since",
        ("common/database/mongo/causality.py", "causal_consistency=True", "causal_consistency=False"),
        red=STALE_READS + "test_a_member_that_has_not_seen_our_writes_gives_no_answer[count]",
    ),
)
