"""A place in a batch's tokens."""

from __future__ import annotations

from collections.abc import Sequence

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, TokenError
from sqlglot.tokenizer_core import Token, TokenType

from sandbox.sqlserver.contract import SqlError
from sandbox.sqlserver.engine.errors import syntax, unsupported
from sandbox.sqlserver.engine.parser.dialect import dialect

_CONSTANTS = (
    TokenType.NUMBER,
    TokenType.STRING,
    TokenType.NATIONAL_STRING,
    TokenType.HEX_STRING,
    TokenType.NULL,
)
_QUOTED = (TokenType.IDENTIFIER, TokenType.STRING, TokenType.NATIONAL_STRING)


class Cursor:
    """Walks over a batch; every `take` moves on, every `is_` only looks."""

    def __init__(self, sql: str, tokens: Sequence[Token]) -> None:
        self._sql = sql
        self._tokens = tokens
        self.position = 0

    def word(self, ahead: int = 0) -> str:
        """The keyword here in upper case; empty at the end and for quoted things."""
        token = self._token(ahead)
        if token is None or token.token_type in _QUOTED:
            return ""
        return token.text.upper()

    def is_at_end(self) -> bool:
        """Whether the batch is over."""
        return self.position >= len(self._tokens)

    def is_at_constant(self) -> bool:
        """Whether a number without a sign, text, binary or NULL stands here."""
        token = self._token(0)
        return token is not None and token.token_type in _CONSTANTS

    def advance(self) -> None:
        """Step over one token."""
        self.position += 1

    def take(self, *words: str) -> bool:
        """Step over these keywords when all of them stand here; say whether they did."""
        if all(self.word(ahead) == word for ahead, word in enumerate(words)):
            self.position += len(words)
            return True
        return False

    def expect(self, *words: str) -> None:
        """Step over these keywords. Raises 102 when something else stands here."""
        for word in words:
            if not self.take(word):
                raise self.error()

    def error(self) -> SqlError:
        """102 at this place."""
        token = self._token(0)
        last = self._tokens[-1].text if self._tokens else ""
        return syntax(token.text if token is not None else last)

    def identifier(self) -> str:
        """Step over a name, quoted or not. Raises 102."""
        token = self._token(0)
        if token is not None and token.token_type == TokenType.HASH:
            raise unsupported("temporary tables")
        if token is None or token.token_type in (TokenType.STRING, TokenType.NATIONAL_STRING, TokenType.NUMBER):
            raise self.error()
        if token.token_type != TokenType.IDENTIFIER and not token.text.replace("_", "a").replace("#", "a").isalnum():
            raise self.error()
        self.position += 1
        return token.text

    def dotted_name(self) -> tuple[str, ...]:
        """Step over `[database.][schema.]name`."""
        parts = [self.identifier()]
        while self.take("."):
            parts.append(self.identifier())
        return tuple(parts)

    def integer(self) -> int:
        """Step over a whole number. Raises 102."""
        token = self._token(0)
        if token is None or token.token_type != TokenType.NUMBER or not token.text.isdigit():
            raise self.error()
        self.position += 1
        return int(token.text)

    def string(self) -> str:
        """Step over a string literal; what is in it. Raises 102."""
        token = self._token(0)
        if token is None or token.token_type not in (TokenType.STRING, TokenType.NATIONAL_STRING):
            raise self.error()
        self.position += 1
        return token.text

    def variable(self) -> str:
        """Step over `@name`; the name without the @."""
        if not self.take("@"):
            raise self.error()
        return self.identifier()

    def skip_parentheses(self) -> None:
        """Step over `( ... )`, nested ones included."""
        if self.word() != "(":
            raise self.error()
        depth = 0
        while not self.is_at_end():
            depth += {"(": 1, ")": -1}.get(self.word(), 0)
            self.position += 1
            if depth == 0:
                return
        raise self.error()

    def text_between(self, start: int, end: int) -> str:
        """The batch's own text from token `start` up to, and without, token `end`."""
        if start >= end:
            return ""
        return self._sql[self._tokens[start].start : self._tokens[end - 1].end + 1]

    def _token(self, ahead: int) -> Token | None:
        index = self.position + ahead
        return self._tokens[index] if index < len(self._tokens) else None


def open_cursor(sql: str) -> Cursor:
    """A cursor over the batch. Raises 105 for an unclosed string."""
    try:
        return Cursor(sql, dialect()().tokenize(sql))
    except TokenError:
        raise SqlError(105, "Unclosed quotation mark or comment in the batch.", severity=15) from None


def parse_tree(sql: str) -> exp.Expression:
    """One statement of sqlglot's. Raises 102 with the place where sqlglot stopped."""
    try:
        trees = sqlglot.parse(sql, dialect=dialect())
    except (ParseError, TokenError) as error:
        raise syntax(_near(error)) from None
    tree = trees[0] if len(trees) == 1 else None
    if not isinstance(tree, exp.Expression):
        raise syntax(sql[:40])
    if any(name.args.get("temporary") or name.args.get("global_") for name in tree.find_all(exp.Identifier)):
        raise unsupported("temporary tables")
    return tree


def parse_expression(sql: str) -> exp.Expression:
    """One expression. Raises 102."""
    tree = parse_tree(f"SELECT {sql}")
    if not isinstance(tree, exp.Select) or len(tree.expressions) != 1:
        raise syntax(sql[:40])
    expression = tree.expressions[0]
    if not isinstance(expression, exp.Expression):
        raise syntax(sql[:40])
    return expression


def parse_condition(sql: str) -> exp.Expression:
    """One search condition. Raises 102."""
    tree = parse_tree(f"SELECT 1 WHERE {sql}")
    where = tree.args.get("where")
    if where is None or not isinstance(where.this, exp.Expression):
        raise syntax(sql[:40])
    return where.this


def parse_definitions(sql: str) -> Sequence[exp.Expression]:
    """Column and constraint definitions, as they stand inside CREATE TABLE. Raises 102."""
    tree = parse_tree(f"CREATE TABLE t ({sql})")
    if not isinstance(tree, exp.Create) or not isinstance(tree.this, exp.Schema):
        raise syntax(sql[:40])
    return tuple(tree.this.expressions)


def _near(error: ParseError | TokenError) -> str:
    details = getattr(error, "errors", None)
    if details:
        return str(details[0].get("highlight") or details[0].get("description") or "")
    return str(error).splitlines()[0]
