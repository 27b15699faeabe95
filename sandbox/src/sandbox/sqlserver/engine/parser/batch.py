"""Splits a batch into statements. T-SQL does not ask for semicolons, so statements are told by their first word."""

from __future__ import annotations

import functools

from sqlglot import exp

from sandbox.sqlserver.engine.errors import unsupported
from sandbox.sqlserver.engine.parser import ddl, rights, settings
from sandbox.sqlserver.engine.parser.calls import begins_with_a_call, parse_call, parse_execute
from sandbox.sqlserver.engine.parser.compound import written_out
from sandbox.sqlserver.engine.parser.cursor import (
    Cursor,
    open_cursor,
    parse_condition,
    parse_expression,
    parse_tree,
)
from sandbox.sqlserver.engine.parser.extent import skip_condition, skip_statement
from sandbox.sqlserver.engine.parser.small_statements import (
    BeginTransaction,
    Break,
    CommitTransaction,
    Continue,
    Print,
    RaiseError,
    Rethrow,
    Return,
    RollbackTransaction,
    SaveTransaction,
    Throw,
    Use,
    WaitFor,
)
from sandbox.sqlserver.engine.parser.statements import (
    Block,
    Change,
    If,
    Query,
    SelectInto,
    Statement,
    Try,
    While,
)
from sandbox.sqlserver.engine.parser.words import REFUSED, STARTERS

_TRANSACTION_WORDS = ("TRAN", "TRANSACTION")
_ALONE: dict[str, Statement] = {"RETURN": Return(), "BREAK": Break(), "CONTINUE": Continue()}


@functools.lru_cache(maxsize=4096)
def parse_batch(sql: str) -> Block:
    """The statements of a batch. Raises 102 and its kin, and 40000 for a statement that the stand-in has not."""
    cursor = open_cursor(sql)
    statements: list[Statement] = []
    if begins_with_a_call(cursor):
        statements.append(parse_call(cursor))
    while not cursor.is_at_end():
        if cursor.take(";"):
            continue
        statements.append(_statement(cursor))
    return Block(statements=tuple(statements))


def _statement(cursor: Cursor) -> Statement:
    word = cursor.word()
    if word == "IF":
        return _if(cursor)
    if word == "WHILE":
        cursor.advance()
        condition = _condition(cursor)
        return While(condition=condition, body=_statement(cursor))
    if word == "BEGIN" and cursor.word(1) == "TRY":
        return _try(cursor)
    if word == "BEGIN" and cursor.word(1) not in (*_TRANSACTION_WORDS, "DISTRIBUTED"):
        return _block(cursor)
    if word in REFUSED:
        raise unsupported(f"the statement {word}")
    if word not in STARTERS:
        raise unsupported("labels") if cursor.word(1) == ":" else cursor.error()
    return _simple(cursor, word)


def _if(cursor: Cursor) -> If:
    cursor.advance()
    condition = _condition(cursor)
    then = _statement(cursor)
    before_else = cursor.position
    cursor.take(";")
    if cursor.take("ELSE"):
        return If(condition=condition, then=then, otherwise=_statement(cursor))
    cursor.position = before_else
    return If(condition=condition, then=then)


def _condition(cursor: Cursor) -> exp.Expression:
    start = cursor.position
    skip_condition(cursor)
    return parse_condition(cursor.text_between(start, cursor.position))


def _try(cursor: Cursor) -> Try:
    body = _block(cursor, "TRY")
    return Try(body=body, handler=_block(cursor, "CATCH"))


def _block(cursor: Cursor, *kind: str) -> Block:
    """BEGIN ... END, both with the word of its kind if it has one."""
    cursor.expect("BEGIN", *kind)
    block = _statements_until_end(cursor)
    cursor.expect(*kind)
    return block


def _statements_until_end(cursor: Cursor) -> Block:
    statements = []
    while not cursor.take("END"):
        if cursor.is_at_end():
            raise cursor.error()
        if cursor.take(";"):
            continue
        statements.append(_statement(cursor))
    return Block(statements=tuple(statements))


def _simple(cursor: Cursor, word: str) -> Statement:
    if word in ("SELECT", "("):
        return _query(cursor)
    if word == "WITH":
        return _with(cursor)
    if word in ("INSERT", "UPDATE", "DELETE"):
        return _change(cursor, context=None)
    if word in ("CREATE", "ALTER", "DROP", "TRUNCATE"):
        return ddl.parse(cursor)
    if word in ("GRANT", "DENY", "REVOKE"):
        return rights.parse_permissions(cursor)
    if word in ("SET", "DECLARE"):
        return settings.parse(cursor)
    if word in ("BEGIN", "COMMIT", "ROLLBACK", "SAVE"):
        return _transaction(cursor)
    if word in ("EXEC", "EXECUTE"):
        return parse_execute(cursor)
    return _small(cursor)


def _query(cursor: Cursor) -> Query | SelectInto:
    start = cursor.position
    skip_statement(cursor)
    return _query_or_into(parse_tree(written_out(cursor, start, cursor.position)))


