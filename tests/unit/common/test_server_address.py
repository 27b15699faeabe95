"""MSSQL_SERVER as people type it."""

from __future__ import annotations

import pytest

from common.server_address import ServerAddress, parse_server


@pytest.mark.parametrize(
    ("text", "host", "port", "instance"),
    [
        ("sql", "sql", None, None),
        ("sql.example,1433", "sql.example", 1433, None),
        ("tcp:sql,1", "sql", 1, None),
        (" sql , 65535 ", "sql", 65535, None),
        ("sql\\nhathuoc", "sql", None, "nhathuoc"),
        ("máy-chủ\\HIỆU,1433", "máy-chủ", 1433, "HIỆU"),
        ("::1,1433", "::1", 1433, None),
        ("[fe80::1%eth0],1433", "[fe80::1%eth0]", 1433, None),
        ("(local)", "(local)", None, None),
        (".\\SQLEXPRESS", ".", None, "SQLEXPRESS"),
    ],
)
def test_an_address_is_taken_apart(text: str, host: str, port: int | None, instance: str | None) -> None:
    assert parse_server(text) == ServerAddress(host=host, port=port, instance=instance)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("sql:1433", "behind a comma, not a colon: write host,port"),
        ("tcp:sql:1433", "behind a comma"),
        ("sql:1433,1433", "behind a comma"),
        ("[::1]:1433", "behind a comma"),
        ("sql,abc", "a number from 1 to 65535"),
        ("sql,", "a number from 1 to 65535"),
        ("sql,0", "a number from 1 to 65535"),
        ("sql,65536", "a number from 1 to 65535"),
        ("sql,-1", "a number from 1 to 65535"),
        ("sql,١٤٣٣", "a number from 1 to 65535"),
        ("sql,1433,1434", "a number from 1 to 65535"),
        ("sql," + "9" * 400, "a number from 1 to 65535"),
        ("sql,1433\\nhathuoc", "a number from 1 to 65535"),
        ("mssql://sql:1433", "no URL"),
        ("np:sql", "by TCP"),
        ("LPC:sql", "by TCP"),
        ("   ", "no host"),
        (",1433", "no host"),
        ("sql\\", "no instance"),
        ("sql\nhathuoc", "control characters"),
        ("sql..example,1433", "an empty part"),
        ("s" * 64, "longer than 63"),
        ("x" * 1_000_000, "longer"),
    ],
)
def test_what_the_driver_would_look_for_in_vain_is_told(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told) as caught:
        parse_server(text)
    assert "\n" not in str(caught.value)
