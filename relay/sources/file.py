"""The file of sources (RELAY_SOURCES): TOML that adds sources, and changes or switches off built-in ones.

[sources.prescription]
table = "pharmacy.Prescriptions"
args = ["local_prescription_id", "shop_pharmacy_code"]

[sources.cancellation]
enabled = false
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, StrictStr, ValidationError, field_validator

from common.config import SettingsError
from common.database.names import split_name
from common.escaping import is_unseen
from common.text_file import NotTextError, decoded, read_bytes
from relay.sources.builtin import BUILT_IN
from relay.sources.naming import NAME, snake_case
from relay.sources.reserved import reserved_names
from relay.sources.source import Source
from relay.sources.toml_text import parsed
from relay.sources.wording import found as found_there
from relay.sources.wording import instead

Text = Annotated[StrictStr, Field(min_length=1)]
Number = Annotated[StrictInt, Field(ge=-(2**63), lt=2**63)]
Columns = Annotated[tuple[Text, ...], Field(min_length=1)]


class Entry(BaseModel):
    """What `[sources.NAME]` may hold. Everything but a new source's `table` and `args` has a default."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    table: Text | None = Field(None, description="the table: schema.table, in [brackets] where a name needs them")
    args: Columns | None = Field(None, description="columns that become the task's arguments; first the business id")
    key: Columns | None = Field(None, description="the primary key's columns; default: as in the database")
    status_column: Text | None = Field(None, description="the column that says whether a row waits; default: status")
    pending_value: Text | Number | None = Field(None, description="its value when it does; default: PENDING_SYNC")
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

    @field_validator("task", "queue")
    @classmethod
    def _name_can_be_seen(cls, value: str | None) -> str | None:
        if value is not None and (value != value.strip() or any(map(is_unseen, value))):
            raise ValueError(f"{value!r} has a blank at an end, or a character that nobody sees; write it without")
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
        text = decoded(read_bytes(path))
    except OSError as error:
        raise SettingsError(f"RELAY_SOURCES: {path} cannot be read: {error.strerror}") from None
    except NotTextError as error:
        raise SettingsError(f"RELAY_SOURCES: {path}: {error}") from None
    sources, problems = parse_sources(text)
    if problems:
        raise SettingsError("\n".join(f"{path}: {problem}" for problem in problems))
    return sources


def parse_sources(text: str) -> tuple[Sequence[Source], Sequence[str]]:
    """The sources in this TOML, and what is wrong with it: a line a problem."""
    try:
        document = parsed(text)
    except NotTextError as error:
        return (), [str(error)]
    problems = list(_misplaced(document))
    tables = document.get("sources", {})
    if not isinstance(tables, Mapping):
        return (), [*problems, f"sources: found {found_there(tables)}; write [sources.NAME], and its fields below"]
    found = {source.name: source for source in BUILT_IN}
    for name, content in tables.items():
        built_in = found.pop(name, None)
        try:
            source = _source(name, content, built_in)
        except _ProblemsError as error:
            problems += [f"[sources.{_quoted(name)}] {line}" for line in error.lines]
            continue
        if source is not None:
            found[name] = source
    if not found and not problems:
        problems = ["every source is switched off; leave one on"]
    order = {source.name: source for source in BUILT_IN} | found
    return tuple(found[name] for name in order if name in found), problems


def _misplaced(document: Mapping[str, object]) -> Iterator[str]:
    """What stands beside [sources.NAME]."""
    for name in document:
        if name in Entry.model_fields:
            yield f"{name}: stands outside of a source; write [sources.NAME] above it"
        elif name != "sources":
            yield f"{_quoted(name)}: no such thing here; write [sources.NAME]"


def _quoted(name: str) -> str:
    """As TOML has it."""
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else json.dumps(name, ensure_ascii=False)


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
        if name in Entry.model_fields:
            raise _ProblemsError(["stands outside of a source; write [sources.NAME] above it"])
        raise _ProblemsError([f"found {found_there(content)}; write [sources.NAME] once, and its fields below"])
    if not NAME.fullmatch(name):
        rule = "the name must begin with a letter and have only a-z, 0-9, _ and -, 63 at most"
        raise _ProblemsError([f"{rule}; write, for example, [sources.{snake_case(name)}]"])
    try:
        return Entry(**content)
    except ValidationError as error:
        lines: dict[object, str] = {}
        for problem in error.errors():
            lines.setdefault(problem["loc"][0], _line(problem, content))
        raise _ProblemsError(list(lines.values())) from None


def _line(problem: Any, content: Mapping[str, object]) -> str:
    field = str(problem["loc"][0])
    if problem["type"] == "extra_forbidden":
        if isinstance(content[field], Mapping):
            return f"{_quoted(field)}: found a table inside of a source; a source's name has no dot"
        near = get_close_matches(field, Entry.model_fields, n=1)
        hint = f"did you mean {near[0]}?" if near else f"the fields are: {', '.join(Entry.model_fields)}"
        return f"{_quoted(field)}: there is no such field; {hint}"
    if problem["type"] == "value_error":
        return f"{field}: {problem['msg'].removeprefix('Value error, ')}"
    return f"{field}: {instead(field, content[field], problem['loc'])}"
