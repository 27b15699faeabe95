"""The Lua script that pushes messages and moves the offset, and its calls for a batch."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from common.database.records import NOWHERE, Offset, Outgoing
from relay.broker.renderer import Rendered

PUSH = files("relay.broker").joinpath("push.lua").read_text(encoding="utf-8")
PUSH_SHA = hashlib.sha1(PUSH.encode(), usedforsecurity=False).hexdigest()


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One call of the script: done wholly, or not at all."""

    after: Offset
    """The offset that its first dispatch follows."""
    count: int
    """Dispatches."""
    size: int
    """Bytes of its messages, which are nearly all of what is sent."""
    largest: int
    """Bytes of its largest message."""
    arguments: Sequence[Any]
    """Both keys, and ARGV."""


def calls_of(offset_key: str, prefix: str, after: Offset, runs: Iterable[Rendered]) -> Iterator[Call]:
    """A call for each run of rendered dispatches, each from where the one before ends.

    `prefix`: kombu's `global_keyprefix`, before the name of every list. `after`: the offset that the first one follows.
    """
    for run in runs:
        # guard: queue-follows-prefix
        yield call_of(offset_key, f"{prefix}{run.key}", after, run.dispatches, run.payloads)
        # guard: chain-in-flight
        after = run.dispatches[-1].offset


def call_of(
    offset_key: str, queue_key: str, after: Offset, dispatches: Sequence[Outgoing], payloads: Sequence[bytes]
) -> Call:
    """A call that pushes these dispatches of one epoch. `payloads`: one for each; empty: nothing is pushed for it."""
    places = [f"{dispatch.window.number}:{dispatch.seq}" for dispatch in dispatches]
    last = places[-1] if all(payloads) else ""
    epoch = dispatches[-1].window.epoch
    keys_and_follows = [offset_key, queue_key, epoch, after.epoch, after.window, after.seq]
    return Call(
        after=after,
        count=len(dispatches),
        size=sum(map(len, payloads)),
        largest=max(map(len, payloads), default=0),
        arguments=[*keys_and_follows, " ".join(places), last, *payloads],
    )


def parse_offset(stored: bytes | str | None) -> Offset:
    """The offset as the script stores it: `window:seq:epoch`; NOWHERE where there is none."""
    if stored is None:
        return NOWHERE
    text = stored.decode() if isinstance(stored, bytes) else stored
    window, seq, epoch = text.split(":", 2)
    return Offset(epoch=epoch, window=int(window), seq=int(seq))
