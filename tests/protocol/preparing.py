"""From rows to documents in the journal, with the takeover of what dead attempts left there."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

from tests.protocol.context import CycleContext, Stop
from tests.protocol.database import Key, Place
from tests.protocol.mongo import DispatchId, Document, Status
from tests.protocol.rules import Guard, Rules

NEVER_PUBLISHED = (Status.PREPARED, Status.REJECTED)


@dataclass(frozen=True, kw_only=True, slots=True)
class Window:
    """The cycle that the documents belong to."""

    cycle: int
    epoch: str
    number: int
    generation: int
    read_at: int
    base: int
    definition: int
    follows: Place | None


def prepare(
    context: CycleContext, window: Window, rows: Sequence[tuple[int | None, Key]]
) -> Generator[None, None, int | None]:
    """Write the rows into the journal; gives back how many stand there for this window.

    None: the connection was lost in the middle; read again, under the same generation. Raises Stop.
    """
    kept = set()
    for seq, (version, key) in enumerate(rows):
        document = _document(context, window, version, key, seq)
        reply_is_lost = context.chance(0.05)
        for _ in range(2 if reply_is_lost else 1):
            if document.status is Status.REJECTED:
                context.world.rejected.append(document)
            if _write(context, document):
                kept.add(document.id)
        if context.chance(0.4):
            yield
        if context.chance(0.03):
            return None
    return len(kept)


def _document(context: CycleContext, window: Window, version: int | None, key: Key, seq: int) -> Document:
    cannot_be_sent = (key * 7 + (version or 0)) % 11 == 0
    return Document(
        id=_id(context.world.rules, window, version, key),
        key=key,
        epoch=window.epoch,
        cycle=window.cycle,
        generation=window.generation,
        status=Status.REJECTED if cannot_be_sent else Status.PREPARED,
        read_at=window.read_at,
        number=window.number,
        seq=seq,
        base=window.base,
        definition=window.definition,
        follows=window.follows,
    )


def _id(rules: Rules, window: Window, version: int | None, key: Key) -> DispatchId:
    base = window.base if rules.have(Guard.BASE) else 0
    if version is None:
        return (window.epoch, base, "b", window.number, key)
    return (window.epoch, base, "v", version, key)


def _write(context: CycleContext, document: Document) -> bool:
    """Whether it stands in the journal now; otherwise this change was dispatched before. Raises Stop."""
    mongo, rules = context.mongo, context.world.rules
    old = mongo.documents.get(document.id)
    if old is None:
        mongo.documents[document.id] = document
        return True
    if old.status not in NEVER_PUBLISHED or mongo.is_open(old):
        return False
    if old.generation > context.generation:
        # A zombie stops here; who still holds the lease knows that Mongo went back in time.
        context.end_epoch()
        raise Stop
    is_own = old.generation == context.generation
    if rules.have(Guard.TAKEOVER) and (not is_own or rules.have(Guard.OWN_TAKEOVER)):
        mongo.documents[document.id] = document
        return True
    return False
