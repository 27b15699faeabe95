"""One window: read in a snapshot, prepared in the journal, sealed by advancing the watermark."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

from tests.protocol.database import PENDING_ROW, Key, Mark, Snapshot
from tests.protocol.mongo import Document, OpenCycle, Position, Status
from tests.protocol.preparing import Window, prepare
from tests.protocol.rules import Fault, Guard
from tests.protocol.work import Steps, Stop, Work

ATTEMPTS = 8
REREADS = 4
"""Of those, readings that are thrown away when a version above the snapshot's own appears."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """What one attempt has read; `session` is the connection that it keeps until the mark is written."""

    since: int | None
    next_version: int
    session: int
    snapshot: Snapshot


def seal_window(work: Work) -> Generator[None, None, OpenCycle | None]:
    """Read, prepare and seal; gives back the open cycle. None: no reading was consistent, the next cycle tries again.

    Raises Stop. Until it returns, everything can be thrown away.
    """
    for attempt in range(ATTEMPTS):
        work.check_lease()
        _discard(work)
        yield
        reading = yield from _read(work)
        if not _accepts_mark(work, reading):
            yield from _begin_life(work, reading)
            continue
        if attempt < REREADS and _is_inconsistent(work, reading):
            continue
        window = _window(work, reading)
        kept = yield from prepare(work, window, _rows(work, reading))
        if kept is None:
            continue
        yield
        return (yield from _seal(work, reading, window, kept))
    return None


def _discard(work: Work) -> None:
    """Rows of dead attempts: never sealed, so never published."""
    if not work.world.rules.have(Guard.DISCARD):
        return
    mongo = work.world.mongo
    dead = [
        document.id
        for document in mongo.documents.values()
        if document.status is Status.PREPARED and not mongo.is_open(document) and document.generation <= work.generation
    ]
    for dispatch_id in dead:
        del mongo.documents[dispatch_id]


def _read(work: Work) -> Generator[None, None, Reading]:
    database = work.world.database
    since, next_version, session = work.checkpoint.version, database.version, database.session
    if work.world.rules.allow(Fault.LIVE) and work.chance(0.5):
        yield
    snapshot = database.snapshot()
    yield
    if database.session != session:
        raise Stop
    return Reading(since=since, next_version=next_version, session=session, snapshot=snapshot)


def _accepts_mark(work: Work, reading: Reading) -> bool:
    """Whether the mark is that of the last seal, or of an attempt that died between its mark and its seal."""
    checkpoint = work.checkpoint
    if not work.world.rules.have(Guard.MARK):
        checkpoint.life = checkpoint.life or "one"
        return True
    mark = reading.snapshot.mark
    if mark is None or mark.life is None or mark.life != checkpoint.life:
        return False
    if checkpoint.sealed_generation < mark.generation <= work.generation:
        return True
    return mark.generation == checkpoint.sealed_generation and mark.version == (reading.since or 0)


def _begin_life(work: Work, reading: Reading) -> Steps:
    """Not the database, or not the Mongo, that we knew: a new life and a baseline."""
    life = work.world.new_life()
    work.check_lease()
    checkpoint = work.checkpoint
    checkpoint.version = None
    checkpoint.life = life
    checkpoint.sealed_generation = work.generation
    checkpoint.last = None
    yield
    database = work.world.database
    if database.mark != reading.snapshot.mark or database.session != reading.session:
        raise Stop
    database.mark = Mark(0, life, work.generation)
    yield


def _is_inconsistent(work: Work, reading: Reading) -> bool:
    """Whether the snapshot shows a version above its own: never, says Microsoft."""
    if work.world.rules.allow(Fault.NO_RETRY) or not work.world.rules.have(Guard.UNCAPPED):
        return False
    changes = reading.snapshot.changes(reading.since or 0)
    return any(version > reading.next_version for version, _, _ in changes)


def _rows(work: Work, reading: Reading) -> Sequence[tuple[int, Key]]:
    """Version and key of what this window takes: without a watermark all that is pending, otherwise what changed."""
    rows = reading.snapshot.rows
    if reading.since is None:
        pending = [key for key, status in sorted(rows.items()) if status == PENDING_ROW]
        return [(reading.snapshot.last_version(key), key) for key in pending]
    changes = sorted(reading.snapshot.changes(reading.since), key=lambda change: change[:2])
    return [
        (version, key)
        for version, key, mask in changes
        if rows.get(key) == PENDING_ROW
        and (mask is None or "status" in mask)
        and (version <= reading.next_version or work.world.rules.have(Guard.UNCAPPED))
    ]


def _window(work: Work, reading: Reading) -> Window:
    life, number = work.checkpoint.life, work.checkpoint.number
    if life is None or number is None:
        raise AssertionError("the mark bears our life, and the cycles are counted")
    return Window(
        cycle=work.world.new_cycle(),
        life=life,
        number=number + 1,
        generation=work.generation,
        read_at=reading.snapshot.taken_at,
    )


def _seal(work: Work, reading: Reading, window: Window, kept: int) -> Generator[None, None, OpenCycle]:
    """First the mark, then the watermark and the open cycle in one write."""
    here = [document for document in work.world.mongo.documents.values() if document.cycle == window.cycle]
    if len(here) != kept and work.world.rules.have(Guard.COUNT):
        raise Stop
    _set_mark(work, reading, window)
    yield
    checkpoint = work.checkpoint
    expected = (work.owner, reading.since, None, window.life)
    found = (checkpoint.owner, checkpoint.version, checkpoint.open_cycle, checkpoint.life)
    if found != expected and work.world.rules.have(Guard.SEAL_CAS):
        raise Stop
    cycle = OpenCycle(id=window.cycle, life=window.life, after=checkpoint.last, count=len(here))
    checkpoint.version = reading.next_version
    checkpoint.sealed_generation = work.generation
    checkpoint.open_cycle = cycle
    checkpoint.number = window.number
    checkpoint.last = max(_positions(here), key=lambda position: position.place, default=checkpoint.last)
    yield
    return cycle


def _positions(documents: Sequence[Document]) -> list[Position]:
    return [document.position for document in documents if document.status is not Status.REJECTED]


def _set_mark(work: Work, reading: Reading, window: Window) -> None:
    database = work.world.database
    is_ours = database.mark == reading.snapshot.mark and not _is_of_later_generation(database.mark, work.generation)
    if not is_ours and work.world.rules.have(Guard.MARK_CAS):
        raise Stop
    if database.session != reading.session:
        raise Stop
    database.mark = Mark(reading.next_version, window.life, window.generation)


def _is_of_later_generation(mark: Mark | None, generation: int) -> bool:
    return mark is not None and mark.generation > generation
