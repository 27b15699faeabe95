"""The file of sources (RELAY_SOURCES): TOML that adds sources, and changes or switches off built-in ones.

[sources.prescription]
table = "pharmacy.Prescriptions"
args = ["local_prescription_id", "shop_pharmacy_code"]

[sources.cancellation]
enabled = false
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, StrictStr, ValidationError, field_validator

from common.config import SettingsError
from common.database.names import split_name
from relay.sources.builtin import BUILT_IN
from relay.sources.reserved import reserved_names
from relay.sources.source import Source

NAME = re.compile(r"[a-z][a-z0-9_-]{0,62}")
"""Names of sources: they become part of keys in MongoDB, Redis and SQL Server."""

Text = Annotated[StrictStr, Field(min_length=1)]
Columns = Annotated[tuple[Text, ...], Field(min_length=1)]


class Entry(BaseModel):
    """What `[sources.NAME]` may hold. Everything but a new source's `table` and `args` has a default."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    table: Text | None = Field(None, description="the table: schema.table, in [brackets] where a name needs them")
    args: Columns | None = Field(None, description="columns that become the task's arguments; first the business id")
    key: Columns | None = Field(None, description="the primary key's columns; default: as in the database")
    status_column: Text | None = Field(None, description="the column that says whether a row waits; default: status")
    pending_value: Text | StrictInt | None = Field(None, description="its value when it does; default: PENDING_SYNC")
    watch: Columns | None = Field(
        None, description="columns of which an UPDATE must name one for a row to be taken; default: status and args"
    )
    task: Text | None = Field(None, description="name of the Celery task; default: NAME.process_NAME")
    queue: Text | None = Field(None, description="name of the Celery queue; default: NAME_queue")
    priority: Annotated[StrictInt, Field(ge=0, le=9)] | None = Field(
        None, description="priority of the messages, 0 to 9; default: 0"
    )
    enabled: StrictBool = Field(default=True, description="false switches the source off")

    @field_validator("table")
    @classmethod
    def _table_has_a_name(cls, value: str | None) -> str | None:
        if value is not None:
            split_name(value)
        return value

    def fields(self) -> dict[str, Any]:
        """What was given, under the names that Source has for it."""
        given = self.model_dump(exclude_none=True, exclude={"table", "enabled"})
        if self.table is not None:
            given["schema"], given["table"] = split_name(self.table)
        return given


def read_sources(path: Path) -> Sequence[Source]:
    """The sources that this file makes of the built-in ones: those first, then the new ones as they stand there.

    Raises SettingsError with a line for every problem, which names file, source, field and remedy.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"RELAY_SOURCES: {path} cannot be read: {_reason(error)}") from None
    sources, problems = parse_sources(text)
    if problems:
        raise SettingsError("\n".join(f"{path}: {problem}" for problem in problems))
    return sources


def parse_sources(text: str) -> tuple[Sequence[Source], Sequence[str]]:
    """The sources in this TOML, and what is wrong with it: a line a problem."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return (), [f"not TOML: {error}"]
    problems = [f"{name}: no such thing here; write [sources.NAME]" for name in document if name != "sources"]
    tables = document.get("sources", {})
    if not isinstance(tables, Mapping):
        return (), [*problems, "sources: must be a table; write [sources.NAME]"]
    found = {source.name: source for source in BUILT_IN}
    for name, content in tables.items():
        built_in = found.pop(name, None)
        try:
            source = _source(name, content, built_in)
        except _ProblemsError as error:
            problems += [f"[sources.{name}] {line}" for line in error.lines]
            continue
        if source is not None:
            found[name] = source
    if not found and not problems:
        problems = ["every source is switched off; leave one on"]
    order = {source.name: source for source in BUILT_IN} | found
    return tuple(found[name] for name in order if name in found), problems


class _ProblemsError(Exception):
    def __init__(self, lines: Sequence[str]) -> None:
        super().__init__(lines)
        self.lines = lines


def _source(name: str, content: object, built_in: Source | None) -> Source | None:
    """The source; None when it is switched off. Raises _ProblemsError."""
    entry = _entry(name, content)
    if not entry.enabled:
        return None
    source = _new(name, entry) if built_in is None else replace(built_in, **entry.fields())
    taken = reserved_names(source)
    # guard: names-taken
    if taken:
        raise _ProblemsError(taken)
    return source


def _new(name: str, entry: Entry) -> Source:
    missing = [field for field in ("table", "args") if getattr(entry, field) is None]
    if missing:
        raise _ProblemsError([f"{field} is missing: {Entry.model_fields[field].description}" for field in missing])
    return Source(**{"name": name, "task": f"{name}.process_{name}", "queue": f"{name}_queue", **entry.fields()})


def _entry(name: str, content: object) -> Entry:
    if not isinstance(content, Mapping):
        raise _ProblemsError(["must be a table of fields"])
    if not NAME.fullmatch(name):
        raise _ProblemsError(["the name must begin with a letter and have only a-z, 0-9, _ and -, 63 at most"])
    try:
        return Entry(**content)
    except ValidationError as error:
        lines: dict[object, str] = {}
        for problem in error.errors():
            lines.setdefault(problem["loc"][0], _line(problem))
        raise _ProblemsError(list(lines.values())) from None


def _line(problem: Any) -> str:
    field = str(problem["loc"][0])
    if problem["type"] == "extra_forbidden":
        near = get_close_matches(field, Entry.model_fields, n=1)
        hint = f"did you mean {near[0]}?" if near else f"the fields are: {', '.join(Entry.model_fields)}"
        return f"{field}: there is no such field; {hint}"
    description = Entry.model_fields[field].description
    return f"{field}: {problem['msg'].removeprefix('Value error, ')} ({description})"


def _reason(error: OSError | UnicodeDecodeError) -> str:
    return "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error.strerror)
