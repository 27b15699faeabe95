"""The pending value against its column: what it can never hold is refused, what its rows write otherwise is told."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace

import pytest
from sandbox.testing.logins import own_login

from common.config import load_settings
from common.database.mssql_client import MSSQLClient
from relay.sources.check import check_sources
from tests.support.key_table import SOURCE, key_table

KEY = "id int NOT NULL PRIMARY KEY"
UTF8 = "COLLATE Latin1_General_100_CI_AS_SC_UTF8"
CASES = {
    "code page": ("varchar(20)", "Chờ gửi", "which is never 'Chờ gửi', but 'Ch? g?i'; write a value that it can hold"),
    "code page of char": ("char(20)", "Chờ gửi", "which is never 'Chờ gửi', but 'Ch? g?i'; write a value"),
    "code page of max": ("varchar(max)", "Chờ gửi", "varchar(max) of SQL_Latin1_General_CP1_CI_AS, which is never"),
    "cyrillic": ("varchar(9) COLLATE Cyrillic_General_CI_AS", "Đơn", "which is never 'Đơn', but '??n'"),
    "wide letters": ("varchar(9)", "\uff21\uff22", "which is never '\uff21\uff22', but '??'"),
    "length": ("varchar(3)", "PENDING", "'PENDING' has 7 characters, and status is varchar(3); write what it can hold"),
    "length of char": ("char(3)", "PENDING", "'PENDING' has 7 characters, and status is char(3)"),
    "bytes": (f"varchar(10) {UTF8}", "Chờ gửi", "'Chờ gửi' has 11 bytes in UTF-8, and status is varchar(10)"),
    "surrogate pairs": ("nvarchar(3)", "💊💊", "'💊💊' has 4 UTF-16 units, and status is nvarchar(3)"),
    "tinyint": ("tinyint", 256, "which is never 256: it goes from 0 to 255; write a value that it can hold"),
    "below": ("tinyint", -1, "which is never -1: it goes from 0 to 255"),
    "smallint": ("smallint", 2**70, "it goes from -32768 to 32767"),
    "int": ("int", 2**31, "status is int, which is never 2147483648: it goes from -2147483648 to 2147483647"),
    "bit": ("bit", 2, "pending_value: status is bit, which is never 2: it goes from 0 to 1"),
    "precision": ("decimal(3, 0)", 1000, "status is decimal(3, 0), which is never 1000: it goes from -999 to 999"),
    "scale": ("decimal(3, 2)", 10, "status is decimal(3, 2), which is never 10: it goes from -9 to 9"),
    "only digits behind the point": ("decimal(2, 2)", 1, "which is never 1: it goes from 0 to 0"),
    "money": ("money", 2**60, "it goes from -922337203685477 to 922337203685477"),
    "float": ("float", 2**53 + 1, "status is float, which is never 9007199254740993: it has more digits than that"),
    "a very large float": ("float", 10**400, "it has more digits than that"),
    "number for a text": ("varchar(9)", 0, "which is never 0; write it in quotes, or what it can hold"),
    "text for a number": ("int", "0", "which is never '0'; write a number, without quotes"),
    "uniqueidentifier": (
        "uniqueidentifier",
        "PENDING",
        "which is never 'PENDING'; name a status column of texts",
    ),
    "binary": ("varbinary(20)", "PENDING", "pending_value: status is varbinary(20), which is never 'PENDING'; name a"),
    "date": ("date", "2026-11-28", "pending_value: status is date, which is never '2026-11-28'; name a status column"),
}


@pytest.mark.parametrize(("status", "pending_value", "reason"), CASES.values(), ids=CASES)
def test_a_value_that_the_column_never_holds_is_refused(
    status: str, pending_value: str | int, reason: str, environment: Mapping[str, str], mssql: MSSQLClient
) -> None:
    with key_table(environment, mssql, KEY, status=status):
        problems = check_sources(mssql, [replace(SOURCE, pending_value=pending_value)]).problems
    assert [problem for problem in problems if reason in problem] == list(problems)
    assert len(problems) == 1


@pytest.mark.parametrize(
    ("status", "pending_value"),
    [
        ("varchar(7)", "PENDING"),
        ("char(9)", "PENDING"),
        (f"varchar(11) {UTF8}", "Chờ gửi"),
        ("nvarchar(4)", "💊💊"),
        ("nvarchar(max)", "x" * 5000),
        ("tinyint", 0),
        ("bit", 0),
        ("bigint", -(2**63)),
        ("decimal(3, 2)", -9),
        ("float", 2**60),
    ],
)
def test_a_value_that_it_can_hold_is_not(
    status: str, pending_value: str | int, environment: Mapping[str, str], mssql: MSSQLClient
) -> None:
    with key_table(environment, mssql, KEY, status=status):
        findings = check_sources(mssql, [replace(SOURCE, pending_value=pending_value)])
    assert (findings.problems, findings.warnings) == ([], [])


@pytest.mark.parametrize(
    ("collation", "pending_value", "told"),
    [
        ("Latin1_General_CS_AS", "pending_sync", ["PENDING_SYNC", "Pending_Sync"]),
        ("Vietnamese_BIN2", "pending_sync", ["PENDING_SYNC", "Pending_Sync"]),
        ("Vietnamese_CS_AS", "PENDING_SYNC", ["Pending_Sync"]),
        ("Latin1_General_BIN2", "SYNCED", []),
        ("Latin1_General_CS_AS", "OTHER", []),
        ("Latin1_General_CI_AS", "pending_sync", []),
    ],
)
@pytest.mark.parametrize("kind", ["varchar(20)", "nchar(20)"])
def test_another_case_is_told_where_the_collation_tells_it_apart(
    kind: str, collation: str, pending_value: str, told: list[str], environment: Mapping[str, str], mssql: MSSQLClient
) -> None:
    source = replace(SOURCE, pending_value=pending_value)
    with key_table(environment, mssql, KEY, status=f"{kind} COLLATE {collation}") as writer:
        for number, held in enumerate(["PENDING_SYNC", "Pending_Sync", "SYNCED  ", "SYNCED", "PENDING_SYNC"]):
            writer.execute("INSERT INTO dbo.KeyTest VALUES (?, 'one', ?)", number, held)
        findings = check_sources(mssql, [source])
    assert findings.problems == []
    start, end = "source keys: pending_value: rows hold", f"where the collation is {collation}: they are not taken"
    assert [line.partition(";")[0] for line in findings.warnings] == [
        f"{start} '{other}', which is not '{pending_value}' {end}" for other in told
    ]


def test_a_login_without_select_is_told_once(environment: Mapping[str, str], mssql: MSSQLClient) -> None:
    with (
        key_table(environment, mssql, KEY, status="varchar(20) COLLATE Latin1_General_CS_AS") as writer,
        own_login(writer) as login,
    ):
        login.grant("VIEW CHANGE TRACKING", "dbo.KeyTest")
        login.grant("SELECT", "dbo.relay_fence")
        with closing(MSSQLClient(load_settings(_env_file=None, **login.settings(environment)))) as client:
            findings = check_sources(client, [SOURCE])
    [problem] = findings.problems
    assert "GRANT SELECT, VIEW CHANGE TRACKING ON dbo.KeyTest" in problem
    assert findings.warnings == []
