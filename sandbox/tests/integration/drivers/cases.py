"""What every driver is asked to do. The drivers' own fences for parameters are put in where `?` stands."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal

TYPES = [
    ("tinyint", 255),
    ("smallint", -32768),
    ("int", -(2**31)),
    ("bigint", -(2**63)),
    ("bit", True),
    ("real", 0.5),
    ("float", 1e-300),
    ("decimal(18,10)", Decimal("12345.0123456789")),
    ("numeric(9,0)", Decimal("-999999999")),
    ("money", Decimal("-922337.5808")),
    ("smallmoney", Decimal("214748.3647")),
    ("date", dt.date(2024, 2, 29)),
    ("time(7)", dt.time(23, 59, 59)),
    ("time(0)", dt.time(0, 0, 0)),
    ("datetime2(7)", dt.datetime(2024, 2, 29, 1, 2, 3, 456000)),
    ("datetime2(3)", dt.datetime(1753, 1, 1, 1, 2, 3, 456000)),
    ("datetime", dt.datetime(2024, 2, 29, 1, 2, 3, 457000)),
    ("smalldatetime", dt.datetime(2024, 2, 29, 1, 2)),
    ("uniqueidentifier", uuid.UUID("6f9619ff-8b86-d011-b42d-00c04fc964ff")),
    ("nvarchar(7)", "Hóa đơn"),
    ("nvarchar(max)", "đ" * 100_000),
    ("varchar(5)", "Göß€"),
    ("varchar(max)", "é" * 100_000),
    ("nchar(3)", "abc"),
    ("char(3)", "abc"),
]
"""Types, and a value that comes back as it was."""
BINARY_TYPES = [
    ("varbinary(5)", b"\x00\x01"),
    ("varbinary(max)", b"\x01" * 100_000),
    ("binary(2)", b"\x00\x01"),
]
"""As TYPES. An untyped NULL is text to the drivers, which SQL Server does not take for a binary column."""

ERRORS = [
    ("SELECT * FROM dbo.nothing", 208, "42S02"),
    ("SELECT FROM", 102, "42000"),
    ("SELECT 1 / 0", 8134, "22012"),
    ("SELECT CAST('x' AS INT)", 245, "22018"),
    ("EXEC sp_nothing", 2812, "42000"),
    ("RAISERROR('too late', 16, 1)", 50000, "42000"),
    ("THROW 50001, 'mine', 1", 50001, "42000"),
    ("SELECT FORMAT(1, 'N')", 40000, "42000"),
    ("COMMIT", 3902, "25000"),
]
"""Statements, SQL Server's number, and the SQLSTATE that FreeTDS makes of it."""

SEVERAL = "SELECT 1 AS a; SELECT 2 AS b, 3 AS c; SELECT 4 AS d WHERE 1 = 2"
ROWS_OF_SEVERAL = [[(1,)], [(2, 3)], []]

ENDLESS = "WAITFOR DELAY '00:01:00'"
"""Longer than any test waits."""
