"""Where a batch ends: at GO in a script, and when it is complete at the prompt."""

from __future__ import annotations

import pytest

from sandbox.prompt.script import Batch, batches, is_complete


def test_a_script_is_cut_at_go() -> None:
    script = ["SELECT 1\n", "GO\n", "\n", "SELECT 2\n", "SELECT 3\n", " go ; \n", "SELECT 4"]
    assert list(batches(script)) == [
        Batch(sql="SELECT 1", line=1),
        Batch(sql="\nSELECT 2\nSELECT 3", line=3),
        Batch(sql="SELECT 4", line=7),
    ]


def test_go_with_a_number_repeats() -> None:
    assert list(batches(["SELECT 1", "GO 3"])) == [Batch(sql="SELECT 1", line=1, times=3)]


def test_batches_of_nothing_are_left_out() -> None:
    assert list(batches(["GO", "", "GO", "  "])) == []


@pytest.mark.parametrize("opened", ["/* a comment", "SELECT 'a text", 'SELECT "a name', "SELECT [a name"])
def test_go_inside_a_comment_or_a_text_is_not_the_end(opened: str) -> None:
    [batch] = batches([opened, "GO", "and more"])
    assert batch.sql == f"{opened}\nGO\nand more"


@pytest.mark.parametrize(
    "typed",
    [
        "SELECT 1;",
        "SELECT 1; -- done",
        "SELECT 1; /* it's done */",
        "SELECT ';', '''' ;",
        'SELECT [a;b], "c;d" FROM t;',
        "BEGIN TRAN;",
        "begin transaction; SELECT 1;",
        "IF 1 = 1 BEGIN SELECT 1; END;",
        "SELECT CASE WHEN 1 = 1 THEN 2 END;",
        "BEGIN TRY SELECT 1; END TRY BEGIN CATCH SELECT 2; END CATCH;",
        "/* don't */ SELECT 1;",
    ],
)
def test_a_semicolon_ends_what_is_typed(typed: str) -> None:
    assert is_complete(typed)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "SELECT 1",
        "SELECT 'a;",
        "SELECT 1 -- ;",
        "SELECT 1 /* ;",
        "IF 1 = 1 BEGIN SELECT 1;",
        "BEGIN TRY SELECT 1; END TRY BEGIN CATCH SELECT 2;",
        "SELECT (SELECT 1;",
        "-- a comment;",
    ],
)
def test_what_is_not_complete_goes_on(typed: str) -> None:
    assert not is_complete(typed)
