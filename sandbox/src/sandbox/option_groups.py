"""Options that several commands have: each is declared once, as a field of a dataclass that the commands take."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, fields, is_dataclass
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

EnvFile = Annotated[Path, typer.Option("--env-file", help="the env file of the sandbox that is meant")]
Application = Annotated[str | None, typer.Option(help="only clients that call themselves so")]
Times = Annotated[int, typer.Option(min=0, help="how many it meets; 0: all until `fault clear`")]


@dataclass(frozen=True, kw_only=True)
class Requests:
    """Which clients a fault affects, and how often."""

    application: Application = None
    login: Annotated[str | None, typer.Option(help="only clients that logged in as this one")] = None
    skip: Annotated[int, typer.Option(min=0, help="let so many pass first")] = 0
    times: Times = 1

    def as_fields(self) -> dict[str, Any]:
        """The same as fields of a `Fault`, which says None for all."""
        return {**asdict(self), "times": self.times or None}


@dataclass(frozen=True, kw_only=True)
class Statements(Requests):
    """The same where a fault meets statements."""

    text: Annotated[str | None, typer.Option(help="only statements that contain this, in any case")] = None


@dataclass(frozen=True, kw_only=True)
class AllStatements(Statements):
    """The same where a fault meets all of them unless somebody says how many."""

    times: Times = 0


def with_groups(command: Callable[..., None]) -> Callable[..., None]:
    """The command as typer wants it: a parameter that is one of the dataclasses is replaced by its fields."""
    hints = get_type_hints(command, include_extras=True)
    groups: dict[str, Any] = {name: hint for name, hint in hints.items() if is_dataclass(hint)}

    @wraps(command)
    def flat(**given: Any) -> None:
        made = {
            name: group(**{field.name: given.pop(field.name) for field in fields(group)})
            for name, group in groups.items()
        }
        command(**given, **made)

    def parameters() -> Iterator[inspect.Parameter]:
        for name, parameter in inspect.signature(command).parameters.items():
            if name in groups:
                yield from _options(groups[name])
            else:
                yield parameter.replace(annotation=hints[name], kind=inspect.Parameter.KEYWORD_ONLY)

    signature = inspect.Signature(list(parameters()))
    vars(flat)["__signature__"] = signature  # which inspect.signature() goes by
    flat.__annotations__ = {name: parameter.annotation for name, parameter in signature.parameters.items()}
    return flat


def _options(group: Any) -> Iterator[inspect.Parameter]:
    hints = get_type_hints(group, include_extras=True)
    for field in fields(group):
        yield inspect.Parameter(
            field.name, inspect.Parameter.KEYWORD_ONLY, default=field.default, annotation=hints[field.name]
        )
