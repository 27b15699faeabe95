"""Lives: whose mark the database bears, and how a life begins, or goes on in another Mongo."""

from __future__ import annotations

from tests.protocol.database import Mark, Resume
from tests.protocol.mongo import NOWHERE, Position
from tests.protocol.reading import Reading
from tests.protocol.rules import Fault, Guard
from tests.protocol.work import Refused, Steps, Stop, Work

FRESH = 40
"""A mark that was renewed within so many ticks belongs to somebody who is at work."""
MOST_LIVES = 3
LIVES_WITHIN = 150


def accepts_mark(work: Work, reading: Reading) -> bool:
    """Whether the mark is that of the last seal, or of an attempt that died between its mark and its seal."""
    checkpoint = work.checkpoint
    if not work.world.rules.have(Guard.MARK):
        checkpoint.life = checkpoint.life or "one"
        return True
    mark = reading.snapshot.mark
    if mark is None or mark.life is None or mark.life != checkpoint.life or mark.store != work.mongo.store:
        return False
    if checkpoint.sealed_generation < mark.generation <= work.generation:
        return True
    return mark.generation == checkpoint.sealed_generation and mark.version == (reading.since or 0)


def settle(work: Work, reading: Reading) -> Steps:
    """The mark is not ours: begin a life, or go on with that of another Mongo.

    Raises Refused where only a person can decide, Stop when somebody was quicker.
    """
    rules, checkpoint, mark = work.world.rules, work.checkpoint, reading.snapshot.mark
    work.check_lease()
    if _is_at_work(work, mark) and not work.adopts and rules.have(Guard.FRESH):
        raise Refused
    work.world.adoptions += work.adopts
    if mark is not None and (work.adopts or _is_half_adopted(work, mark)) and _vouches(work, mark):
        yield from _go_on(work, reading, mark)
        return
    if mark is not None and mark.store != work.mongo.store and (work.adopts or not _is_at_work(work, mark)):
        # Nothing vouches for what the other one has sent.
        work.world.may_repeat = True
    recent = [at for at in checkpoint.lives if work.world.tick() - at < LIVES_WITHIN]
    if len(recent) >= MOST_LIVES and rules.have(Guard.BREAKER):
        checkpoint.is_stopped = True
        raise Refused
    resume = _first_run(work, reading)
    if resume is None:
        yield from _begin(work, reading)
    else:
        yield from _begin_now(work, reading, resume)


def check_owner(work: Work) -> None:
    """To be asked before anything is pushed that this relay has not just sealed, and over another life's position.

    Raises Refused where that one's relay is at work; otherwise the life ends where the mark is another Mongo's.
    """
    mark = work.world.database.mark
    if mark is None or mark.store == work.mongo.store or not work.world.rules.have(Guard.OWNER):
        return
    if _is_at_work(work, mark) and not work.adopts and work.world.rules.have(Guard.FRESH):
        raise Refused
    work.abandon_life()


def _is_at_work(work: Work, mark: Mark | None) -> bool:
    """Whether another Mongo's relay has written the mark, and was seen a moment ago."""
    if mark is None or mark.store == work.mongo.store:
        return False
    return work.world.tick() - work.world.database.mark_at < FRESH


def _begin(work: Work, reading: Reading) -> Steps:
    """First in Mongo, then the mark, under a generation that no window bears."""
    life = work.world.new_life()
    _write_life(work, life, None)
    generation = work.generation
    if work.world.rules.have(Guard.OWN_GENERATION):
        work.count_generation()
    yield
    yield from _set_mark(work, reading, life, generation)


def _write_life(work: Work, life: str, version: int | None) -> None:
    checkpoint = work.checkpoint
    checkpoint.version = version
    checkpoint.life = life
    checkpoint.sealed_generation = work.generation
    checkpoint.last = None
    checkpoint.adopts_life = None


