"""Epochs: whose fence the database bears, and how an epoch begins, or goes on in another Mongo."""

from __future__ import annotations

from collections.abc import Callable

from tests.protocol.context import CycleContext, Refused, Steps, Stop
from tests.protocol.database import Fence, Resume
from tests.protocol.mongo import NOWHERE, Offset
from tests.protocol.reading import Reading
from tests.protocol.rules import Fault, Guard

FRESH = 40
"""A fence that was renewed within so many ticks belongs to somebody who is at work."""
MOST_EPOCHS = 3
SKIPPED = 1000
"""Numbers of windows that an adopted epoch leaves out: the relay that had it may have given some of them."""
EPOCHS_WITHIN = 150


def accepts_fence(context: CycleContext, reading: Reading) -> bool:
    """Whether the fence is that of the last seal, or of an attempt that died between its fence and its seal."""
    checkpoint = context.checkpoint
    if not context.world.rules.have(Guard.FENCE):
        checkpoint.epoch = checkpoint.epoch or "one"
        return True
    fence = reading.snapshot.fence
    if fence is None or fence.epoch is None or fence.epoch != checkpoint.epoch or fence.store != context.mongo.store:
        return False
    if checkpoint.sealed_generation < fence.generation <= context.generation:
        return True
    return fence.generation == checkpoint.sealed_generation and fence.version == (reading.since or 0)


def settle(context: CycleContext, reading: Reading) -> Steps:
    """The fence is not ours: begin an epoch, or go on with that of another Mongo.

    Raises Refused where only a person can decide, Stop when somebody was quicker.
    """
    rules, checkpoint, fence = context.world.rules, context.checkpoint, reading.snapshot.fence
    context.check_lease()
    if _is_at_work(context, fence) and not context.adopts and rules.have(Guard.FRESH):
        raise Refused
    context.world.adoptions += context.adopts
    if fence is not None and (context.adopts or _is_half_adopted(context, fence)) and _vouches(context, fence):
        yield from _go_on(context, reading, fence)
        return
    if fence is not None and fence.store != context.mongo.store and (context.adopts or not _is_at_work(context, fence)):
        # Nothing vouches for what the other one has sent.
        context.world.may_repeat = True
    recent = [at for at in checkpoint.epoch_starts if context.world.tick() - at < EPOCHS_WITHIN]
    if len(recent) >= MOST_EPOCHS and rules.have(Guard.BREAKER):
        checkpoint.is_stopped = True
        raise Refused
    resume = _first_run(context, reading)
    if resume is None:
        yield from _begin(context, reading)
    else:
        yield from _begin_now(context, reading, resume)


def check_owner(context: CycleContext) -> None:
    """To be asked before anything is pushed that this relay has not just sealed, and over another epoch's offset.

    Raises Refused where that one's relay is at work; otherwise the epoch ends where the fence is another Mongo's.
    """
    fence = context.world.database.fence
    if fence is None or fence.store == context.mongo.store or not context.world.rules.have(Guard.OWNER):
        return
    if _is_at_work(context, fence) and not context.adopts and context.world.rules.have(Guard.FRESH):
        raise Refused
    context.end_epoch()


def _is_at_work(context: CycleContext, fence: Fence | None) -> bool:
    """Whether another Mongo's relay has written the fence, and was seen a moment ago."""
    if fence is None or fence.store == context.mongo.store:
        return False
    return context.world.tick() - context.world.database.fence_at < FRESH


def _begin(context: CycleContext, reading: Reading) -> Steps:
    """First in Mongo, then the fence, under a generation that no window bears."""
    epoch = context.world.new_epoch()
    _write_epoch(context, epoch, None)
    generation = context.generation
    if context.world.rules.have(Guard.OWN_GENERATION):
        context.count_generation()
    yield
    yield from _set_fence(context, reading, epoch, generation)


def _write_epoch(context: CycleContext, epoch: str, version: int | None) -> None:
    checkpoint = context.checkpoint
    checkpoint.version = version
    checkpoint.epoch = epoch
    checkpoint.sealed_generation = context.generation
    checkpoint.last_offset = None
    checkpoint.baseline = None
    checkpoint.adopts_epoch = None


