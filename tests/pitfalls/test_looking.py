"""Looks that see nothing, or always something, and errors whose path never ran."""

from __future__ import annotations

from dataclasses import replace

import pytest

from common.database.errors import ConfigurationError
from relay.operations.service import find_work, scan
from relay.sources.builtin import SALE
from relay.sources.source import Source
from relay.wiring import Relay
from tests.support.pharmacy import Desk


def test_whether_something_changed_is_always_answered_with_yes(relay: Relay, pharmacy: Desk) -> None:
    """Microsoft's own sample asks EXISTS (SELECT COUNT(*) ...), which is true for no rows too."""
    pharmacy.insert("HĐ-1")
    scan(relay, SALE)
    assert find_work(relay, [SALE]) == []
    pharmacy.insert("HĐ-2")
    assert find_work(relay, [SALE]) == [SALE]


@pytest.mark.parametrize(
    ("source", "cause"),
    [
        (replace(SALE, table="Nowhere"), "there is no table dbo.Nowhere"),
        (replace(SALE, args=("no_such_column",)), "no_such_column"),
        (replace(SALE, status_column="no_such_status"), "no_such_status"),
    ],
    ids=["table", "argument", "status"],
)
def test_the_error_path_has_never_run(relay: Relay, source: Source, cause: str) -> None:
    """A reader's `raise Exception("{}").format(x)` hid every error of its own behind another."""
    with pytest.raises(ConfigurationError, match=cause):
        scan(relay, source)
