"""Functions with OVER: ranking, neighbours, and aggregates over a window. SQLite's windows are the standard's."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from sandbox.sqlserver.contract import SqlError
from sandbox.sqlserver.engine.errors import unsupported
from sandbox.sqlserver.engine.translate.conditions import collated
from sandbox.sqlserver.engine.translate.functions import aggregates
from sandbox.sqlserver.engine.translate.functions.signature import as_type, check_count
from sandbox.sqlserver.engine.translate.plan import Value
from sandbox.sqlserver.engine.translate.scope import Scope
from sandbox.sqlserver.engine.translate.translator import Translator
from sandbox.sqlserver.engine.values.types import BIGINT

_KNOWN_PARTS = frozenset({"this", "partition_by", "order", "spec", "over"})
_SIDES = {"PRECEDING", "FOLLOWING"}

Windowed = Callable[[Translator, list[exp.Expression], Scope, str], Value]


def translate(translator: Translator, node: exp.Window, scope: Scope) -> Value:
    """`function OVER (...)`. Raises 4112 for a function that needs ORDER BY, 40000 for one that is not known."""
    for name, part in node.args.items():
        if part and name not in _KNOWN_PARTS:
            raise unsupported(f"OVER with {name.upper()}")
    call = node.this
    if not isinstance(call, exp.Anonymous):
        raise unsupported(f"OVER ({node.sql(dialect='tsql')[:60]})")
    name, arguments = call.name.upper(), list(call.expressions)
    over = _over(translator, node, scope)
    if name in aggregates.FUNCTIONS:
        return aggregates.over(translator, name, arguments, scope, over)
    if name not in _FUNCTIONS:
        raise unsupported(f"{name} OVER")
    if node.args.get("order") is None:
        raise SqlError(4112, f"The function '{name}' must have an OVER clause with ORDER BY.", severity=15)
    return _FUNCTIONS[name](translator, arguments, scope, over)


def _over(translator: Translator, node: exp.Window, scope: Scope) -> str:
    parts = []
    if node.args.get("partition_by"):
        keys = (collated(translator.value(key, scope)) for key in node.args["partition_by"])
        parts.append(f"PARTITION BY {', '.join(keys)}")
    if node.args.get("order") is not None:
        keys = (_ordered(translator, key, scope) for key in node.args["order"].expressions)
        parts.append(f"ORDER BY {', '.join(keys)}")
    if node.args.get("spec") is not None:
        parts.append(_frame(node.args["spec"]))
    return f" OVER ({' '.join(parts)})"


def _ordered(translator: Translator, node: exp.Ordered, scope: Scope) -> str:
    if isinstance(node.this, exp.Literal) and not node.this.is_string:
        text = "Windowed functions, aggregates and NEXT VALUE FOR functions do not support integer indices as ORDER BY "
        raise SqlError(5308, f"{text}clause expressions.")
    return collated(translator.value(node.this, scope)) + (" DESC" if node.args.get("desc") else "")


def _frame(spec: exp.WindowSpec) -> str:
    kind = str(spec.args.get("kind") or "").upper()
    if kind not in ("ROWS", "RANGE") or spec.args.get("exclude"):
        raise unsupported(f"the window frame {spec.sql(dialect='tsql')}")
    start = _bound(spec, "start", kind)
    end = _bound(spec, "end", kind) if spec.args.get("end") else "CURRENT ROW"
    return f"{kind} BETWEEN {start} AND {end}"


def _bound(spec: exp.WindowSpec, which: str, kind: str) -> str:
    bound, side = spec.args.get(which), spec.args.get(f"{which}_side")
    if bound == "CURRENT ROW":
        return "CURRENT ROW"
    if bound == "UNBOUNDED" and side in _SIDES:
        return f"{bound} {side}"
    if isinstance(bound, exp.Literal) and str(bound.this).isdigit() and side in _SIDES and kind == "ROWS":
        return f"{bound.this} {side}"
    raise unsupported(f"the window frame {spec.sql(dialect='tsql')}")


def _ranking(name: str) -> Windowed:
    def translate(_translator: Translator, arguments: list[exp.Expression], _scope: Scope, over: str) -> Value:
        check_count(name, arguments, 0)
        return Value(sql=f"{name}(){over}", type=BIGINT, nullable=False)

    return translate


def _ntile(translator: Translator, arguments: list[exp.Expression], scope: Scope, over: str) -> Value:
    check_count("ntile", arguments, 1)
    count = as_type(translator, arguments[0], scope, BIGINT)
    return Value(sql=f"ntile({count.sql}){over}", type=BIGINT, nullable=False)


def _neighbour(name: str) -> Windowed:
    """LAG and LEAD: (value, how far, what when there is none)."""

    def translate(translator: Translator, arguments: list[exp.Expression], scope: Scope, over: str) -> Value:
        if not 1 <= len(arguments) <= 3:
            check_count(name, arguments, 3)
        value = translator.value(arguments[0], scope)
        distance = as_type(translator, arguments[1], scope, BIGINT).sql if len(arguments) > 1 else "1"
        other = translator.coerce(translator.value(arguments[2], scope), value.type).sql if arguments[2:] else "NULL"
        return Value(sql=f"{name}({value.sql}, {distance}, {other}){over}", type=value.type)

    return translate


def _end(name: str) -> Windowed:
    """FIRST_VALUE and LAST_VALUE."""

    def translate(translator: Translator, arguments: list[exp.Expression], scope: Scope, over: str) -> Value:
        check_count(name, arguments, 1)
        value = translator.value(arguments[0], scope)
        return Value(sql=f"{name}({value.sql}){over}", type=value.type)

    return translate


_FUNCTIONS: dict[str, Windowed] = {
    "ROW_NUMBER": _ranking("row_number"),
    "RANK": _ranking("rank"),
    "DENSE_RANK": _ranking("dense_rank"),
    "NTILE": _ntile,
    "LAG": _neighbour("lag"),
    "LEAD": _neighbour("lead"),
    "FIRST_VALUE": _end("first_value"),
    "LAST_VALUE": _end("last_value"),
}
