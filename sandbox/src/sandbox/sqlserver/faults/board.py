"""The armed faults, and whom they meet."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.sqlserver.faults.model import (
    CutFault,
    DelayFault,
    ErrorFault,
    Fault,
    LoginFault,
    StatementFault,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Client:
    """Who sends a request."""

    application: str
    login: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """What may meet a fault: a statement's text, or the name of something that the driver asks for by itself."""

    client: Client
    text: str
    is_statement: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Fate:
    """What happens to a request: it waits, and then perhaps it does not end well."""

    delay_seconds: float = 0.0
    end: ErrorFault | CutFault | None = None


class _Armed:
    """A fault and how much of it is left."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self.skip = fault.skip
        self.times = fault.times

    def strike(self) -> bool:
        """Count a request that it would meet: whether it does."""
        if self.skip:
            self.skip -= 1
            return False
        if self.times is not None:
            self.times -= 1
        return True

    @property
    def is_spent(self) -> bool:
        return self.times == 0


class Board:
    """The armed faults of a server, by number. From any thread."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._numbers = itertools.count(1)
        self._armed: dict[int, _Armed] = {}

    def arm(self, fault: Fault) -> int:
        """Arm a fault; gives its number."""
        with self._mutex:
            number = next(self._numbers)
            self._armed[number] = _Armed(fault)
            return number

    def armed(self) -> dict[int, Fault]:
        """The faults that are still to come, as they were armed."""
        with self._mutex:
            return {number: armed.fault for number, armed in self._armed.items()}

    def clear(self, number: int | None = None) -> int:
        """Disarm one or all; gives how many that were."""
        with self._mutex:
            chosen = list(self._armed) if number is None else [number]
            return sum(self._armed.pop(each, None) is not None for each in chosen)

    def refuses(self, client: Client) -> bool:
        """Whether this client's login is refused."""
        return bool(self._strike(lambda fault: isinstance(fault, LoginFault) and _is_about(fault, client), most=1))

    def fate_of(self, request: Request) -> Fate:
        """What happens to this request. Of the faults that end it, the one that was armed first; delays add up."""
        delays = self._strike(lambda fault: isinstance(fault, DelayFault) and _meets(fault, request))
        ends = self._strike(lambda fault: isinstance(fault, (ErrorFault, CutFault)) and _meets(fault, request), most=1)
        return Fate(
            delay_seconds=sum(fault.milliseconds for fault in delays if isinstance(fault, DelayFault)) / 1000,
            end=next((fault for fault in ends if isinstance(fault, (ErrorFault, CutFault))), None),
        )

    def _strike(self, is_met: Callable[[Fault], bool], most: int | None = None) -> list[Fault]:
        """The faults that strike, in the order in which they were armed; those that are spent by it are gone."""
        struck: list[Fault] = []
        with self._mutex:
            for number, armed in list(self._armed.items()):
                if len(struck) == most:
                    break
                if is_met(armed.fault) and armed.strike():
                    struck.append(armed.fault)
                if armed.is_spent:
                    del self._armed[number]
        return struck


def _is_about(fault: Fault, client: Client) -> bool:
    wanted = ((fault.application, client.application), (fault.login, client.login))
    return all(name is None or name.lower() == given.lower() for name, given in wanted)


def _meets(fault: StatementFault, request: Request) -> bool:
    if not _is_about(fault, request.client):
        return False
    return request.is_statement if fault.text is None else fault.text.lower() in request.text.lower()
