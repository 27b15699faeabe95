"""Who owns the source: the fence in SQL Server has the id of the Mongo whose relay works on it."""

from __future__ import annotations

from common.database.records import Fence
from relay.cycle.admission import check_nobody_else_is_at_work
from relay.cycle.context import CycleContext
from relay.cycle.reasons import Reason


def check_owner(context: CycleContext) -> bool:
    """Ask this before pushing what this relay has not just sealed, and before pushing over another epoch's offset.

    Another Mongo's relay may have taken the source over meanwhile. The queue's offset does not always show that: with
    another MONGO_DB_NAME it has another key.

    Raises ConfigurationError where that relay is at work. False: the fence is another Mongo's, whose relay is not at
    work, or the source is adopted; the epoch has ended.
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
