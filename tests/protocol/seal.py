"""One window: read in a snapshot, prepared in the journal, sealed by advancing the watermark."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tests.protocol.context import CycleContext, Stop
from tests.protocol.continuity import Plan, plan
from tests.protocol.database import PENDING_ROW, Fence, Key, Resume
from tests.protocol.epochs import MOST_EPOCHS, accepts_fence, settle
from tests.protocol.mongo import Baseline, Document, Offset, OpenWindow, Status
from tests.protocol.prepare import WindowHeader, prepare
from tests.protocol.reading import Reading, read
from tests.protocol.rules import Fault, Guard

ATTEMPTS = 8
REREADS = 4
"""Of those, readings that are thrown away when a version above the snapshot's own appears."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    """What a window takes."""

    rows: Sequence[tuple[int | None, Key]]
    """Versions and keys."""
    piece: Sequence[Key] | None
    """The keys that a piece of a baseline has read; None: it is none."""


class _Prepared(NamedTuple):
    planned: Plan
    taken: Taken
    kept: int


def seal_window(context: CycleContext) -> Generator[None, None, OpenWindow | None]:
    """Read, prepare and seal; gives back the open window. None: no reading was consistent, the next cycle tries again.

    Raises Stop. Until it returns, everything can be thrown away.
    """
    for attempt in range(ATTEMPTS):
        context.check_lease()
        _discard(context)
        yield
        reading = yield from read(context)
        if not accepts_fence(context, reading):
            yield from settle(context, reading)
            continue
        if attempt < REREADS and _is_inconsistent(context, reading):
            continue
        planned = plan(context, reading.snapshot, reading.since, reading.next_version)
        header = _header(context, reading, planned)
        taken = _taken(context, reading, planned)
        kept = yield from prepare(context, header, taken.rows)
        if kept is None:
            continue
        yield
        return (yield from _seal(context, reading, header, _Prepared(planned, taken, kept)))
    return None


def _discard(context: CycleContext) -> None:
    """Rows of dead attempts: never sealed, so never published."""
    if not context.world.rules.have(Guard.DISCARD):
        return
    mongo = context.mongo
    dead = [
        document.id
        for document in mongo.documents.values()
        if document.status is Status.PREPARED
        and not mongo.is_open(document)
        and document.generation <= context.generation
    ]
    for dispatch_id in dead:
        del mongo.documents[dispatch_id]


def _is_inconsistent(context: CycleContext, reading: Reading) -> bool:
    """Whether the snapshot shows a version above its own: never, says Microsoft."""
    if context.world.rules.allow(Fault.NO_RETRY) or not context.world.rules.have(Guard.UNCAPPED):
        return False
    changes = reading.snapshot.changes(0)
    return any(version > reading.next_version for version, _, _ in changes)


def _taken(context: CycleContext, reading: Reading, planned: Plan) -> Taken:
    """First what changed, then the next piece of a baseline, all of it as one snapshot shows it."""
    if context.checkpoint.skips:
        return Taken(rows=[], piece=None)
    if not planned.begins_baseline and planned.baseline is None:
        return Taken(rows=[*_changes(context, reading, None), *_resent(context, reading, planned)], piece=None)
    piece = _piece(context, reading, planned)
    changes = [] if planned.begins_baseline else _changes(context, reading, _reach(context, planned))
    rows = [*changes, *_resent(context, reading, planned)]
    return Taken(rows=[*rows, *((reading.snapshot.last_version(key), key) for key in piece)], piece=piece)


def _reach(context: CycleContext, planned: Plan) -> Baseline | None:
    """Whose changes are read: of the keys that earlier pieces have dealt with."""
    return planned.baseline if context.world.rules.have(Guard.DEALT_WITH) else None


def _piece(context: CycleContext, reading: Reading, planned: Plan) -> Sequence[Key]:
    """The next rows that are pending, in the order of their keys."""
    baseline = planned.baseline
    pending = [key for key, status in sorted(reading.snapshot.rows.items()) if status == PENDING_ROW]
    if baseline is not None:
        pending = [key for key in pending if not baseline.has_dealt_with(key)]
    return pending[: context.world.piece]


def _changes(context: CycleContext, reading: Reading, reach: Baseline | None) -> Sequence[tuple[int | None, Key]]:
    rows = reading.snapshot.rows
    changes = sorted(reading.snapshot.changes(reading.since or 0), key=lambda change: change[:2])
    return [
        (version, key)
        for version, key, mask in changes
        if rows.get(key) == PENDING_ROW
        and (mask is None or "status" in mask)
        and (version <= reading.next_version or context.world.rules.have(Guard.UNCAPPED))
        and (reach is None or reach.has_dealt_with(key))
    ]


