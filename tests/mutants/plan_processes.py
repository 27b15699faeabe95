"""Guards of relay's processes: beat sends, workers take, and whoever misses the other says so."""

from __future__ import annotations

from tests.mutants.mutant import always, argument, gives, gone, mutant, never

TEST_BEAT = "tests/unit/relay/worker/test_beat.py::"
TEST_REFUSED = "tests/unit/relay/worker/test_refused_acks.py::"
TEST_LOG_FILTER = "tests/unit/relay/worker/test_log_filter.py::"
TEST_INCIDENTS = "tests/unit/relay/worker/test_incidents.py::"
TEST_WATCH = "tests/unit/relay/worker/test_watch.py::"

PROCESSES_PLAN = (
    mutant(
        "a clock that is put back",
        "the beat sends nothing until the time of before has come again",
        gone("clock-put-back"),
        red=TEST_BEAT + "test_a_step_of_the_clock_stops_no_tick[back]",
    ),
    mutant(
        "ticks that nobody takes",
        "a day without workers is a day of ticks for them to work off",
        never("waiting-ticks"),
        red=TEST_BEAT + "test_ticks_that_nobody_takes_do_not_pile_up",
    ),
    mutant(
        "no tick expires by the clock",
        "a worker whose clock is ahead of the beat's throws every tick away",
        gives("no-expiring-tick", '{"queue": OWN_QUEUE, "expires": 60}'),
        red="tests/integration/relay/test_clocks.py"
        "::test_a_beat_whose_clock_is_not_the_workers_has_documents_sent[behind]",
    ),
    mutant(
        "due at the start",
        "a relay that is restarted more often than its interval never scans",
        gone("due-at-the-start"),
        red=TEST_BEAT + "test_stuck_rows_are_looked_for_a_minute_after_the_start_and_then_as_often_as_planned",
    ),
    mutant(
        "ticks that nobody takes are said",
        "a beat without workers ticks for a week, and says nothing",
        argument("ticks-not-taken", "is_wrong", "False"),
        red=TEST_BEAT + "test_ticks_that_nobody_takes_are_said_and_so_is_the_end_of_it",
    ),
    mutant(
        "time to come back",
        "after each outage workers are missed that are about to come back",
        gives("time-to-come-back", "now"),
        red="tests/unit/relay/worker/test_silence.py::test_after_an_outage_workers_have_time_to_come_back[0]",
    ),
    mutant(
        "a beat that is not heard",
        "workers without a beat wait for ticks for a week, and say nothing",
        argument("no-ticks", "is_wrong", "False"),
        red=TEST_WATCH + "test_three_intervals_without_a_beat_are_said_once_and_so_is_the_next_sign_of_one",
    ),
    mutant(
        "a lost acknowledgement",
        "a worker that could acknowledge none of its ticks asks for no more, for ever",
        never("lost-ack-is-lost-connection"),
        red=TEST_WATCH + "test_a_tick_that_cannot_be_acknowledged_is_the_loss_of_its_connection",
    ),
    mutant(
        "ticks that do not end",
        "a worker whose processes hang takes ticks for a week, and says nothing",
        argument("ticks-not-done", "is_wrong", "False"),
        red=TEST_WATCH + "test_a_tick_that_does_not_end_is_said",
    ),
    mutant(
        "standing still is no silence",
        "after each outage a beat is missed that could not be heard",
        never("standing-still-is-no-silence"),
        red=TEST_WATCH + "test_while_the_broker_was_away_no_beat_could_be_heard",
    ),
    mutant(
        "a worker ends with its beat",
        "a worker whose own beat has died takes no tick any more, and nothing starts it again",
        always("ends-with-its-beat"),
        red=TEST_WATCH + "test_a_worker_ends_when_its_beat_has",
    ),
    mutant(
        "an incident of its own",
        "the end of one problem says `recovered` for another",
        gives("incident-of-its-own", 'bytes([sum(text.encode("utf-8", "surrogatepass")) % 256]) * 32'),
        red=TEST_INCIDENTS + "test_the_end_of_one_is_not_the_end_of_another",
    ),
    mutant(
        "a torn incident",
        "a process that dies while it writes leaves a problem that nobody had",
        never("torn-incident"),
        red=TEST_INCIDENTS + "test_half_a_record_is_none",
    ),
    mutant(
        "a refused acknowledgement",
        "a right that is missing for it is not said, and soon the worker takes no tick",
        never("refused-acknowledgement"),
        red=TEST_REFUSED + "test_an_acknowledgement_that_is_refused_is_said_and_the_tick_is_no_longer_in_hand",
    ),
    mutant(
        "refused upkeep",
        "a right that kombu misses beside the messages is not said",
        never("upkeep-refused"),
        red=TEST_LOG_FILTER + "test_what_redis_refuses_beside_messages_is_one_line_with_its_remedy",
    ),
    mutant(
        "Celery's next version",
        "every lost connection fills the log with what Celery will do one day",
        gives("next-version-is-no-news", "True"),
        red=TEST_LOG_FILTER + "test_celerys_next_version_is_not_announced",
    ),
    mutant(
        "an idle source proves that it is well",
        "a problem that ended while nothing waited is never said to be over, and not said when it comes again",
        gone("idle-proves-recovery"),
        red="tests/unit/relay/test_tasks.py::test_a_source_with_nothing_to_do_says_that_it_is_over",
    ),
    mutant(
        "one problem with another number",
        "a problem whose text holds an id is said at every tick",
        gives("numbers-left-out", "said"),
        red="tests/unit/relay/worker/test_reporting.py::test_a_text_with_another_id_is_the_same_problem",
    ),
)
