"""A file of sources that a person is to check: candidates as TOML, with what was seen of each in comments."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import tomlkit

from common.database.names import full_name
from common.escaping import escaped, is_unseen
from relay.sources.naming import snake_case, without_accents
from relay.sources.reserved import task_problem
from relay.sources.source import Source

SHOWN = 8
"""Values of a status column that are shown."""
LONGEST = 40
"""Characters of one."""
FILL_IN = "FILL_IN"

_PENDING = re.compile(r"pending|unsent|to_?send|queued|ready|\bcho\b|cho_|chua", re.IGNORECASE)
"""Of a value without its accents: `TO_SEND`, `Chờ gửi`, `CHUA_DONG_BO`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """A table that has a column for its status."""

    schema: str
    table: str
    key: tuple[str, ...]
    """Empty: it has no primary key, and cannot be tracked before it does."""
    status_column: str
    is_text: bool
    """Whether that is a text; otherwise a whole number."""
    values: Mapping[str | int, int]
    """Some that it holds, and in how many of the rows that were looked at; the commonest first."""
    watch: tuple[str, ...] | None
    """What to watch in place of a status column that is computed; empty: its definition does not tell. None: it is an
    ordinary one."""
    is_key_usable: bool
    """Whether the task log gives its values back as what they were."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Unreadable:
    """A table with a status column that cannot be read now."""

    table: str
    """In full, as it can be typed."""
    is_locked: bool
    """Whether somebody's open transaction holds it; otherwise the login lacks a right."""


def as_toml(found: Sequence[Candidate | Unreadable], *, names: Collection[str]) -> str:
    """The file. `names`: of sources that there are already.

    What cannot be known (the order of the arguments, the pending value) is guessed, and marked to be checked.
    """
    document = tomlkit.document()
    document.add(tomlkit.comment("Check every line, then set RELAY_SOURCES to this file and run: relay enable"))
    for each in found:
        if isinstance(each, Unreadable):
            document.add(tomlkit.comment(_why_unreadable(each)))
    sources = tomlkit.table(is_super_table=True)
    taken = set(names)
    for candidate in (each for each in found if isinstance(each, Candidate)):
        name = _name_for(candidate, taken)
        taken.add(name)
        sources.add(name, _entry(candidate))
    if sources:
        document.add("sources", sources)
    else:
        document.add(tomlkit.comment("There is no other table with a status column that this login may read."))
    return _all_seen(tomlkit.dumps(document))


def _all_seen(text: str) -> str:
    """What nobody sees in the names of tables and columns, as TOML's double quotes have it: the file is printed."""
    # guard: suggested-file-seen
    return "".join(f"\\U{ord(one):08x}" if one != "\n" and is_unseen(one) else one for one in text)


def _why_unreadable(found: Unreadable) -> str:
    table = escaped(found.table)
    if found.is_locked:
        return f"{table} has a status column, and somebody's open transaction holds the table: try again"
    return f"{table} has a status column that this login may not read: GRANT SELECT ON {table}"


def _entry(candidate: Candidate) -> Any:
    entry = tomlkit.table()
    entry.add("table", full_name(candidate.schema, candidate.table))
    entry.add("args", list(_args(candidate)))
    entry["args"].comment("the order in which the task takes them, first the business id")
    entry.add("status_column", candidate.status_column)
    entry.add("pending_value", _pending_value(candidate))
    entry["pending_value"].comment(f"the column holds: {_seen(candidate.values)}")
    if candidate.watch is not None:
        entry.add("watch", list(candidate.watch) or [FILL_IN])
        entry["watch"].comment(f"what {escaped(candidate.status_column)} is computed from")
    if not candidate.is_key_usable:
        entry.add(tomlkit.comment("The task log cannot give back keys of its primary key's type: give it another."))
    if not candidate.key:
        entry.add(tomlkit.comment("It has no primary key, which change tracking needs: add one first."))
    return entry


def _seen(values: Mapping[str | int, int]) -> str:
    """`SENT (940), TO_SEND (60)`: with the number of rows among those that were looked at."""
    shown = [f"{escaped(str(value), longest=LONGEST)} ({rows:,})" for value, rows in values.items()]
    more = f" and {len(shown) - SHOWN} others" if len(shown) > SHOWN else ""
    return (", ".join(shown[:SHOWN]) + more) or "nothing yet"


def _args(candidate: Candidate) -> Sequence[str]:
    """The key's columns, the most specific first: where shop and local id are the key, the local id."""
    return tuple(reversed(candidate.key)) or (FILL_IN,)


def _pending_value(candidate: Candidate) -> str | int:
    if not candidate.is_text:
        numbers = [value for value in candidate.values if isinstance(value, int)]
        return 0 if 0 in numbers else min(numbers, default=0)
    texts = [value for value in candidate.values if isinstance(value, str) and value == escaped(value)]
    default = str(Source.__dataclass_fields__["pending_value"].default)
    return next((text for text in texts if _PENDING.search(without_accents(text))), default)


def _name_for(candidate: Candidate, names: Collection[str]) -> str:
    """`GoodsReceipts` becomes goods_receipts; a name that is taken gets its schema before it, then a number."""
    name = snake_case(candidate.table)
    if name in names:
        name = snake_case(f"{candidate.schema}_{candidate.table}")
    if task_problem(f"{name}.") is not None:
        name = f"source_{name}"
    number = 2
    free = name
    while free in names:
        free, number = f"{name}_{number}", number + 1
    return free
