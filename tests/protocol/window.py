"""One window: read in a snapshot, prepared in the journal, sealed by advancing the watermark."""

from __future__ import annotations

from collections.abc import Generator, Sequence

from tests.protocol.baseline import Plan, plan
from tests.protocol.database import PENDING_ROW, Key, Mark, Resume
from tests.protocol.life import MOST_LIVES, accepts_mark, settle
from tests.protocol.mongo import Document, OpenCycle, Position, Status
from tests.protocol.preparing import Window, prepare
from tests.protocol.reading import Reading, read
from tests.protocol.rules import Fault, Guard
from tests.protocol.work import Stop, Work

ATTEMPTS = 8
REREADS = 4
"""Of those, readings that are thrown away when a version above the snapshot's own appears."""


def seal_window(work: Work) -> Generator[None, None, OpenCycle | None]:
    """Read, prepare and seal; gives back the open cycle. None: no reading was consistent, the next cycle tries again.

    Raises Stop. Until it returns, everything can be thrown away.
    """
    for attempt in range(ATTEMPTS):
        work.check_lease()
        _discard(work)
        yield
        reading = yield from read(work)
        if not accepts_mark(work, reading):
            yield from settle(work, reading)
            continue
        if attempt < REREADS and _is_inconsistent(work, reading):
            continue
        planned = plan(work, reading.snapshot, reading.since, reading.next_version)
        window = _window(work, reading, planned)
        kept = yield from prepare(work, window, _rows(work, reading, planned))
        if kept is None:
            continue
        yield
        return (yield from _seal(work, reading, window, kept))
    return None


def _discard(work: Work) -> None:
    """Rows of dead attempts: never sealed, so never published."""
    if not work.world.rules.have(Guard.DISCARD):
        return
    mongo = work.mongo
    dead = [
        document.id
        for document in mongo.documents.values()
        if document.status is Status.PREPARED and not mongo.is_open(document) and document.generation <= work.generation
    ]
    for dispatch_id in dead:
        del mongo.documents[dispatch_id]


def _is_inconsistent(work: Work, reading: Reading) -> bool:
    """Whether the snapshot shows a version above its own: never, says Microsoft."""
    if work.world.rules.allow(Fault.NO_RETRY) or not work.world.rules.have(Guard.UNCAPPED):
        return False
    changes = reading.snapshot.changes(0)
    return any(version > reading.next_version for version, _, _ in changes)


def _rows(work: Work, reading: Reading, planned: Plan) -> Sequence[tuple[int | None, Key]]:
    """Version and key of what this window takes: in a baseline all that is pending, otherwise what changed."""
    rows = reading.snapshot.rows
    if work.checkpoint.skips:
        return []
    if planned.is_baseline or reading.since is None:
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


def _window(work: Work, reading: Reading, planned: Plan) -> Window:
    life = work.checkpoint.life
    if life is None:
        raise AssertionError("the mark bears our life")
    last = work.checkpoint.last
    return Window(
        cycle=work.world.new_cycle(),
        life=life,
        number=planned.number,
        generation=work.generation,
        read_at=reading.snapshot.taken_at,
        base=planned.base,
        definition=work.definition,
        follows=last.place if last else None,
    )


def _seal(work: Work, reading: Reading, window: Window, kept: int) -> Generator[None, None, OpenCycle]:
    """First the mark, then the watermark and the open cycle in one write."""
    here = [document for document in work.mongo.documents.values() if document.cycle == window.cycle]
    if len(here) != kept and work.world.rules.have(Guard.COUNT):
        raise Stop
    last = max(_positions(here), key=lambda position: position.place, default=work.checkpoint.last)
    _set_mark(work, reading, window, last)
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
    checkpoint.last = last
    checkpoint.base = window.base
    checkpoint.stretch = reading.snapshot.stretch
    checkpoint.skips = False
    if reading.since is None:
        work.world.lives_sealed += 1
        checkpoint.lives = (*checkpoint.lives, work.world.tick())[-MOST_LIVES:]
    if checkpoint.definition not in (None, window.definition):
        checkpoint.superseded |= {checkpoint.definition}
    checkpoint.definition = window.definition
    work.world.bases.add((window.life, window.base))
    yield
    return cycle


def _positions(documents: Sequence[Document]) -> list[Position]:
    return [document.position for document in documents if document.status is not Status.REJECTED]


def _set_mark(work: Work, reading: Reading, window: Window, last: Position | None) -> None:
    database = work.world.database
    is_ours = database.mark == reading.snapshot.mark and not _is_of_later_generation(database.mark, work.generation)
    if not is_ours and work.world.rules.have(Guard.MARK_CAS):
        raise Stop
    if database.session != reading.session:
        raise Stop
    resume = Resume(
        number=window.number,
        last=last.place if last else None,
        base=window.base,
        stretch=reading.snapshot.stretch,
        definition=window.definition,
        is_first_run=False,
    )
    database.set_mark(Mark(reading.next_version, window.life, window.generation, work.mongo.store, resume))


def _is_of_later_generation(mark: Mark | None, generation: int) -> bool:
    return mark is not None and mark.generation > generation
