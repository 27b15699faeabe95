"""For how long beat, or the workers, have given no sign: by the monotonic clock, and not by anybody's date."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection

LEAST_SECONDS = 15.0
"""Three ticks may come within a second: a silence that is shorter than this is none."""
RECONNECT_SECONDS = 35.0
"""After an outage of the broker the other side may take this long to come back: kombu 5.7 waits 30 s at most between
two tries (`Connection.ensure_connection`), and a connect takes 5 s at most."""


class HeardBeat:
    """For how long a worker has not heard of a beat."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since = clock()

    def hear(self) -> None:
        """There was a tick, or a beat said that it is there."""
        self._since = self._clock()

    def was_deaf(self) -> None:
        """Until now nothing could be heard."""
        self._since = self._clock() + RECONNECT_SECONDS

    def silence(self) -> float:
        """Seconds."""
        return max(0.0, self._clock() - self._since)


class Untaken:
    """For how long no worker has taken any message from relay's queue, told by the queue's length alone."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since = clock()
        self._left = 0
        """Messages that wait unless some were taken since the last look."""

    def sent(self) -> None:
        """One was added."""
        self._left += 1

    def was_away(self) -> None:
        """The broker did not say: what it holds says nothing of the workers before they had time to come back."""
        self._since, self._left = self._clock() + RECONNECT_SECONDS, 0

    def look(self, waiting: int) -> float:
        """So many wait now; gives the seconds for which none has been taken."""
        now = self._clock()
        # What others have added since is unknown: with it, none may seem to be taken although some were.
        if waiting == 0 or waiting < self._left:
            # guard: time-to-come-back
            self._since = max(now, self._since)
        self._left = waiting
        return max(0.0, now - self._since)


class InHand:
    """For how long a worker has had what it has in hand."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: dict[str, float] = {}

    def was_blind(self) -> None:
        """Until now nobody looked: some may have ended, and others begun."""
        self._seen.clear()

    def look(self, ids: Collection[str]) -> float:
        """Seconds for which the oldest of these has been seen."""
        now = self._clock()
        self._seen = {each: self._seen.get(each, now) for each in ids}
        return now - min(self._seen.values(), default=now)