def _set_mark(
    work: Work, reading: Reading, life: str, generation: int, version: int = 0, resume: Resume | None = None
) -> Steps:
    database = work.world.database
    if database.mark != reading.snapshot.mark or database.session != reading.session:
        raise Stop
    database.set_mark(Mark(version, life, generation, work.mongo.store, resume))
    yield


# First run = now


def _first_run(work: Work, reading: Reading) -> Resume | None:
    """What a life that begins with a watermark begins with; None: it begins with a baseline."""
    checkpoint, mark = work.checkpoint, reading.snapshot.mark
    if not work.world.rules.allow(Fault.NOW):
        return None
    if mark is not None and mark.resume is not None and mark.resume.is_first_run:
        return mark.resume
    is_first = mark is None and checkpoint.life is None and not checkpoint.has_ended_a_life
    if not is_first or work.world.redis.position != NOWHERE:
        return None
    number = checkpoint.number or 0
    return Resume(
        number=number,
        last=None,
        base=number + 1,
        stretch=reading.snapshot.stretch,
        definition=work.definition,
        is_first_run=True,
    )


def _begin_now(work: Work, reading: Reading, resume: Resume) -> Steps:
    """The life begins at the version at which `now` was decided: first the mark, which tells it, then Mongo."""
    world, mark = work.world, reading.snapshot.mark
    is_first = mark is None
    version = reading.next_version if mark is None else mark.version
    life = world.new_life()
    if is_first and (world.database.mark, world.database.session) == (mark, reading.session):
        world.decided_at = reading.decided_at
    if not world.rules.have(Guard.NOW_IS_KEPT):
        yield from _begin(work, reading)
        work.checkpoint.skips = True
        return
    steps = [
        lambda: _set_mark(work, reading, life, work.generation, version, resume),
        lambda: _write_now(work, life, version, resume),
    ]
    if not world.rules.have(Guard.NOW_MARK_FIRST):
        steps.reverse()
    for step in steps:
        yield from step()
    if world.rules.have(Guard.OWN_GENERATION):
        work.count_generation()


def _write_now(work: Work, life: str, version: int, resume: Resume) -> Steps:
    work.check_lease()
    _write_life(work, life, version)
    _write_resume(work, resume)
    yield


# Adoption


def _vouches(work: Work, mark: Mark) -> bool:
    """Whether all that was sent up to the mark's version is in the queue, as the queue's own position says."""
    if mark.resume is None or mark.life is None:
        return False
    position = work.world.redis.position
    if mark.resume.last is None:
        return position.life != mark.life
    return position == Position(mark.life, *mark.resume.last)


def _is_half_adopted(work: Work, mark: Mark) -> bool:
    """Whether an adoption died between its mark and Mongo."""
    return mark.store == work.mongo.store and mark.life == work.checkpoint.adopts_life


def _go_on(work: Work, reading: Reading, mark: Mark) -> Steps:
    """The life of another Mongo goes on in this one: first the mark, which ends the other's work, then Mongo."""
    resume, life = mark.resume, mark.life
    if resume is None or life is None:
        raise AssertionError("it vouches")
    checkpoint = work.checkpoint
    work.check_lease()
    checkpoint.generation = max(checkpoint.generation, mark.generation) + 1
    work.generation = checkpoint.generation
    checkpoint.adopts_life = life
    yield
    yield from _set_mark(work, reading, life, work.generation, mark.version, resume)
    work.check_lease()
    _write_life(work, life, mark.version)
    _write_resume(work, resume)
    checkpoint.last = None if resume.last is None else Position(life, *resume.last)
    checkpoint.number = max(checkpoint.number or 0, resume.number)
    if work.world.rules.have(Guard.OWN_GENERATION):
        work.count_generation()
    yield


def _write_resume(work: Work, resume: Resume) -> None:
    checkpoint = work.checkpoint
    checkpoint.base, checkpoint.stretch, checkpoint.definition = resume.base, resume.stretch, resume.definition
