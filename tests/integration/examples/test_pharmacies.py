"""The simulated pharmacies, where others have written before them."""

from __future__ import annotations

import random

import pytest

from common.database.mssql_client import MSSQLClient
from examples.pharmacy.connection import connect
from examples.pharmacy.names import shop_code
from examples.pharmacy.pharmacy import HandIn, Pharmacy


@pytest.mark.parametrize("shop", [shop_code(1), shop_code(2), shop_code(4)], ids=["composed", "combining", "plain"])
def test_a_second_day_goes_on_with_the_numbers_of_the_first(
    shop: str, mssql: MSSQLClient, environment: dict[str, str]
) -> None:
    connection = connect(environment)
    hand_ins: list[HandIn] = []
    for day in range(2):
        pharmacy = Pharmacy(shop=shop, connection=connection, chance=random.Random(day), report=hand_ins.append)
        for _ in range(20):
            pharmacy.hand_in_new()
    connection.close()
    assert len({(hand_in.kind, hand_in.key) for hand_in in hand_ins}) == 40
