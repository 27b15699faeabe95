"""The tables of the histories, and random rows for them."""

from __future__ import annotations

import datetime as dt
import random
import string
import uuid
from decimal import Decimal

from tests.integration.histories.model import Row, Table

DEFINITIONS = {
    "goods": (
        "CREATE TABLE dbo.goods (id INT NOT NULL PRIMARY KEY, amount DECIMAL(12, 3) NULL, title NVARCHAR(40) NULL, "
        "packed DATETIME2(3) NULL, seal VARBINARY(20) NULL, owner UNIQUEIDENTIFIER NULL, big BIGINT NULL, "
        "paid BIT NULL, made DATE NULL, share FLOAT NULL)"
    ),
    "stock": (
        "CREATE TABLE dbo.stock (amount INT NULL, code NVARCHAR(12) NOT NULL, note NVARCHAR(MAX) NULL, "
        "shop UNIQUEIDENTIFIER NOT NULL, CONSTRAINT pk_stock PRIMARY KEY (shop, code))"
    ),
}
SHOPS = (uuid.UUID(int=1), uuid.UUID(int=2**127 + 5), uuid.UUID("6f9619ff-8b86-d011-b42d-00c04fc964ff"))
CODES = ("a", "b 1", "ç", "d'quote")
IDS = range(1, 9)
GUIDS = frozenset({"shop", "owner"})
"""Columns whose values the driver gives as text."""


def tables(chance: random.Random) -> list[Table]:
    """Both tables, empty and not tracked; whether updated columns are tracked is left to chance."""
    return [
        Table(
            name="goods",
            columns=("id", "amount", "title", "packed", "seal", "owner", "big", "paid", "made", "share"),
            key=("id",),
            columns_updated=chance.random() < 0.8,
        ),
        Table(
            name="stock",
            columns=("amount", "code", "note", "shop"),
            key=("shop", "code"),
            columns_updated=chance.random() < 0.8,
        ),
    ]


def row(table: Table, chance: random.Random) -> Row:
    """A random row; keys are few, so that they come again."""
    return {name: value(table, name, chance) for name in table.columns}


def value(table: Table, column: str, chance: random.Random) -> object:
    """A random value for a column; one in five is NULL where that is allowed."""
    if column not in table.key and chance.random() < 0.2:
        return None
    makers = {
        "id": lambda: chance.choice(IDS),
        "amount": lambda: _amount(table, chance),
        "title": lambda: "".join(chance.choices(string.ascii_letters + " äß€'%", k=chance.randint(0, 40))),
        "packed": lambda: dt.datetime(2000, 1, 1) + dt.timedelta(milliseconds=chance.randint(0, 10**12)),
        "seal": lambda: chance.randbytes(chance.randint(0, 20)),
        "owner": lambda: uuid.UUID(int=chance.getrandbits(128)),
        "big": lambda: chance.randint(-(2**63), 2**63 - 1),
        "paid": lambda: chance.random() < 0.5,
        "made": lambda: dt.date(1900, 1, 1) + dt.timedelta(days=chance.randint(0, 80_000)),
        "share": lambda: chance.uniform(-1e9, 1e9),
        "code": lambda: chance.choice(CODES),
        "note": lambda: "x" * chance.choice([0, 1, 4000, 4001, 9000]),
        "shop": lambda: chance.choice(SHOPS),
    }
    return makers[column]()


def _amount(table: Table, chance: random.Random) -> object:
    if table.name == "stock":
        return chance.randint(-(2**31), 2**31 - 1)
    return Decimal(chance.randint(-(10**11), 10**11)).scaleb(-3)
