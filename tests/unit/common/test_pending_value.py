"""Which values are one and the same to people, and not to a collation that counts case."""

from __future__ import annotations

import pytest

from common.database.mssql.pending_value import counts_case, other_spellings


@pytest.mark.parametrize(
    "other", ["pending_sync", "Pending_Sync", " PENDING_SYNC", "\uff30ENDING_SYNC", "PENDING_SYNC\t"]
)
def test_other_spellings(other: str) -> None:
    assert other_spellings("PENDING_SYNC", [other, "SYNCED"]) == [other]


@pytest.mark.parametrize(
    ("collation", "counts"),
    [
        ("Latin1_General_CS_AS", True),
        ("SQL_Latin1_General_CP1_CS_AS", True),
        ("Vietnamese_100_CS_AI_KS_WS_SC_UTF8", True),
        ("Latin1_General_BIN", True),
        ("Latin1_General_100_BIN2_UTF8", True),
        ("SQL_Latin1_General_CP1_CI_AS", False),
        ("Vietnamese_CI_AI", False),
        ("", False),
    ],
)
def test_which_collations_count_case(collation: str, counts: bool) -> None:
    assert counts_case(collation) is counts


def test_accents_encoded_otherwise() -> None:
    assert other_spellings("Chờ gửi", ["Cho\u031b\u0300 gư\u0309i", "Cho gui"]) == ["Cho\u031b\u0300 gư\u0309i"]


def test_blanks_at_the_end_are_none() -> None:
    assert other_spellings("PENDING_SYNC", ["PENDING_SYNC   ", "PENDING SYNC"]) == []
