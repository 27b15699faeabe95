"""What each guard is for: taken out, alone or with the one that stands in for it, histories go wrong."""

from __future__ import annotations

import pytest

from tests.protocol.history import History
from tests.protocol.rules import Guard, Rules
from tests.protocol.verdict import Verdict

MOST_HISTORIES = 5000
MANY_FAULTS = "cleanup definition empty loss move now resend restore retention rollback stray switch truncate wipe"

TAKEN_OUT = {
    "no-takeover": {Verdict.LOST},
    "no-own-takeover no-discard": {Verdict.LOST},
    "no-count hole": {Verdict.LOST},
    "no-seal-cas": {Verdict.BASES},
    "no-offset": {Verdict.TWICE},
    "no-chain loss": {Verdict.LOST},
    "no-repair loss": {Verdict.LOST, Verdict.STUCK},
    "no-ahead no-number rollback": {Verdict.LOST},
    "no-fence restore": {Verdict.LOST},
    "fence-blind": {Verdict.BASES},
    "cap live noretry": {Verdict.LOST},
    "no-base definition": {Verdict.LOST},
    "no-base switch reset": {Verdict.LOST},
    "new-base retention": {Verdict.BASES},
    "no-stretch switch": {Verdict.LOST},
    "no-min-valid retention": {Verdict.LOST},
    "no-definition definition": {Verdict.LOST},
    "no-superseded definition": {Verdict.BASES},
    "now-moves now": {Verdict.LOST, Verdict.UNWANTED},
    "now-mongo-first now": {Verdict.UNWANTED},
    "one-generation now": {Verdict.UNWANTED},
    "no-fresh stray": {Verdict.BASES},
    "no-number wipe rollback empty loss": {Verdict.LOST},
    "no-window-chain hole empty": {Verdict.LOST},
    "all-changes": {Verdict.TWICE},
    "last-kept retention": {Verdict.LOST},
    "ends-kept retention": {Verdict.LOST},
    "no-restart definition": {Verdict.LOST},
    "resend-at-once resend": {Verdict.TWICE},
    "half-vouches move": {Verdict.LOST},
    f"no-skipped {MANY_FAULTS}": {Verdict.LOST},
}
"""The guard, the one that stands in for it or the fault that it guards against, and everything that goes wrong then."""


FIRST_SEEDS = {
    "no-number wipe rollback empty loss": 4200,
    "no-window-chain hole empty": 500,
    f"no-skipped {MANY_FAULTS}": 5_015_615,
}
"""Where to begin with those that one history in thousands shows."""


@pytest.mark.parametrize("words", TAKEN_OUT)
def test_without_its_guard_a_history_goes_wrong(words: str) -> None:
    rules = Rules.named(words.split())
    still_to_see = set(TAKEN_OUT[words])
    first = FIRST_SEEDS.get(words, 0)
    for seed in range(first, first + MOST_HISTORIES):
        finding = History(seed, rules).play()
        still_to_see -= {finding.verdict} if finding else set()
        if not still_to_see:
            return
    pytest.fail(f"{words}: {MOST_HISTORIES} histories showed no {', '.join(still_to_see)}")


@pytest.mark.parametrize("guard", [Guard.OWN_TAKEOVER, Guard.DISCARD])
def test_either_of_two_is_enough(guard: Guard) -> None:
    rules = Rules(missing=frozenset({guard}))
    assert [History(seed, rules).play() for seed in range(1000)] == [None] * 1000


def test_every_guard_is_taken_out_by_some_test() -> None:
    # What these are for: test_design.py.
    elsewhere = {Guard.BREAKER, Guard.OWNER, Guard.LOOKED}
    assert {word for words in TAKEN_OUT for word in words.split()} >= set(Guard) - elsewhere
