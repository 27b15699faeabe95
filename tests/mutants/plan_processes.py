"""Guards of relay's processes: what they remember of what was logged."""

from __future__ import annotations

from tests.mutants.mutant import gives, mutant, never

TEST_INCIDENTS = "tests/unit/relay/worker/test_incidents.py::"

PROCESSES_PLAN = (
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
)
