"""Sort keys say of two texts what the collation says."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.sqlserver.engine.sqlite.functions import register
from sandbox.sqlserver.engine.values.collation import compare
from sandbox.sqlserver.engine.values.sort_keys import sort_key_sql
from sandbox.sqlserver.engine.values.types import nvarchar
from tests.unit.sqlserver.engine.client import Client

NAMED = st.sampled_from(
    ["", " ", "a", "A", "a ", "ab", "é", "É", "e", "eé", "ß", "\u212a", "k", "K\u0301", "a\0b", "\0"]
)
TEXTS = NAMED | st.text(st.characters(exclude_categories=["Cs"]), max_size=4)


@pytest.fixture(scope="module")
def sqlite() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as connection:
        register(connection, lambda _error: None)
        yield connection


@given(left=TEXTS, right=TEXTS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_keys_are_ordered_as_the_texts_are(sqlite: sqlite3.Connection, left: str, right: str) -> None:
    one, other = (sort_key_sql(f"?{place}", nvarchar(9)) for place in (1, 2))
    query = f"SELECT ({one}) = ({other}), ({one}) < ({other})"
    equal, before = sqlite.execute(query, (left, right)).fetchone()
    assert bool(equal) == (compare(left, right) == 0)
    if "\0" not in left + right:
        assert bool(before) == (compare(left, right) < 0)


def test_text_behind_another_order(db: Client) -> None:
    db.run("CREATE TABLE w (n int NOT NULL, t nvarchar(9) NULL)")
    db.run("INSERT INTO w VALUES (1, N'b'), (1, N'É'), (1, NULL), (1, N'e'), (1, N'A'), (0, N'z'), (1, N'E1')")
    assert db.rows("SELECT t FROM w ORDER BY n, t") == [("z",), (None,), ("A",), ("b",), ("e",), ("É",), ("E1",)]
    assert db.rows("SELECT t FROM w ORDER BY n DESC, t DESC")[0] == ("E1",)


def test_an_order_by_a_number_that_is_no_position(db: Client) -> None:
    assert db.number("SELECT 1 AS a ORDER BY 1.5") == 40000
