"""What a login sees of what it may not touch."""

from __future__ import annotations

import pytest

from tests.unit.sqlserver.engine.client import Client


class TestMetadata:
    """What a user may know of."""

    asked = (
        "SELECT OBJECT_ID('dbo.t'), OBJECT_NAME({id}), COLUMNPROPERTY({id}, 'a', 'ColumnId'), COL_NAME({id}, 2),"
        " CHANGE_TRACKING_MIN_VALID_VERSION({id})"
    )
    counted = (
        "sys.tables",
        "sys.objects",
        "sys.columns",
        "sys.indexes",
        "sys.key_constraints",
        "sys.change_tracking_tables",
        "INFORMATION_SCHEMA.TABLES",
        "INFORMATION_SCHEMA.COLUMNS",
    )

    def question(self, tracked: Client) -> str:
        return self.asked.replace("{id}", str(tracked.value("SELECT OBJECT_ID('t')")))

    def test_without_any_right_the_table_is_not_there(self, tracked: Client, user: Client) -> None:
        assert user.rows(self.question(tracked)) == [(None,) * 5]
        assert [user.value(f"SELECT COUNT(*) FROM {view}") for view in self.counted] == [0] * len(self.counted)

    def test_with_any_right_it_is(self, tracked: Client, user: Client) -> None:
        tracked.run("GRANT DELETE ON t TO u")
        assert user.value("SELECT OBJECT_ID('t')") == tracked.value("SELECT OBJECT_ID('t')")
        everything = [tracked.value(f"SELECT COUNT(*) FROM {view}") for view in self.counted]
        assert [user.value(f"SELECT COUNT(*) FROM {view}") for view in self.counted] == everything

    def test_view_definition_shows_and_hides(self, tracked: Client, user: Client) -> None:
        tracked.run("GRANT VIEW DEFINITION ON SCHEMA::dbo TO u")
        assert user.value("SELECT name FROM sys.tables") == "t"
        tracked.run("GRANT SELECT ON t TO u; DENY VIEW DEFINITION TO u")
        assert user.rows("SELECT name FROM sys.tables") == []
        assert len(user.rows("SELECT id FROM t")) == 3

    @pytest.mark.parametrize("missing", ["SELECT", "VIEW CHANGE TRACKING"])
    def test_min_valid_takes_both_rights(self, tracked: Client, user: Client, missing: str) -> None:
        tracked.run("GRANT SELECT, VIEW CHANGE TRACKING ON t TO u")
        assert user.value("SELECT CHANGE_TRACKING_MIN_VALID_VERSION(OBJECT_ID('t'))") == 0
        tracked.run(f"REVOKE {missing} ON t FROM u")
        assert user.value("SELECT CHANGE_TRACKING_MIN_VALID_VERSION(OBJECT_ID('t'))") is None
        assert user.value("SELECT begin_version FROM sys.change_tracking_tables") == 0

    def test_internal_tables_are_for_those_who_control_the_database(self, tracked: Client, user: Client) -> None:
        tracked.run("GRANT SELECT, VIEW CHANGE TRACKING, CONTROL ON t TO u")
        assert user.rows("SELECT name FROM sys.internal_tables") == []
        tracked.run("GRANT CONTROL TO u")
        assert len(user.rows("SELECT name FROM sys.internal_tables")) == 1

    def test_users_see_themselves_and_the_fixed_ones(self, tracked: Client, user: Client) -> None:
        tracked.run("CREATE USER v WITHOUT LOGIN; GRANT SELECT ON t TO u, v")
        names = {name for (name,) in user.rows("SELECT name FROM sys.database_principals")}
        assert {"u", "dbo", "public", "db_owner"} <= names
        assert "v" not in names
        entries = "SELECT permission_name, state_desc, class_desc FROM sys.database_permissions"
        assert user.rows(entries) == [("SELECT", "GRANT", "OBJECT_OR_COLUMN")]
        assert len(tracked.rows(entries)) == 2

    def test_questions_about_rights(self, tracked: Client, user: Client) -> None:
        tracked.run("GRANT SELECT ON t TO u; ALTER ROLE db_datawriter ADD MEMBER u")

        def answers(client: Client) -> list[tuple[object, ...]]:
            return client.rows(
                "SELECT HAS_PERMS_BY_NAME('dbo.t', 'OBJECT', 'SELECT'), HAS_PERMS_BY_NAME('t', 'OBJECT', 'ALTER'),"
                " HAS_PERMS_BY_NAME('t', 'object', 'any'), HAS_PERMS_BY_NAME('x', 'OBJECT', 'SELECT'),"
                " HAS_PERMS_BY_NAME('dbo', 'SCHEMA', 'UPDATE'), HAS_PERMS_BY_NAME(NULL, 'DATABASE', 'ALTER'),"
                " IS_MEMBER('db_datawriter'), IS_MEMBER('db_owner'), IS_MEMBER('public'), IS_MEMBER('nothing'),"
                " IS_ROLEMEMBER('db_datawriter', 'u')"
            )

        assert answers(user) == [(1, 0, 1, None, 1, 0, 1, 0, 1, None, 1)]
        assert answers(tracked) == [(1, 1, 1, None, 1, 1, 0, 1, 1, None, 1)]