def _query_or_into(tree: exp.Expression) -> Query | SelectInto:
    into = tree.args.get("into")
    if not isinstance(tree, exp.Select) or into is None:
        return _query_of(tree)
    select = tree.copy()
    select.set("into", None)
    target: exp.Table = into.this
    insert = Change(tree=exp.Insert(this=target.copy(), expression=select))
    parts = (target.catalog, target.db, target.name)
    return SelectInto(table=tuple(part for part in parts if part), query=_query_of(select), insert=insert)


def _query_of(tree: exp.Expression) -> Query:
    if not isinstance(tree, (exp.Select, exp.SetOperation, exp.Subquery)):
        raise unsupported(f"a query of the form {type(tree).__name__}")
    first = tree.expressions[0] if isinstance(tree, exp.Select) and tree.expressions else None
    assigns = isinstance(first, exp.EQ) and isinstance(first.this, exp.Parameter)
    return Query(tree=tree, assigns=assigns)


def _with(cursor: Cursor) -> Statement:
    if cursor.word(1) == "CHANGE_TRACKING_CONTEXT":
        cursor.expect("WITH", "CHANGE_TRACKING_CONTEXT")
        return _change(cursor, context=_parenthesised(cursor))
    start = cursor.position
    skip_statement(cursor)
    tree = parse_tree(cursor.text_between(start, cursor.position))
    if isinstance(tree, (exp.Insert, exp.Update, exp.Delete)):
        raise unsupported(f"WITH before {type(tree).__name__.upper()}")
    return _query_or_into(tree)


def _change(cursor: Cursor, context: exp.Expression | None) -> Change:
    start = cursor.position
    verb = cursor.word()
    cursor.advance()
    if verb == "UPDATE" and cursor.word() == "STATISTICS" and cursor.word(1) != "SET":
        raise unsupported("UPDATE STATISTICS")
    if verb == "INSERT" and cursor.word() == "BULK":
        raise unsupported("INSERT BULK")
    after_verb = cursor.position
    top = _parenthesised(cursor) if cursor.take("TOP") else None
    rest = cursor.position
    cursor.position = start
    skip_statement(cursor)
    text = cursor.text_between(start, after_verb) + " " + written_out(cursor, rest, cursor.position)
    tree = parse_tree(text)
    if not isinstance(tree, (exp.Insert, exp.Update, exp.Delete)):
        raise unsupported(f"this form of {verb}")
    return Change(tree=tree, top=top, context=context)


def _parenthesised(cursor: Cursor) -> exp.Expression:
    start = cursor.position
    cursor.skip_parentheses()
    return parse_expression(cursor.text_between(start + 1, cursor.position - 1))


def _transaction(cursor: Cursor) -> Statement:
    word = cursor.word()
    cursor.advance()
    named = cursor.take("TRAN") or cursor.take("TRANSACTION")
    if word in ("COMMIT", "ROLLBACK") and not named:
        cursor.take("WORK")
    if word == "BEGIN" and not named:
        raise unsupported("BEGIN DISTRIBUTED TRANSACTION")
    name = cursor.identifier() if named and _name_follows(cursor) else None
    if word == "BEGIN":
        if cursor.take("WITH", "MARK"):
            raise unsupported("BEGIN TRANSACTION ... WITH MARK")
        return BeginTransaction(name=name or "")
    if word == "COMMIT":
        return CommitTransaction()
    if word == "ROLLBACK":
        return RollbackTransaction(savepoint=name)
    if name is None:
        raise cursor.error()
    return SaveTransaction(savepoint=name)


def _name_follows(cursor: Cursor) -> bool:
    if cursor.word() == "@":
        raise unsupported("a transaction or savepoint named by a variable")
    return not cursor.is_at_end() and cursor.word() not in STARTERS | {";", "END", "ELSE"}


def _small(cursor: Cursor) -> Statement:
    word = cursor.word()
    cursor.advance()
    if word == "USE":
        return Use(database=cursor.identifier())
    if word in _ALONE:
        return _ALONE[word]
    if word == "RAISERROR":
        return _raise_error(cursor)
    if word == "WAITFOR":
        return _wait_for(cursor)
    start = cursor.position
    skip_condition(cursor)
    text = cursor.text_between(start, cursor.position)
    if word == "PRINT":
        return Print(text=parse_expression(text))
    if word == "THROW" and not text:
        return Rethrow()
    if word == "THROW":
        parts = parse_tree(f"SELECT {text}").expressions
        if len(parts) == 3:
            return Throw(number=parts[0], text=parts[1], state=parts[2])
    raise unsupported(f"{word} {text}".strip())


def _raise_error(cursor: Cursor) -> RaiseError:
    start = cursor.position
    cursor.skip_parentheses()
    parts = parse_tree(f"SELECT {cursor.text_between(start + 1, cursor.position - 1)}").expressions
    if len(parts) < 3:
        raise cursor.error()
    if cursor.take("WITH"):
        # NOWAIT: every reply is sent as it comes. LOG and SETERROR would do more than that.
        cursor.expect("NOWAIT")
    return RaiseError(text=parts[0], severity=parts[1], state=parts[2], arguments=tuple(parts[3:]))


def _wait_for(cursor: Cursor) -> WaitFor:
    if not cursor.take("DELAY"):
        raise unsupported(f"WAITFOR {cursor.word()}")
    start = cursor.position
    skip_condition(cursor)
    return WaitFor(delay=parse_expression(cursor.text_between(start, cursor.position)))