def _resent(context: CycleContext, reading: Reading, planned: Plan) -> Sequence[tuple[int | None, Key]]:
    """Rows that the log does not know although they lie below the watermark; where a person asks for them."""
    if not (context.world.rules.allow(Fault.RESEND) and context.chance(0.2)):
        return []
    is_under_way = planned.begins_baseline or planned.baseline is not None
    if is_under_way and context.world.rules.have(Guard.RESEND_WAITS):
        return []
    snapshot, logged = reading.snapshot, {document.key for document in context.mongo.documents.values()}
    versions = {key: snapshot.last_version(key) for key, status in sorted(snapshot.rows.items()) if status == "P"}
    return [
        (version, key)
        for key, version in versions.items()
        if key not in logged and version is not None and version <= (reading.since or 0)
    ]


def _next_baseline(
    context: CycleContext, reading: Reading, planned: Plan, taken: Taken, kept: set[Key]
) -> Baseline | None:
    """What is left of the baseline; None: nothing."""
    rules, piece = context.world.rules, taken.piece
    if piece is None:
        return None
    counted = piece if rules.have(Guard.ENDS_SHORT) else [key for key in piece if key in kept]
    if len(counted) < context.world.piece:
        return None
    reached = piece if rules.have(Guard.LAST_READ) else [key for key in piece if key in kept]
    until = planned.baseline.until if planned.baseline else max(reading.snapshot.rows)
    after = reached[-1] if reached else (planned.baseline.after if planned.baseline else -1)
    return Baseline(after=after, until=until)


def _header(context: CycleContext, reading: Reading, planned: Plan) -> WindowHeader:
    epoch = context.checkpoint.epoch
    if epoch is None:
        raise AssertionError("the fence bears our epoch")
    last = context.checkpoint.last_offset
    return WindowHeader(
        id=context.world.new_window_id(),
        epoch=epoch,
        number=planned.number,
        generation=context.generation,
        read_at=reading.snapshot.taken_at,
        base=planned.base,
        definition=context.definition,
        follows=last.place if last else None,
    )


def _seal(
    context: CycleContext, reading: Reading, header: WindowHeader, prepared: _Prepared
) -> Generator[None, None, OpenWindow]:
    """First the fence, then the watermark and the open window in one write."""
    here = [document for document in context.mongo.documents.values() if document.window_id == header.id]
    if len(here) != prepared.kept and context.world.rules.have(Guard.COUNT):
        raise Stop
    last = max(_offsets(here), key=lambda offset: offset.place, default=context.checkpoint.last_offset)
    left = _next_baseline(context, reading, prepared.planned, prepared.taken, {document.key for document in here})
    _set_fence(context, reading, header, last, is_in_baseline=left is not None)
    yield
    checkpoint = context.checkpoint
    expected = (context.owner, reading.since, None, header.epoch)
    found = (checkpoint.owner, checkpoint.version, checkpoint.open_window, checkpoint.epoch)
    if found != expected and context.world.rules.have(Guard.SEAL_CAS):
        raise Stop
    window = OpenWindow(id=header.id, epoch=header.epoch, after=checkpoint.last_offset, count=len(here))
    checkpoint.version = reading.next_version
    checkpoint.sealed_generation = context.generation
    checkpoint.open_window = window
    checkpoint.window_number = header.number
    checkpoint.last_offset = last
    checkpoint.base = header.base
    checkpoint.baseline = left
    checkpoint.stretch = reading.snapshot.stretch
    checkpoint.skips = False
    if reading.since is None:
        context.world.epochs_sealed += 1
        checkpoint.epoch_starts = (*checkpoint.epoch_starts, context.world.tick())[-MOST_EPOCHS:]
    if checkpoint.definition not in (None, header.definition):
        checkpoint.superseded |= {checkpoint.definition}
    checkpoint.definition = header.definition
    context.world.bases.add((header.epoch, header.base))
    yield
    return window


def _offsets(documents: Sequence[Document]) -> list[Offset]:
    return [document.offset for document in documents if document.status is not Status.REJECTED]


def _set_fence(
    context: CycleContext, reading: Reading, header: WindowHeader, last: Offset | None, *, is_in_baseline: bool
) -> None:
    database = context.world.database
    is_ours = database.fence == reading.snapshot.fence and not _is_of_later_generation(
        database.fence, context.generation
    )
    if not is_ours and context.world.rules.have(Guard.FENCE_CAS):
        raise Stop
    if database.session != reading.session:
        raise Stop
    resume = Resume(
        number=header.number,
        last=last.place if last else None,
        base=header.base,
        stretch=reading.snapshot.stretch,
        definition=header.definition,
        is_in_baseline=is_in_baseline,
        is_first_run=False,
    )
    database.set_fence(Fence(reading.next_version, header.epoch, header.generation, context.mongo.store, resume))


def _is_of_later_generation(fence: Fence | None, generation: int) -> bool:
    return fence is not None and fence.generation > generation
