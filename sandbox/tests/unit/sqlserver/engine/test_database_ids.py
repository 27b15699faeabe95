"""Ids of databases: DB_ID() need not be what the views of a logical server say (Microsoft, "DB_ID", on Azure)."""

from __future__ import annotations

import pytest

from sandbox.sqlserver.engine import SqlEngine
from sandbox.sqlserver.engine.administration import AdministrationError
from tests.unit.sqlserver.engine.client import Client

BY_ID = "SELECT COUNT(*) FROM sys.{view} WHERE database_id = DB_ID()"
BY_NAME = "SELECT COUNT(*) FROM sys.databases WHERE name = DB_NAME()"
VIEWS = ["databases", "change_tracking_databases"]


def test_they_are_the_same_unless_somebody_says_so(tracked: Client) -> None:
    assert [tracked.value(BY_ID.format(view=view)) for view in VIEWS] == [1, 1]


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_can_count_by_server(view: str, tracked: Client, engine: SqlEngine) -> None:
    engine.administration.count_by_server([view])
    assert {each: tracked.value(BY_ID.format(view=each)) for each in VIEWS} == {
        each: int(each != view) for each in VIEWS
    }
    assert tracked.value(BY_NAME) == 1
    engine.administration.count_by_server([])
    assert tracked.value(BY_ID.format(view=view)) == 1


def test_another_view_has_no_ids(engine: SqlEngine) -> None:
    with pytest.raises(AdministrationError, match="no view with the ids of databases: tables"):
        engine.administration.count_by_server(["tables"])
