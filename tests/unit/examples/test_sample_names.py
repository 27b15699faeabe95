"""What the sample pharmacies write is Vietnamese, in both forms of Unicode, and fits into its columns."""

from __future__ import annotations

import random
import unicodedata

import pytest

from examples.pharmacy import names
from examples.pharmacy.documents import KINDS, SALE

MANY = range(1, 100)


def test_an_id_names_kind_year_and_number() -> None:
    assert names.local_id(SALE, 123, shop=names.shop_code(1)) == "HĐ-2026-000123"
    assert names.local_id(SALE, 123, shop=names.shop_code(4)) == "HD-2026-000123"


def test_every_shop_has_a_code_of_its_own_whatever_compares_them() -> None:
    """Of two that differ in their form alone a collation may say that they are the same."""
    assert (names.shop_code(1), names.shop_code(4)) == ("NT-Hà-Nội-01", "NT-Can-Tho-04")
    assert len({unicodedata.normalize("NFKC", names.shop_code(number)).casefold() for number in MANY}) == len(MANY)


@pytest.mark.parametrize(("number", "form"), [(1, "NFC"), (2, "NFD"), (3, "NFC"), (4, "ASCII")])
def test_a_shop_keeps_to_its_way_of_writing(number: int, form: str) -> None:
    shop, chance = names.shop_code(number), random.Random(number)
    written = [names.local_id(kind, 1, shop=shop) for kind in KINDS] + [
        names.text(kind, chance, shop=shop) for kind in KINDS for _ in range(20)
    ]
    if form == "ASCII":
        assert all(text.isascii() for text in [shop, *written])
    else:
        assert all(unicodedata.is_normalized(form, text) for text in [shop, *written])  # type: ignore[arg-type]
        assert not any(text.isascii() for text in [shop, *written])


@pytest.mark.parametrize("number", MANY)
def test_it_fits_into_its_columns(number: int) -> None:
    shop = names.shop_code(number)
    assert len(shop) <= 40
    assert all(len(names.local_id(kind, 999_999, shop=shop)) <= 40 for kind in KINDS)
