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
class WindowHeader:
    """What the documents of one window have in common."""

    id: int
    epoch: str
    number: int
    generation: int
    read_at: int
    base: int
    definition: int
    follows: Place | None


def prepare(
    context: CycleContext, header: WindowHeader, rows: Sequence[tuple[int | None, Key]]
) -> Generator[None, None, int | None]:
    """Write the rows into the journal; gives back how many stand there for this window.

    None: the connection was lost in the middle; read again, under the same generation. Raises Stop.
    """
    kept = set()
    for seq, (version, key) in enumerate(rows):
        document = _document(context, header, version, key, seq)
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


def _document(context: CycleContext, header: WindowHeader, version: int | None, key: Key, seq: int) -> Document:
    cannot_be_sent = (key * 7 + (version or 0)) % 11 == 0
    return Document(
        id=_id(context.world.rules, header, version, key),
        key=key,
        epoch=header.epoch,
        window_id=header.id,
        generation=header.generation,
        status=Status.REJECTED if cannot_be_sent else Status.PREPARED,
        read_at=header.read_at,
        window=header.number,
        seq=seq,
        base=header.base,
        definition=header.definition,
        follows=header.follows,
    )


def _id(rules: Rules, header: WindowHeader, version: int | None, key: Key) -> DispatchId:
    base = header.base if rules.have(Guard.BASE) else 0
    if version is None:
        return (header.epoch, base, "b", header.number, key)
    return (header.epoch, base, "v", version, key)


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
