"""Names that belong to relay, to Celery and to kombu: a source with such a name would lose its documents.

Celery 5.7: `celery.pidbox` (control; relay's workers have `relay.pidbox`), `celeryev` (events), `celery_delayed_`
(native delayed delivery). kombu 5.7 in Redis: `_kombu.` (bindings), `unacked` and its index and lock. RabbitMQ:
declares nothing that begins with `amq.`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from common.config import SettingsError
from relay.sources.source import Source

OWN_QUEUE = "relay"
"""The only queue that relay's workers consume. The others belong to the worker services."""

SEPARATOR = "\x06\x16"
"""Between a Redis list's name and its priority, unless the option `sep` says otherwise (kombu 5.7)."""
STEPS = (0, 3, 6, 9)
"""The priorities that have lists of their own, unless the option `priority_steps` says otherwise."""

_OWNERS = {
    f"{OWN_QUEUE}:": "the offsets that relay keeps in Redis",
    f"{OWN_QUEUE}{SEPARATOR}": "relay's own queue",
    "celeryev.": "Celery's events",
    "celery_delayed_": "Celery's delayed messages",
    "_kombu.": "kombu's bindings",
    "amq.": "RabbitMQ",
}
_UNACKED = {"unacked_key": "unacked", "unacked_index_key": "unacked_index", "unacked_mutex_key": "unacked_mutex"}
_EXACT = {OWN_QUEUE: "relay's own ticks", "celeryev": "Celery's events"}
_EXACT |= dict.fromkeys(_UNACKED.values(), "kombu's messages in hand")
_CONTROL = ("celery.pidbox", f"{OWN_QUEUE}.pidbox")

LONGEST_QUEUE = 255
"""Bytes of a queue's name (AMQP 0-9-1, "shortstr")."""


def queue_problem(name: str) -> str | None:
    """Why no source may have this queue; None when it may."""
    if len(name.encode()) > LONGEST_QUEUE:
        return f"queue: {name[:20]!r}... has {len(name.encode())} bytes in UTF-8; write {LONGEST_QUEUE} at most"
    owner = _EXACT.get(name) or next((_OWNERS[start] for start in _OWNERS if name.startswith(start)), None)
    if owner is None and any(name == each or name.endswith(f".{each}") for each in _CONTROL):
        owner = "Celery's control commands"
    return None if owner is None else f"queue: {name!r} is the name of {owner}; choose another"


def reserved_names(source: Source) -> Sequence[str]:
    """What is wrong with the names of the source's task and queue: a line each."""
    return [problem for problem in (task_problem(source.task), queue_problem(source.queue)) if problem]


def task_problem(name: str) -> str | None:
    """Why no source may have this task; None when it may."""
    for owner in ("relay", "celery"):
        if name.startswith(f"{owner}."):
            return f"task: {name!r}: names that begin with {owner}. are {owner}'s own; choose another"
    return None


def check_lists(sources: Sequence[Source], options: Mapping[str, Any]) -> None:
    """Raise SettingsError when, with these options of kombu's Redis transport, a source shares a list with relay, or
    its queue is the list of another source's priority: the consumer of that one would take its documents too."""
    # The worker services keep their messages in hand under kombu's own names, even though relay does not.
    in_hand = {*_UNACKED.values(), *(options[option] for option in _UNACKED if option in options)}
    own = {*_lists(OWN_QUEUE, options), *in_hand}
    problems = []
    for source in sources:
        others = {other.queue for other in sources} - {source.queue}
        if own & set(_lists(source.queue, options)):
            problems.append(_shared(source, "relay's own queue"))
        for other in sorted(others):
            if source.queue in _lists(other, options):
                problems.append(_shared(source, f"a priority of {other!r}"))
    if problems:
        raise SettingsError("\n".join(problems))


def _shared(source: Source, owner: str) -> str:
    return f"source {source.name}: queue: {source.queue!r} is, or has, a list in Redis of {owner}; choose another"


def _lists(queue: str, options: Mapping[str, Any]) -> Iterator[str]:
    """The lists from which a worker takes this queue."""
    steps: Collection[int] = options.get("priority_steps", STEPS)
    yield queue
    yield from (f"{queue}{options.get('sep', SEPARATOR)}{step}" for step in steps)
