"""Whose the source is: the fence in SQL Server bears the id of the Mongo whose relay works on it."""

from __future__ import annotations

from common.database.records import Fence
from relay.cycle.admission import check_nobody_else_is_at_work
from relay.cycle.context import CycleContext
from relay.cycle.reasons import Reason


def check_owner(context: CycleContext) -> bool:
    """To be asked before anything is pushed that this relay has not just sealed, and over another epoch's offset.

    Another Mongo's relay may have taken the source over meanwhile: the queue's offset does not always tell, since
    under another name of Mongo's database it is another one.

    Raises ConfigurationError where that relay is at work. False: the fence is another Mongo's who is not, or the
    source is adopted; the epoch has ended.
    """
    fence = context.ports.changes.states([context.source])[context.source.name].fence
    if fence is None or fence.store == context.checkpoint.store:
        return True
    leave_it_to_who_is_at_work(context, fence)
    context.check_lease()
    context.end_epoch(Reason.OTHER_MONGO)
    return False


def leave_it_to_who_is_at_work(context: CycleContext, fence: Fence | None) -> None:
    """Raises ConfigurationError where another Mongo's relay was seen lately, and nobody adopts the source."""
    if not context.adopts:
        check_nobody_else_is_at_work(
            context.source, fence, context.checkpoint, fresh_seconds=context.options.fresh_seconds
        )
