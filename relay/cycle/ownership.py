"""Whose the source is: the mark in SQL Server bears the id of the Mongo whose relay works on it."""

from __future__ import annotations

from common.database.records import Mark
from relay.cycle.admission import check_nobody_else_is_at_work
from relay.cycle.context import Work
from relay.cycle.outcomes import Reason


def check_owner(work: Work) -> bool:
    """To be asked before anything is pushed that this relay has not just sealed, and over another life's position.

    Another Mongo's relay may have taken the source over meanwhile: the queue's position does not always tell, since
    under another name of Mongo's database it is another one.

    Raises ConfigurationError where that relay is at work. False: the mark is another Mongo's who is not, or the
    source is adopted; the life has ended.
    """
    mark = work.ports.changes.states([work.source])[work.source.name].mark
    if mark is None or mark.store == work.checkpoint.store:
        return True
    leave_it_to_who_is_at_work(work, mark)
    work.check_lease()
    work.abandon_life(Reason.OTHER_MONGO)
    return False


def leave_it_to_who_is_at_work(work: Work, mark: Mark | None) -> None:
    """Raises ConfigurationError where another Mongo's relay was seen lately, and nobody adopts the source."""
    if not work.adopts:
        check_nobody_else_is_at_work(work.source, mark, work.checkpoint, fresh_seconds=work.options.fresh_seconds)
