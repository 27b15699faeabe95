"""Fills a model of settings from the environment and from `.env`, and tells each problem in one line."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_settings import BaseSettings

from common.env_file import Entry, EnvFileError, read_env_file

SettingsT = TypeVar("SettingsT", bound=BaseSettings)


class SettingsError(Exception):
    """A setting is missing or makes no sense. The message has one line for each, which names it."""


def read_settings(model: type[SettingsT], env_file: Path | None, overrides: Mapping[str, Any]) -> SettingsT:
    """The model, from `overrides`, then the environment, then this file.

    Raises SettingsError, which names each setting that is missing or senseless and never shows a value.
    """
    written = {} if env_file is None else _written(model, env_file, overrides)
    given = {name: entry.value for name, entry in written.items()}
    try:
        return model(**{**given, **overrides})
    except ValidationError as error:
        problems = [_line(model, problem, env_file, written) for problem in error.errors()]
    # Outside of the handler: pydantic's error holds the values, and would go along as the context.
    raise SettingsError("\n".join(problems))


def _written(model: type[BaseSettings], env_file: Path, overrides: Mapping[str, Any]) -> Mapping[str, Entry]:
    """What the file says of settings that nothing goes before. Raises SettingsError."""
    fields = model.model_fields
    secret = [name for name, field in fields.items() if "SecretStr" in str(field.annotation)]
    try:
        return read_env_file(env_file, fields, unused={*os.environ, *overrides}, secret=secret)
    except EnvFileError as error:
        raise SettingsError(str(error)) from None


def _line(model: type[BaseSettings], problem: Any, env_file: Path | None, written: Mapping[str, Entry]) -> str:
    name = ".".join(str(part) for part in problem["loc"])
    if problem["type"] in ("missing", "string_too_short", "too_short"):
        return f"{name} is not set ({model.model_fields[name].description}): set it in the environment or in .env"
    message = problem["msg"].removeprefix("Value error, ")
    place = f" ({env_file}, line {written[name].line})" if name in written else ""
    return f"{name}: {message}{place}" if name else message
