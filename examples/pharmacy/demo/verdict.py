"""Hand-ins, dispatches and what the worker services saw, compared one by one."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from examples.pharmacy.pharmacy import HandIn

Document = tuple[str, tuple[str, str]]
"""Kind and key."""
Episode = tuple[Document, int]
"""A document and the revision under which it was handed in."""

EXAMPLES = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Sent:
    """A dispatch, as the task log has it."""

    task_id: str
    kind: str
    key: tuple[str, str]
    dispatched_at: float
    """Seconds since the epoch."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Handled:
    """A message that a worker service took from its queue."""

    task_id: str
    kind: str
    key: tuple[str, str]
    revision: int | None
    """The document's revision at that moment; None: the document was gone."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What became of every document. Latencies run from the writer's commit to the queue."""

    inserted: int
    """How many times a document became pending."""
    dispatched: int
    processed: int
    lost: int
    duplicates: int
    p50_ms: float | None
    p99_ms: float | None
    examples: Sequence[str] = ()
    """Some of what was lost or came twice, in words."""

    @property
    def clean(self) -> bool:
        """Whether there were documents, and each was sent and processed exactly once."""
        return self.inserted > 0 and not self.lost and not self.duplicates

    def as_json(self) -> str:
        """One JSON object in one line."""
        names = ("inserted", "dispatched", "processed", "lost", "duplicates", "p50_ms", "p99_ms")
        return json.dumps({name: getattr(self, name) for name in names})

    def as_text(self) -> str:
        """For people."""
        counts = f"{self.inserted} became pending, {self.dispatched} dispatched, {self.processed} processed"
        outcome = f"{self.lost} lost, {self.duplicates} twice"
        speed = f"commit to queue: half within {_ms(self.p50_ms)}, 99 % within {_ms(self.p99_ms)}"
        word = "Every document arrived exactly once." if self.clean else "NOT every document arrived exactly once."
        return "\n".join([f"{counts}: {outcome}", speed, *self.examples, word])


def reconcile(hand_ins: Iterable[HandIn], sent: Iterable[Sent], handled: Iterable[Handled]) -> Verdict:
    """Compare them.

    A worker service notes the document's revision, so that each message it got belongs to one hand-in; a message's
    task id leads to its dispatch. A hand-in is *lost* unless a dispatch of the task log was processed for it. Twice
    (*duplicates*) is every message beyond a hand-in's first, a message for a document that nobody had handed in, and
    a dispatch still unprocessed when no hand-in waits for it.
    """
    committed = {_episode(hand_in): hand_in.committed_at for hand_in in hand_ins}
    dispatches = {dispatch.task_id: dispatch for dispatch in sent}
    messages = list(handled)

    arrivals = Counter(((message.kind, message.key), message.revision) for message in messages)
    surplus = [f"twice: {_words(*episode)}" for episode, count in arrivals.items() if count > 1]
    strangers = [f"not asked for: {_words(*episode)}" for episode in arrivals if episode not in committed]
    repeated = sum(count - (1 if episode in committed else 0) for episode, count in arrivals.items())

    first = _first_dispatches(messages, dispatches)
    missing = [episode for episode in committed if episode not in first]
    unused = _unused_dispatches(dispatches, messages, missing)

    latencies = sorted(
        max(0.0, first[episode].dispatched_at - at) for episode, at in committed.items() if episode in first
    )
    lost = [f"lost: {_words(*episode)}" for episode in missing]
    waiting = [f"dispatched for nothing: {_words(document, None)}" for document in unused.elements()]
    return Verdict(
        inserted=len(committed),
        dispatched=len(dispatches),
        processed=len(messages),
        lost=len(missing),
        duplicates=repeated + unused.total(),
        p50_ms=_percentile_ms(latencies, 0.50),
        p99_ms=_percentile_ms(latencies, 0.99),
        examples=[*lost[:EXAMPLES], *surplus[:EXAMPLES], *strangers[:EXAMPLES], *waiting[:EXAMPLES]],
    )


def _first_dispatches(
    messages: Sequence[Handled], dispatches: dict[str, Sent]
) -> dict[tuple[Document, int | None], Sent]:
    """The first logged dispatch that was processed, for each episode."""
    first: dict[tuple[Document, int | None], Sent] = {}
    for message in messages:
        if message.task_id in dispatches:
            first.setdefault(((message.kind, message.key), message.revision), dispatches[message.task_id])
    return first


def _unused_dispatches(
    dispatches: dict[str, Sent], messages: Sequence[Handled], missing: Sequence[Episode]
) -> Counter[Document]:
    """Documents with more unprocessed dispatches than hand-ins that wait for one, and how many more."""
    processed = {message.task_id for message in messages}
    unprocessed = Counter((one.kind, one.key) for one in dispatches.values() if one.task_id not in processed)
    return unprocessed - Counter(document for document, _ in missing)


def _episode(hand_in: HandIn) -> Episode:
    return (hand_in.kind, hand_in.key), hand_in.revision


def _percentile_ms(ordered: Sequence[float], share: float) -> float | None:
    """The nearest-rank percentile of seconds in order, in milliseconds; None when there are none."""
    if not ordered:
        return None
    return round(ordered[math.ceil(share * len(ordered)) - 1] * 1000, 1)


def _words(document: Document, revision: int | None) -> str:
    kind, (shop, local_id) = document
    return f"{kind} {local_id} of {shop}" + ("" if revision is None else f", revision {revision}")


def _ms(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f} ms"
