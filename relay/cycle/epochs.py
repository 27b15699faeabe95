"""Lives: one begins where the mark in SQL Server is not ours, or that of another Mongo goes on in this one."""

from __future__ import annotations

from dataclasses import replace

from common.database.errors import ConfigurationError
from common.database.records import Beginning, Mark, Position, Resume, TableState
from relay.cycle.context import Work
from relay.cycle.continuity import why_new_life
from relay.cycle.outcomes import Reason, Stop
from relay.cycle.ownership import leave_it_to_who_is_at_work
from relay.cycle.ports import Snapshot

MOST_LIVES = 3
"""Lives that may begin one soon after the other. More often it happens where two relays do not know of each other."""


def settle(work: Work, snapshot: Snapshot) -> None:
    """The mark is not ours: begin a life, first in Mongo, then in the mark; or go on with that of another Mongo.

    Raises ConfigurationError where only a person can decide, Stop when somebody was quicker.
    """
    state = snapshot.state
    snapshot.end()
    work.check_lease()
    leave_it_to_who_is_at_work(work, state.mark)
    if resume := _vouched_for(work, state.mark):
        _go_on(work, snapshot, state.mark, resume)
        return
    _stop_a_source_that_begins_too_often(work, state.mark)
    if begun := _begins_now(work, state):
        _begin_with_a_watermark(work, snapshot, *begun)
    else:
        _begin_with_a_baseline(work, snapshot)


def _stop_a_source_that_begins_too_often(work: Work, mark: Mark | None) -> None:
    if not work.stop_source(MOST_LIVES):
        return
    theirs = f"host {mark.host}, MongoDB {mark.store}, life {mark.life}" if mark else "no mark"
    raise ConfigurationError(
        f"source {work.source.name}: its state was begun anew {MOST_LIVES} times within"
        f" {work.options.lives_within_seconds / 60:.0f} minutes, and would be again"
        f" ({why_new_life(mark, work.checkpoint)}). Here: host {work.options.host}, MongoDB {work.checkpoint.store},"
        f" life {work.checkpoint.life}; in SQL Server: {theirs}. It is stopped, and its rows wait: see that one relay"
        f" alone works on it, then run: relay adopt {work.source.name}"
    )


# With a baseline


def _begin_with_a_baseline(work: Work, snapshot: Snapshot) -> None:
    mark, lease = snapshot.state.mark, work.lease
    reason = why_new_life(mark, work.checkpoint, adopts=work.adopts)
    life = work.ports.new_name()
    work.begin_life(Beginning(life=life, reason=reason, number=work.number))
    new = _first_mark(work, life=life, generation=lease.generation)
    _set_mark(snapshot, new, expected=mark)
    _tell(work, reason, life)


def _first_mark(work: Work, *, life: str, generation: int, version: int = 0, resume: Resume | None = None) -> Mark:
    return Mark(
        version=version,
        life=life,
        generation=generation,
        store=work.checkpoint.store,
        resume=resume,
        host=work.options.host,
    )


def _set_mark(snapshot: Snapshot, mark: Mark, *, expected: Mark | None) -> None:
    if not snapshot.set_mark(mark, expected=expected):
        raise Stop("the mark is somebody else's by now")


def _tell(work: Work, reason: Reason, life: str) -> None:
    report = work.ports.log.info if reason is Reason.FIRST_RUN else work.ports.log.warning
    report("life_begun", source=work.source.name, reason=str(reason), life=life)


# With a watermark: RELAY_FIRST_RUN=now


def _begins_now(work: Work, state: TableState) -> tuple[int, Resume] | None:
    """The version that the life begins at, and what is known of it; None: it begins with a baseline.

    Whoever dies between mark and Mongo leaves a mark that tells the version: what came since then is not skipped.
    """
    if not work.options.first_run_now:
        return None
    mark, checkpoint = state.mark, work.checkpoint
    if mark is not None:
        return (mark.version, mark.resume) if mark.resume and mark.resume.is_first_run else None
    has_lived = checkpoint.life is not None or checkpoint.life_reason is not None
    if has_lived or work.has_pushed() or state.current_version is None:
        return None
    return state.current_version, Resume(
        number=work.number,
        last=None,
        base=work.number + 1,
        begin_version=state.begin_version,
        object_id=state.object_id,
        side_table=state.side_table,
        definition=work.source.definition,
        is_first_run=True,
    )


def _begin_with_a_watermark(work: Work, snapshot: Snapshot, version: int, resume: Resume) -> None:
    """First the mark, which tells the version, then Mongo."""
    life, lease = work.ports.new_name(), work.lease
    mark = _first_mark(work, life=life, generation=lease.generation, version=version, resume=resume)
    _set_mark(snapshot, mark, expected=snapshot.state.mark)
    work.begin_life(Beginning(life=life, reason=Reason.FIRST_RUN, number=work.number, version=version, resume=resume))
    _tell(work, Reason.FIRST_RUN, life)


# Adoption


def _vouched_for(work: Work, mark: Mark | None) -> Resume | None:
    """What the mark tells, where all that was dispatched up to its version is in the queue: the queue's own position
    says so. None: nobody adopts the source, or nothing vouches for that."""
    if mark is None or mark.resume is None or mark.resume.is_first_run:
        return None
    is_half_adopted = mark.store == work.checkpoint.store and mark.life == work.checkpoint.adopts_life
    if not (work.adopts or is_half_adopted):
        return None
    position, last = work.position(), mark.resume.last
    if position is None:
        return None
    vouches = (
        position.life != mark.life
        if last is None
        else position == Position(life=mark.life, number=last[0], seq=last[1])
    )
    return mark.resume if vouches else None


def _go_on(work: Work, snapshot: Snapshot, mark: Mark | None, resume: Resume) -> None:
    """First the mark, which ends the other's work, then Mongo. Who dies in between has announced it."""
    if mark is None:
        raise AssertionError("what the mark tells was asked for")
    work.announce_adoption(mark)
    new = replace(mark, store=work.checkpoint.store, generation=work.lease.generation, host=work.options.host)
    _set_mark(snapshot, new, expected=mark)
    work.begin_life(
        Beginning(
            life=mark.life,
            reason=Reason.CONTINUED,
            number=max(work.number, resume.number),
            version=mark.version,
            resume=resume,
        )
    )
    work.ports.log.warning("life_adopted", source=work.source.name, life=mark.life, version=mark.version)
