"""A stage on which several relays play one after another's calls: each call on a port is a place to pause or to die.

Every actor runs the real cycle in a thread of its own, but only one moves at a time: `Actor.step` lets it go on to
its next call. So a history is decided by the random numbers of the test alone, and can be played again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from common.database.records import Lease
from relay.broker.message import render_args
from relay.cycle.heartbeat import Heartbeat
from relay.cycle.options import CycleOptions
from relay.cycle.outcomes import CycleReport
from relay.cycle.ports import Ports
from relay.cycle.progress import Progress
from relay.sources.source import Source


class Killed(BaseException):
    """The process is dead: nothing more of it happens, not even its clean-up."""


class SilentLog:
    """Takes every event and keeps its name."""

    def __init__(self) -> None:
        self.events: list[tuple[str, dict[str, Any]]] = []

    def info(self, event: str, **fields: Any) -> None:
        self.events.append((event, fields))

    debug = warning = error = info


class StillHeartbeat(Heartbeat):
    """No thread: leases of the fakes are taken over when the test says so."""

    def __init__(self) -> None:
        pass

    @contextmanager
    def over(
        self, lease: Lease, progress: Progress, *, give_up: Callable[[], None], renew_fence: Callable[[], None]
    ) -> Iterator[None]:
        yield


class Paused:
    """A port every call of which is announced before and after."""

    def __init__(self, port: Any, pause: Callable[[str], None]) -> None:
        self._port = port
        self._pause = pause

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._port, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            self._pause(f"before {name}")
            result = method(*args, **kwargs)
            self._pause(f"after {name}")
            return PausedSnapshot(result, self._pause) if name == "snapshot" else result

        return call


class PausedSnapshot:
    """A snapshot between whose batches others act."""

    def __init__(self, manager: Any, pause: Callable[[str], None]) -> None:
        self._manager = manager
        self._pause = pause

    def __enter__(self) -> PausedSnapshot:
        self._snapshot = self._manager.__enter__()
        self.state = self._snapshot.state
        self._pause("after snapshot opened")
        return self

    def __exit__(self, *error: Any) -> None:
        self._manager.__exit__(*error)

    def changes(self, *args: Any) -> Iterator[Any]:
        return self._between(self._snapshot.changes(*args))

    def pending(self, *args: Any) -> Iterator[Any]:
        return self._between(self._snapshot.pending(*args))

    def last_key(self) -> Any:
        return self._snapshot.last_key()

    def _between(self, batches: Iterator[Any]) -> Iterator[Any]:
        for batch in batches:
            yield batch
            self._pause("between batches")

    def end(self) -> None:
        self._snapshot.end()
        self._pause("after end")

    def set_fence(self, fence: Any, *, expected: Any) -> bool:
        self._pause("before set_fence")
        result: bool = self._snapshot.set_fence(fence, expected=expected)
        self._pause("after set_fence")
        return result


@contextmanager
def one_ahead(items: Iterator[Any]) -> Iterator[Iterator[Any]]:
    """`prefetch` without a thread: each item is made before the one before it is worked on."""
    yield _one_ahead(items)


def _one_ahead(items: Iterator[Any]) -> Iterator[Any]:
    end = object()
    coming = next(items, end)
    while coming is not end:
        item, coming = coming, next(items, end)
        yield item


def paused_ports(
    changes: Any, mongo: Any, publisher: Any, pause: Callable[[str], None], new_name: Callable[[], str]
) -> Ports:
    """The cycle's world, made of fakes (or adapters) that pause."""
    store = Paused(mongo, pause)
    return Ports(
        changes=Paused(changes, pause),
        leases=store,
        checkpoints=store,
        journal=store,
        history=store,
        publisher=Paused(publisher, pause),
        render=render_args,
        prefetch=one_ahead,
        new_name=new_name,
        log=SilentLog(),
    )


class Actor:
    """One relay, at one cycle."""

    def __init__(self, run: Callable[[Callable[[str], None]], CycleReport]) -> None:
        self._go = threading.Semaphore(0)
        self._moved = threading.Semaphore(0)
        self._dead = False
        self.done = False
        self.error: BaseException | None = None
        self.report: CycleReport | None = None
        self._thread = threading.Thread(target=self._play, args=(run,), daemon=True)
        self._thread.start()

    def _play(self, run: Callable[[Callable[[str], None]], CycleReport]) -> None:
        self._go.acquire()
        try:
            if not self._dead:
                self.report = run(self._pause)
        except Killed:
            pass
        except BaseException as error:
            self.error = error
        finally:
            self.done = True
            self._moved.release()

    def _pause(self, _where: str) -> None:
        if self._dead:
            raise Killed
        self._moved.release()
        self._go.acquire()
        if self._dead:
            raise Killed

    def step(self) -> None:
        """Go on to the next call, or to the end."""
        self._go.release()
        self._moved.acquire()

    def kill(self) -> None:
        """kill -9: not one more call gets through."""
        self._dead = True
        self._go.release()
        self._thread.join()


def cycle_on(
    ports: Callable[[Callable[[str], None]], Ports], source: Source, options: CycleOptions, *, adopts: bool = False
) -> Callable[[Callable[[str], None]], CycleReport]:
    """A cycle for an Actor to play."""
    from relay.cycle.run import run_cycle

    return lambda pause: run_cycle(source, ports(pause), options, StillHeartbeat(), adopts=adopts)
