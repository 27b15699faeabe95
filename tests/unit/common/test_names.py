"""Names of tables, as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.database.names import full_name, split_name


@pytest.mark.parametrize(
    ("written", "parts"),
    [
        ("Sales", ("dbo", "Sales")),
        ("stock.Goods", ("stock", "Goods")),
        (" stock.Goods ", ("stock", "Goods")),
        ("[stock room].Goods", ("stock room", "Goods")),
        ("[a.b].[c ]] d]", ("a.b", "c ] d")),
        ("[Goods]", ("dbo", "Goods")),
        ("Hóa_đơn$1", ("dbo", "Hóa_đơn$1")),
    ],
)
def test_a_name_has_a_schema_and_a_table(written: str, parts: tuple[str, str]) -> None:
    assert split_name(written) == parts


@pytest.mark.parametrize(
    "written", ["", ".", "a.", ".a", "a.b.c", "a b", "1st", "[a", "a]", "[]", "a..b", "a.b;", "a--", "[a]b"]
)
def test_what_is_no_name_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"write schema\.table"):
        split_name(written)


_PARTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1)


@given(_PARTS, _PARTS)
def test_every_name_can_be_typed(schema: str, table: str) -> None:
    assert split_name(full_name(schema, table)) == (schema, table)
