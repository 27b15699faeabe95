"""Refuses the parts of a syntax node that its translation would leave out."""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp

from sandbox.sqlserver.engine.errors import unsupported

Known = Mapping[type[exp.Expression], frozenset[str]]
"""By kind of node: the names of the parts that its translation reads."""


def refuse_unknown_parts(node: exp.Expression, known: Known) -> None:
    """Raises 40000 for a part that is set and not known. A kind of node that is not listed is not checked."""
    names = known.get(type(node))
    if names is None:
        return
    for name, part in node.args.items():
        if part and name not in names:
            raise unsupported(f"{name.strip('_').upper()} in {node.sql(dialect='tsql')[:80]}")
