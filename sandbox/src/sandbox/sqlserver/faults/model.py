"""The faults that can be armed: what happens, to which requests, and how often."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field

Natural = Annotated[int, Field(ge=0)]
Positive = Annotated[int, Field(ge=1)]


class Moment(StrEnum):
    """When a connection is cut."""

    BEFORE = "before"
    """The statement never runs."""
    AFTER = "after"
    """It has run, and a commit has happened, but its reply does not arrive."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """Whom a fault meets, and how often. Names are compared without regard to case."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    application: str | None = None
    """Only clients that call themselves so (APP in a connection string)."""
    login: str | None = None
    """Only clients that logged in as this one."""
    skip: Natural = 0
    """So many requests that it would meet are let through first."""
    times: Positive | None = 1
    """So many it meets; None: all until it is cleared."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StatementFault(Fault):
    """A fault that meets statements: batches and procedures that run one, as the client sends them.

    The driver's own requests (`BEGIN TRANSACTION`, `COMMIT TRANSACTION`, `ROLLBACK TRANSACTION`, and calls of system
    procedures) it meets only when `text` names them.
    """

    text: str | None = None
    """Only statements that contain this, without regard to case."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ErrorFault(StatementFault):
    """In place of running, the statement fails with this error and what it does to the transaction."""

    kind: Literal["error"] = "error"
    number: int


@dataclass(frozen=True, kw_only=True, slots=True)
class CutFault(StatementFault):
    """The connection ends without a word."""

    kind: Literal["cut"] = "cut"
    moment: Moment = Moment.AFTER
    rows: Positive | None = None
    """With `after`: already behind so many rows of the reply, or at its end when there are fewer.

    Those that have not filled a packet are lost with the connection.
    """


@dataclass(frozen=True, kw_only=True, slots=True)
class DelayFault(StatementFault):
    """The statement begins so much later. It can be cancelled meanwhile."""

    kind: Literal["delay"] = "delay"
    milliseconds: Positive


@dataclass(frozen=True, kw_only=True, slots=True)
class LoginFault(Fault):
    """The login is refused (18456). Who is logged in already stays."""

    kind: Literal["login"] = "login"


AnyFault = Annotated[ErrorFault | CutFault | DelayFault | LoginFault, Field(discriminator="kind")]
