"""Where a statement ends, told from the words that can begin the next one."""

from __future__ import annotations

from sandbox.sqlserver.engine.parser.cursor import Cursor
from sandbox.sqlserver.engine.parser.words import STARTERS

_ENDINGS = frozenset({"END", "ELSE", ";"})
_BEFORE_SELECT = frozenset({"UNION", "ALL", "EXCEPT", "INTERSECT"})
_ALTER_PARTS = frozenset({"SET", "DROP", "ALTER", "UPDATE", "DELETE", "WITH"})
_AFTER_WITH = frozenset({"(", "TIES", "ROLLUP", "CUBE"})
"""After these a WITH belongs to the statement before: FROM t WITH (NOLOCK), TOP (1) WITH TIES."""
_MAIN_VERBS = frozenset({"SELECT", "INSERT", "UPDATE", "DELETE"})


def skip_condition(cursor: Cursor) -> None:
    """Step over the condition of an IF, or a lone expression: up to the first word that begins a statement."""
    _skip(cursor, frozenset())


def skip_statement(cursor: Cursor) -> None:
    """Step over one statement, from its first word to the word that begins the next one."""
    word = cursor.word()
    cursor.advance()
    if word == "ALTER":
        _skip(cursor, _ALTER_PARTS)
    elif word == "INSERT":
        _skip(cursor, frozenset(), own=frozenset({"SELECT"}))
    elif word == "UPDATE":
        _skip(cursor, frozenset(), own=frozenset({"SET"}))
    elif word == "WITH":
        _skip(cursor, frozenset(), own=_MAIN_VERBS)
    else:
        _skip(cursor, frozenset())


def _skip(cursor: Cursor, inner: frozenset[str], own: frozenset[str] = frozenset()) -> None:
    """Step to the end. `inner` words never end the statement; of `own` words the first one does not."""
    cases = 0
    previous = ""
    while not cursor.is_at_end():
        word = cursor.word()
        if word == "(":
            cursor.skip_parentheses()
            previous = ")"
            continue
        if cases == 0 and _ends(cursor, word, previous, inner, own):
            return
        if word in own and cases == 0:
            # INSERT ... VALUES can only be followed by a SELECT of the next statement, so the first SELECT is enough.
            own = frozenset()
        if word == "VALUES":
            own = frozenset()
        cases += {"CASE": 1, "END": -1}.get(word, 0)
        previous = word
        cursor.advance()


def _ends(cursor: Cursor, word: str, previous: str, inner: frozenset[str], own: frozenset[str]) -> bool:
    if word in _ENDINGS:
        return True
    if word not in STARTERS or word in inner or word in own:
        return False
    if word == "SELECT":
        return previous not in _BEFORE_SELECT
    return not (word == "WITH" and cursor.word(1) in _AFTER_WITH)
