from __future__ import annotations

import pytest

from sandbox.sqlserver.connections.declarations import bind, read_declarations
from sandbox.sqlserver.contract import Parameter, SqlError, SqlType
from sandbox.sqlserver.wire.rpc import Argument

MAX_TEXT = SqlType(name="nvarchar", length=-1)


def argument(sql_type: SqlType, value: object, *, name: str = "", output: bool = False) -> Argument:
    return Argument(name=name, parameter=Parameter(type=sql_type, value=value), is_output=output)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("int", SqlType(name="int")),
        ("INT", SqlType(name="int")),
        ("nvarchar(20)", SqlType(name="nvarchar", length=20)),
        ("nvarchar(MAX)", MAX_TEXT),
        ("ntext", MAX_TEXT),
        ("image", SqlType(name="varbinary", length=-1)),
        ("varchar", SqlType(name="varchar", length=1)),
        ("sysname", SqlType(name="nvarchar", length=128)),
        ("decimal(10, 2)", SqlType(name="decimal", precision=10, scale=2)),
        ("numeric(5)", SqlType(name="decimal", precision=5, scale=0)),
        ("decimal", SqlType(name="decimal", precision=18, scale=0)),
        ("datetime2", SqlType(name="datetime2", scale=7)),
        ("time(0)", SqlType(name="time", scale=0)),
        ("float(53)", SqlType(name="float")),
        ("float(24)", SqlType(name="real")),
        ("[sys].[bigint]", SqlType(name="bigint")),
    ],
)
def test_types(written: str, expected: SqlType) -> None:
    for text in (f"@P1 {written}", f" @P1  AS {written} ", f"@P1 {written},@x int"):
        (first, *_) = read_declarations(text)
        assert (first.name, first.type) == ("P1", expected)


def test_several_parameters() -> None:
    found = read_declarations("@P1 decimal(10,2),@name nvarchar(max), @ü int")
    assert [parameter.name for parameter in found] == ["P1", "name", "ü"]
    assert read_declarations("") == ()


@pytest.mark.parametrize("text", ["P1 int", "@P1", "@P1 int @P2 int", "@P1 int,, @P2 int", "@P1 int = 5"])
def test_nonsense(text: str) -> None:
    with pytest.raises(SqlError, match="Incorrect syntax near"):
        read_declarations(text)


def test_output_is_refused() -> None:
    with pytest.raises(SqlError, match="OUTPUT parameter @P1"):
        read_declarations("@P1 int OUTPUT")
    with pytest.raises(SqlError, match="OUTPUT parameter @P1"):
        bind(read_declarations("@P1 int"), [argument(SqlType(name="int"), 1, output=True)])


def test_arguments_by_place_and_by_name() -> None:
    declared = read_declarations("@a int, @b int")
    number = SqlType(name="int")
    by_place = bind(declared, [argument(number, 1), argument(number, 2)])
    by_name = bind(declared, [argument(number, 2, name="B"), argument(number, 1, name="a")])
    assert by_place == by_name == {"a": Parameter(type=number, value=1), "b": Parameter(type=number, value=2)}


def test_the_declared_type_counts_where_the_value_is_of_its_kind() -> None:
    declared = read_declarations("@P1 nvarchar(50)")
    short = SqlType(name="nvarchar", length=50)
    assert bind(declared, [argument(MAX_TEXT, "x")])["P1"].type == short
    assert bind(declared, [argument(SqlType(name="int"), None)])["P1"].type == short
    # The engine converts, as it does for a variable.
    assert bind(declared, [argument(SqlType(name="int"), 5)])["P1"].type == SqlType(name="int")


def test_too_few_and_too_many() -> None:
    declared = read_declarations("@P1 int")
    with pytest.raises(SqlError, match="expects the parameter '@P1'") as raised:
        bind(declared, [])
    assert raised.value.number == 8178
    with pytest.raises(SqlError, match="too many arguments") as raised:
        bind(declared, [argument(SqlType(name="int"), 1)] * 2)
    assert raised.value.number == 8144
