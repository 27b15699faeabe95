"""Whether the columns that a source watches show in change tracking's masks: computed ones never do.

Change tracking notes the columns that an UPDATE names in its SET list; no statement can name a computed one (Microsoft,
"CHANGETABLE": SYS_CHANGE_COLUMNS; a computed column cannot be the target of an INSERT or UPDATE).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from common.database.mssql.columns import Described, computed_from
from common.database.records import TrackedTable

Columns = Mapping[str, Described]


def relied_on(tracked: TrackedTable) -> Sequence[str]:
    """The columns that must not be computed: a status column that is watched by default, and those that `watch` names.

    An arg that is watched by default may be: it is a warning (`doubts`).
    """
    return (tracked.status_column,) if tracked.watch is None else tracked.watched


def refusal(tracked: TrackedTable, name: str, columns: Columns) -> str:
    """Why a source cannot rely on this computed column, and what to watch instead, in one line.

    `columns`: the table's, which say what it is computed from; none: they are not known.
    """
    field = "status_column" if tracked.watch is None else "watch"
    return f"{field}: {never_shows(tracked, name)}; {_instead(tracked, name, columns)}"


def never_shows(tracked: TrackedTable, name: str) -> str:
    """Why it is of no use to watch this computed column."""
    return f"{name} of {tracked.full_name} is computed, and change tracking never says that such a column changed"


def _instead(tracked: TrackedTable, name: str, columns: Columns) -> str:
    sources = computed_from(columns[name], columns) if name in columns else ()
    if not sources:
        return "watch what it is computed from: write watch = [...] with those columns"
    others = [each for each in tracked.watched if each in columns and not columns[each].is_computed]
    listed = ", ".join(f'"{each}"' for each in dict.fromkeys([*sources, *others]))
    return f"watch what it is computed from: watch = [{listed}]"


def problems(tracked: TrackedTable, columns: Columns) -> Iterator[str]:
    """What is watched to no purpose, or is not watched: a line each, with the source's field and the remedy."""
    for name in relied_on(tracked):
        # guard: computed-not-watched
        if name in columns and columns[name].is_computed:
            yield refusal(tracked, name, columns)
    status = columns.get(tracked.status_column)
    # guard: status-is-watched
    if status is not None and not status.is_computed and status.name not in tracked.watched:
        yield f"watch: leaves {status.name} out, so that rows which become pending by an UPDATE are never taken; add it"


def doubts(tracked: TrackedTable, columns: Columns) -> Iterator[str]:
    """Computed columns whose changes may go unseen: an arg, or a status column that is only partly watched."""
    for name in dict.fromkeys(tracked.args):
        if name in columns and columns[name].is_computed:
            yield from _unseen_arg(tracked, name, columns)
    status = columns.get(tracked.status_column)
    if status is not None and status.is_computed and tracked.watch is not None:
        missing = [name for name in computed_from(status, columns) if name not in tracked.watched]
        if missing:
            yield (
                f"watch: {status.name} is computed from {', '.join(missing)}, too: a row that becomes pending by a"
                " change of that alone is not taken; add it"
            )


def _unseen_arg(tracked: TrackedTable, name: str, columns: Columns) -> Iterator[str]:
    sources = computed_from(columns[name], columns)
    if sources and all(each in tracked.watched for each in sources):
        return
    yield (
        f"args: {never_shows(tracked, name)}: a row that was rejected for it is not taken"
        f" again when that is fixed; {_instead(tracked, name, columns)}"
    )
