"""Primary keys of every type that relay takes, and rows that have them."""

from __future__ import annotations

KEYS = {
    "bit": ["0", "1"],
    "tinyint": ["0", "255"],
    "smallint": ["-32768", "32767"],
    "int": ["-2147483648", "7", "2147483647"],
    "bigint": ["-9223372036854775808", "7", "9223372036854775807"],
    "decimal(9, 2)": ["-0.01", "0", "1234567.89"],
    "decimal(18, 10)": ["0", "0.0000000001", "-99999999.9999999999"],
    "numeric(18, 0)": ["1", "999999999999999999"],
    "decimal(38, 20)": ["0", "-0.00000000000000000001", "0.001"],
    "money": ["-92233720368547.5808", "0.0001", "92233720368547.5807"],
    "smallmoney": ["-214748.3648", "0.1"],
    "float": ["0.1E0", "1E300", "1.7976931348623157E308", "-2.2250738585072014E-308", "0.30000000000000004E0", "3E0"],
    "real": ["0.1E0", "16777216E0", "-3.4E38", "1E-30"],
    "date": ["'0001-01-01'", "'2026-02-28'", "'9999-12-31'"],
    "smalldatetime": ["'2026-02-28T12:30:00'", "'1900-01-01T00:00:00'"],
    "datetime": [f"'2026-02-28T23:59:59.{part}'" for part in ("000", "003", "007", "010", "990", "993", "997")],
    "datetime2(0)": ["'2026-02-28T12:30:01'", "'0001-01-01T00:00:00'"],
    "datetime2(3)": ["'2026-02-28T12:30:01.001'", "'2026-02-28T12:30:01.002'"],
    "datetime2(7)": [f"'2026-02-28T12:30:01.123456{digit}'" for digit in range(10)],
    "time(0)": ["'00:00:00'", "'23:59:59'"],
    "time(7)": ["'12:30:01'", "'23:59:59.9999998'", "'23:59:59.9999999'"],
    "uniqueidentifier": ["'6F9619FF-8B86-D011-B42D-00C04FC964FF'", "'00000000-0000-0000-0000-000000000001'"],
    "binary(4)": ["0x00000000", "0x01020300", "0xFFFFFFFF"],
    "varbinary(8)": ["0x", "0x00FF", "0xFF00000000000001"],
    "char(8)": ["'HD-1'", "'HD-12345'", "N'Nhà 3'", "''"],
    "varchar(40)": ["'HD-1'", "N'Café 2'", "'a b '", "''"],
    "nchar(8)": ["N'HD-1'", "N'HĐ-2'", "N'药-3'", "N''"],
    "nvarchar(40)": ["N'HD-1'", "N'HĐ-2'", "N'药-3'", "N'\U0001f48a'", "N'Nhà thuốc Á Đông'", "N'a''b'", "N' a'"],
    "nvarchar(400)": ["N'" + "Đ" * 400 + "'", "N'HD-1'"],
    "varchar(40) COLLATE Vietnamese_CI_AS": ["'HD-1'", "N'HĐ-2'", "N'Đức'", "N'Nhà thuô\u0301c'", "N'Ơn'"],
    "char(12) COLLATE Vietnamese_CI_AS": ["'HD-1'", "N'HĐ-2'"],
    "varchar(40) COLLATE Cyrillic_General_CI_AS": ["'HD-1'", "N'Дом-2'"],
    "varchar(40) COLLATE Latin1_General_100_CI_AS_SC_UTF8": ["'HD-1'", "N'HĐ-2'", "N'药-3'", "N'\U0001f48a'"],
    "nvarchar(40) COLLATE Vietnamese_CI_AS": ["N'HD-1'", "N'HĐ-2'", "N'药-3'"],
    "nvarchar(40) COLLATE Latin1_General_BIN2": ["N'HD-1'", "N'hd-1'", "N'HĐ-1'", "N'hđ-1'"],
    "varchar(40) COLLATE Latin1_General_CS_AS": ["'HD-1'", "'hd-1'", "N'Ð-1'"],
}
"""Types of a key, and rows that have it, as they are written in T-SQL. Of most, the first value is unlike the rest."""
ON_A_REAL_SERVER = {
    "decimal(38, 20)": ["123456789012345678.12345678901234567890", "-0.00000000000000000001"],
    "money": ["-922337203685477.5808", "0.0001", "922337203685477.5807"],
    "datetimeoffset(7)": [
        "'2026-02-28T12:30:01.1234567+07:00'",
        "'2026-02-28T12:30:01.1234568+07:00'",
        "'2026-02-28T12:30:01.1234567Z'",
    ],
    "varchar(40) COLLATE Japanese_CI_AS": ["'HD-1'", "N'ソ-2'", "N'表-3'"],
}
"""The same, of which the stand-in says that it does not know them."""
