"""Statements with as many values as SQL Server's limit of 2100 parameters lets a client send."""

from __future__ import annotations

import pytest

from tests.unit.sqlserver.engine.client import Client

ROWS = 1000


@pytest.fixture
def keyed(db: Client) -> Client:
    """A table with a composite key and twice as many rows as are asked for."""
    db.run("CREATE TABLE k (s NVARCHAR(9) NOT NULL, n NVARCHAR(9) NOT NULL, a INT, PRIMARY KEY (s, n))")
    for start in range(0, 2 * ROWS, 500):
        listed = ", ".join(f"(N'x', N'n{number}', {number})" for number in range(start, start + 500))
        db.run(f"INSERT INTO k VALUES {listed}")
    return db


def plan_of(db: Client, sql: str, *values: object) -> str:
    """How SQLite goes about the query."""
    seen: list[str] = []
    raw = db.session.connection.raw
    raw.set_trace_callback(seen.append)
    db.rows(sql, *values)
    raw.set_trace_callback(None)
    (query,) = (sql for sql in seen if sql.startswith("SELECT") and "VALUES" in sql)
    return "\n".join(row[3] for row in raw.execute(f"EXPLAIN QUERY PLAN {query}"))


@pytest.mark.parametrize(
    "tables",
    ["FROM {wanted} JOIN k ON {match}", "FROM k JOIN {wanted} ON {match}", "FROM {wanted} LEFT JOIN k ON {match}"],
)
def test_a_table_of_values_is_joined_by_the_index(keyed: Client, tables: str) -> None:
    listed = ", ".join(f"(@P{2 * place + 1}, @P{2 * place + 2})" for place in range(ROWS))
    wanted, match = f"(VALUES {listed}) AS w(s, n)", "k.s = w.s AND k.n = w.n"
    sql = f"SELECT k.a {tables.format(wanted=wanted, match=match)} WHERE k.a >= 0"
    keys = [value for number in range(ROWS) for value in ("X", f"N{2 * number}")]
    assert sorted(keyed.rows(sql, *keys)) == [(2 * number,) for number in range(ROWS)]
    # Either the table's own index or one that SQLite makes of the values: never every pair of rows.
    assert plan_of(keyed, sql, *keys).count("SEARCH") == 1


def test_values_of_different_types_share_one(db: Client) -> None:
    assert db.rows("SELECT v.a, v.b FROM (VALUES (1, 'x'), ('2', NULL)) AS v(a, b)") == [(1, "x"), (2, None)]
    assert db.number("SELECT v.a FROM (VALUES (1), ('x')) AS v(a)") == 245


@pytest.mark.parametrize(("word", "found"), [("OR", ROWS), ("AND", 0)])
def test_long_chains_of_conditions(keyed: Client, word: str, found: int) -> None:
    chain = f" {word} ".join(f"(n = @P{place + 1})" for place in range(ROWS))
    keys = [f"n{number}" for number in range(ROWS)]
    assert len(keyed.rows(f"SELECT n FROM k WHERE {chain}", *keys)) == found


def test_chains_keep_their_order_and_parentheses(db: Client) -> None:
    for a in (0, 1):
        for b in (0, 1):
            for c in (0, 1):
                found = db.value(f"SELECT CASE WHEN {a} = 1 OR {b} = 1 AND NOT ({a} = 1 OR {c} = 1) THEN 1 ELSE 0 END")
                assert found == int(bool(a) or (bool(b) and not (bool(a) or bool(c))))


def test_a_long_list_of_values(keyed: Client) -> None:
    marks = ", ".join(f"@P{place + 1}" for place in range(ROWS))
    assert len(keyed.rows(f"SELECT n FROM k WHERE n IN ({marks})", *[f"N{number}" for number in range(ROWS)])) == ROWS
