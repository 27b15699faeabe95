from __future__ import annotations

import pytest

from sandbox.sqlserver.contract import SqlError
from sandbox.sqlserver.wire.versions import TdsVersion, agreed_version


@pytest.mark.parametrize("version", TdsVersion)
def test_a_version_that_is_spoken_is_answered_with_itself(version: TdsVersion) -> None:
    assert agreed_version(version) is version


@pytest.mark.parametrize("wanted", [0x74000005, 0x80000000, 0xFFFFFFFF])
def test_a_later_version_is_answered_with_the_latest(wanted: int) -> None:
    assert agreed_version(wanted) is TdsVersion.V7_4


@pytest.mark.parametrize(
    ("wanted", "named"),
    [(0x72090002, "TDS 7.2"), (0x71000001, "TDS 7.1"), (0x70000000, "TDS 7.0"), (0x04020000, "TDS 0x04020000")],
)
def test_a_version_that_is_too_old_is_refused_by_name(wanted: int, named: str) -> None:
    with pytest.raises(SqlError, match=f"sandbox does not support: {named}"):
        agreed_version(wanted)
