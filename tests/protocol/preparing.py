"""From rows to documents in the journal, with the takeover of what dead attempts left there."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

from tests.protocol.database import Key, Place
from tests.protocol.mongo import DispatchId, Document, Status
from tests.protocol.rules import Guard, Rules
from tests.protocol.work import Stop, Work

NEVER_PUBLISHED = (Status.PREPARED, Status.REJECTED)


@dataclass(frozen=True, kw_only=True, slots=True)
class Window:
    """The cycle that the documents belong to."""

    cycle: int
    life: str
    number: int
    generation: int
    read_at: int
    base: int
    definition: int
    follows: Place | None


def prepare(work: Work, window: Window, rows: Sequence[tuple[int | None, Key]]) -> Generator[None, None, int | None]:
    """Write the rows into the journal; gives back how many stand there for this window.

    None: the connection was lost in the middle; read again, under the same generation. Raises Stop.
    """
    kept = set()
    for seq, (version, key) in enumerate(rows):
        document = _document(work, window, version, key, seq)
        reply_is_lost = work.chance(0.05)
        for _ in range(2 if reply_is_lost else 1):
            if document.status is Status.REJECTED:
                work.world.rejected.append(document)
            if _write(work, document):
                kept.add(document.id)
        if work.chance(0.4):
            yield
        if work.chance(0.03):
            return None
    return len(kept)


def _document(work: Work, window: Window, version: int | None, key: Key, seq: int) -> Document:
    cannot_be_sent = (key * 7 + (version or 0)) % 11 == 0
    return Document(
        id=_id(work.world.rules, window, version, key),
        key=key,
        life=window.life,
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
        return (window.life, base, "b", window.number, key)
    return (window.life, base, "v", version, key)


def _write(work: Work, document: Document) -> bool:
    """Whether it stands in the journal now; otherwise this change was dispatched before. Raises Stop."""
    mongo, rules = work.mongo, work.world.rules
    old = mongo.documents.get(document.id)
    if old is None:
        mongo.documents[document.id] = document
        return True
    if old.status not in NEVER_PUBLISHED or mongo.is_open(old):
        return False
    if old.generation > work.generation:
        # A zombie stops here; who still holds the lease knows that Mongo went back in time.
        work.abandon_life()
        raise Stop
    is_own = old.generation == work.generation
    if rules.have(Guard.TAKEOVER) and (not is_own or rules.have(Guard.OWN_TAKEOVER)):
        mongo.documents[document.id] = document
        return True
    return False