def _set_fence(
    context: CycleContext, reading: Reading, epoch: str, generation: int, version: int = 0, resume: Resume | None = None
) -> Steps:
    database = context.world.database
    if database.fence != reading.snapshot.fence or database.session != reading.session:
        raise Stop
    database.set_fence(Fence(version, epoch, generation, context.mongo.store, resume))
    yield


# First run = now


def _first_run(context: CycleContext, reading: Reading) -> Resume | None:
    """What an epoch that begins with a watermark begins with; None: it begins with a baseline."""
    checkpoint, fence = context.checkpoint, reading.snapshot.fence
    if not context.world.rules.allow(Fault.NOW):
        return None
    if fence is not None and fence.resume is not None and fence.resume.is_first_run:
        return fence.resume
    is_first = fence is None and checkpoint.epoch is None and not checkpoint.has_ended_an_epoch
    if not is_first or context.world.redis.offset != NOWHERE:
        return None
    number = checkpoint.window_number or 0
    return Resume(
        number=number,
        last=None,
        base=number + 1,
        stretch=reading.snapshot.stretch,
        definition=context.definition,
        is_in_baseline=False,
        is_first_run=True,
    )


def _begin_now(context: CycleContext, reading: Reading, resume: Resume) -> Steps:
    """The epoch begins at the version at which `now` was decided: first the fence, which tells it, then Mongo."""
    world, fence = context.world, reading.snapshot.fence
    is_first = fence is None
    version = reading.next_version if fence is None else fence.version
    epoch = world.new_epoch()
    if is_first and (world.database.fence, world.database.session) == (fence, reading.session):
        world.decided_at = reading.decided_at
    if not world.rules.have(Guard.NOW_IS_KEPT):
        yield from _begin(context, reading)
        context.checkpoint.skips = True
        return
    steps: list[Callable[[], Steps]] = [
        lambda: _set_fence(context, reading, epoch, context.generation, version, resume),
        lambda: _write_now(context, epoch, version, resume),
    ]
    if not world.rules.have(Guard.NOW_FENCE_FIRST):
        steps.reverse()
    for step in steps:
        yield from step()
    if world.rules.have(Guard.OWN_GENERATION):
        context.count_generation()


def _write_now(context: CycleContext, epoch: str, version: int, resume: Resume) -> Steps:
    context.check_lease()
    _write_epoch(context, epoch, version)
    _write_resume(context, resume)
    yield


# Adoption


def _vouches(context: CycleContext, fence: Fence) -> bool:
    """Whether all that was sent up to the fence's version is in the queue, as the queue's own offset says."""
    if fence.resume is None or fence.epoch is None:
        return False
    if fence.resume.is_in_baseline and context.world.rules.have(Guard.WHOLE):
        return False
    offset = context.world.redis.offset
    if fence.resume.last is None:
        return offset.epoch != fence.epoch
    return offset == Offset(fence.epoch, *fence.resume.last)


def _is_half_adopted(context: CycleContext, fence: Fence) -> bool:
    """Whether an adoption died between its fence and Mongo."""
    return fence.store == context.mongo.store and fence.epoch == context.checkpoint.adopts_epoch


def _go_on(context: CycleContext, reading: Reading, fence: Fence) -> Steps:
    """The epoch of another Mongo goes on in this one: first the fence, which ends the other's work, then Mongo."""
    resume, epoch = fence.resume, fence.epoch
    if resume is None or epoch is None:
        raise AssertionError("it vouches")
    checkpoint = context.checkpoint
    context.check_lease()
    checkpoint.generation = max(checkpoint.generation, fence.generation) + 1
    context.generation = checkpoint.generation
    checkpoint.adopts_epoch = epoch
    yield
    yield from _set_fence(context, reading, epoch, context.generation, fence.version, resume)
    context.check_lease()
    _write_epoch(context, epoch, fence.version)
    _write_resume(context, resume)
    checkpoint.last_offset = None if resume.last is None else Offset(epoch, *resume.last)
    skipped = SKIPPED if context.world.rules.have(Guard.SKIPPED) else 0
    checkpoint.window_number = max(checkpoint.window_number or 0, resume.number) + skipped
    if context.world.rules.have(Guard.OWN_GENERATION):
        context.count_generation()
    yield


def _write_resume(context: CycleContext, resume: Resume) -> None:
    checkpoint = context.checkpoint
    checkpoint.base, checkpoint.stretch, checkpoint.definition = resume.base, resume.stretch, resume.definition
