"""sqlglot's T-SQL dialect, bent to keep what a server must tell apart.

sqlglot is a transpiler: it folds `GETDATE()` and `SYSDATETIME()` into one node and puts casts around arguments.
Here every function call stays what it was written as, and the syntax that sqlglot does not know is added.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ClassVar

from sqlglot import exp
from sqlglot.dialects.tsql import TSQL
from sqlglot.parsers.tsql import TSQLParser
from sqlglot.tokenizer_core import Token, TokenType


class ChangeTable(exp.Expression):
    """`CHANGETABLE(CHANGES t, version)` or `CHANGETABLE(VERSION t, (keys), (values))`."""

    arg_types: ClassVar[dict[str, bool]] = {
        "kind": True,
        "this": True,
        "version": False,
        "keys": False,
        "values": False,
        "alias": False,
        "joins": False,
    }


class DeleteFrom(exp.Delete):
    """DELETE with a second FROM, which sqlglot's own node does not hold."""

    arg_types: ClassVar[dict[str, bool]] = {**exp.Delete.arg_types, "from_": False}


class CallParser(TSQLParser):
    """Reads calls as they are written; adds CHANGETABLE and DELETE with OUTPUT."""

    FUNCTIONS: ClassVar[dict[str, Callable[..., Any]]] = {}
    FUNCTION_PARSERS: ClassVar[dict[str, Callable[..., Any]]] = {
        name: TSQLParser.FUNCTION_PARSERS[name] for name in ("CAST", "CONVERT", "TRY_CAST", "TRY_CONVERT")
    } | {"CHANGETABLE": lambda self: self.parse_change_table()}
    NO_PAREN_FUNCTIONS: ClassVar[dict[TokenType, Any]] = {}

    def parse_change_table(self) -> exp.Expression:
        """The inside of CHANGETABLE( ... ); the closing parenthesis is the caller's."""
        kind = self._curr.text.upper()
        if kind not in ("CHANGES", "VERSION"):
            self.raise_error("Expected CHANGES or VERSION")
        self._advance()
        table = self._parse_table_parts()
        self._match(TokenType.COMMA)
        if kind == "CHANGES":
            return self.expression(ChangeTable(kind=kind, this=table, version=self._parse_assignment()))
        keys = self._parse_wrapped_csv(self._parse_field)
        self._match(TokenType.COMMA)
        values = self._parse_wrapped_csv(self._parse_assignment)
        return self.expression(ChangeTable(kind=kind, this=table, keys=keys, values=values))

    def _parse_delete(self) -> exp.Delete:
        """DELETE [FROM] target [OUTPUT ...] [FROM sources] [WHERE ...]."""
        self._match(TokenType.FROM)
        target = self._parse_table(joins=False)
        returning = self._parse_returning()
        sources = self._parse_from(joins=True) if self._curr and self._curr.token_type == TokenType.FROM else None
        where = self._parse_where()
        return self.expression(DeleteFrom(this=target, returning=returning, from_=sources, where=where))


_SINGLE_WORDS = frozenset({"UPDATE STATISTICS", "CLUSTERED INDEX", "NONCLUSTERED INDEX"})
"""What sqlglot takes for one word, and the batch's parser for two."""


class Words(TSQL.Tokenizer):
    """Adds `!<` and `!>`, and takes no word for the beginning of a command whose rest is not read."""

    COMMANDS: ClassVar[set[TokenType]] = set()
    KEYWORDS: ClassVar[dict[str, TokenType]] = {
        **{word: kind for word, kind in TSQL.Tokenizer.KEYWORDS.items() if word not in _SINGLE_WORDS},
        "!<": TokenType.GTE,
        "!>": TokenType.LTE,
    }

    def tokenize(self, sql: str) -> list[Token]:
        """The tokens. `0x` without digits is an empty varbinary; sqlglot takes it for a quoted name."""
        tokens = super().tokenize(sql)
        for place, token in enumerate(tokens):
            if token.token_type == TokenType.IDENTIFIER and sql[token.start : token.end + 1].lower() == "0x":
                tokens[place] = Token(TokenType.HEX_STRING, "", token.line, token.col, token.start, token.end)
        return tokens


@functools.cache
def dialect() -> type[TSQL]:
    """The dialect class; made on first use, since sqlglot registers every subclass by name."""

    class SandboxTSQL(TSQL):
        Parser = CallParser
        Tokenizer = Words

    return SandboxTSQL
