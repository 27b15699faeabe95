"""The exact T-SQL of the change tracking constructs, and that no two of them share a cached statement."""

from __future__ import annotations

import io
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy.dialects.mssql.pyodbc import MSDialect_pyodbc
from sqlalchemy.sql.compiler import COLLECT_CARTESIAN_PRODUCTS, WARN_LINTING
from sqlalchemy.sql.elements import ClauseElement

from common.database import change_tracking as ct
from common.database import change_tracking_ddl as ddl

DIALECT = MSDialect_pyodbc(paramstyle="qmark")  # type: ignore[no-untyped-call]


def make_table(name: str = "T", schema: str | None = "dbo") -> sa.Table:
    return sa.Table(
        name,
        sa.MetaData(),
        sa.Column("Shop", sa.Unicode(20), primary_key=True),
        sa.Column("Id", sa.BigInteger, primary_key=True),
        sa.Column("status", sa.Unicode(20)),
        schema=schema,
    )


def sql(element: ClauseElement) -> str:
    """The text on one line, compiled as an engine does it: cartesian products are warnings, and so errors."""
    linting = COLLECT_CARTESIAN_PRODUCTS | WARN_LINTING
    options: dict[str, Any] = {} if isinstance(element, sa.schema.ExecutableDDLElement) else {"linting": linting}
    return " ".join(str(element.compile(dialect=DIALECT, **options)).split())


def cache_key(element: ClauseElement) -> Any:
    key = element._generate_cache_key()
    assert key is not None, "the statement is compiled anew each time"
    return key


class TestChanges:
    def test_text(self) -> None:
        changes = ct.changes(make_table(), 5)

        assert sql(sa.select(changes.c.SYS_CHANGE_VERSION)) == (
            "SELECT ct.[SYS_CHANGE_VERSION] FROM CHANGETABLE(CHANGES dbo.[T], ?) AS ct"
        )

    def test_version_is_a_parameter(self) -> None:
        statement = sa.select(ct.changes(make_table(), 5).c.Id).compile(dialect=DIALECT)

        assert list(statement.params.values()) == [5]

    def test_none_is_a_null_parameter_and_not_a_missing_one(self) -> None:
        statement = sa.select(ct.changes(make_table(), None).c.Id).compile(dialect=DIALECT)

        assert list(statement.params.values()) == [None]
        assert "CHANGES dbo.[T], ?)" in str(statement)

    def test_version_may_be_a_named_parameter(self) -> None:
        changes = ct.changes(make_table(), sa.bindparam("since", type_=sa.BigInteger))
        statement = sa.select(changes.c.Id).compile(dialect=DIALECT)

        assert statement.construct_params({"since": 7}) == {"since": 7}

    def test_name_can_be_chosen(self) -> None:
        assert sql(sa.select(ct.changes(make_table(), 5, name="theirs").c.Id)).endswith(" AS theirs")

    def test_columns_are_those_of_changetable_and_the_key(self) -> None:
        types = {column.name: type(column.type) for column in ct.changes(make_table(), 5).c}

        assert types == {
            "SYS_CHANGE_VERSION": sa.BigInteger,
            "SYS_CHANGE_CREATION_VERSION": sa.BigInteger,
            "SYS_CHANGE_OPERATION": sa.Unicode,
            "SYS_CHANGE_COLUMNS": sa.LargeBinary,
            "SYS_CHANGE_CONTEXT": sa.LargeBinary,
            "Shop": sa.Unicode,
            "Id": sa.BigInteger,
        }

    def test_join_to_the_table(self) -> None:
        table = make_table()
        changes = ct.changes(table, 5)
        joined = changes.join(table, sa.and_(table.c.Shop == changes.c.Shop, table.c.Id == changes.c.Id))

        assert sql(sa.select(changes.c.SYS_CHANGE_VERSION, table.c.status).select_from(joined)) == (
            "SELECT ct.[SYS_CHANGE_VERSION], dbo.[T].status FROM CHANGETABLE(CHANGES dbo.[T], ?) AS ct"
            " JOIN dbo.[T] ON dbo.[T].[Shop] = ct.[Shop] AND dbo.[T].[Id] = ct.[Id]"
        )


class TestVersionOf:
    def test_text_under_outer_apply(self) -> None:
        table = make_table()
        versions = ct.version_of(table)
        statement = sa.select(versions.c.SYS_CHANGE_VERSION, table.c.Id).select_from(ct.outer_apply(table, versions))

        assert sql(statement) == (
            "SELECT cv.[SYS_CHANGE_VERSION], dbo.[T].[Id] FROM dbo.[T] OUTER APPLY"
            " CHANGETABLE(VERSION dbo.[T], ([Shop], [Id]), (dbo.[T].[Shop], dbo.[T].[Id])) AS cv"
        )

    def test_an_alias_gives_the_values_but_not_the_table(self) -> None:
        alias = make_table().alias("mine")
        versions = ct.version_of(alias)
        statement = sa.select(versions.c.SYS_CHANGE_VERSION).select_from(ct.outer_apply(alias, versions))

        assert sql(statement) == (
            "SELECT cv.[SYS_CHANGE_VERSION] FROM dbo.[T] AS mine OUTER APPLY"
            " CHANGETABLE(VERSION dbo.[T], ([Shop], [Id]), (mine.[Shop], mine.[Id])) AS cv"
        )


class TestFunctions:
    def test_current_version(self) -> None:
        assert sql(ct.current_version()) == "CHANGE_TRACKING_CURRENT_VERSION()"

    def test_min_valid_version(self) -> None:
        assert sql(ct.min_valid_version(ct.object_id("dbo", "T"))) == (
            "CHANGE_TRACKING_MIN_VALID_VERSION(OBJECT_ID(N'[dbo].[T]'))"
        )

    def test_column_in_mask(self) -> None:
        table = make_table()
        call = ct.is_column_in_mask(table, "status", ct.changes(table, 5).c.SYS_CHANGE_COLUMNS)
        statement = call.compile(dialect=DIALECT)

        assert sql(call) == (
            "CHANGE_TRACKING_IS_COLUMN_IN_MASK(COLUMNPROPERTY(OBJECT_ID(N'[dbo].[T]'), ?, ?), ct.[SYS_CHANGE_COLUMNS])"
        )
        assert list(statement.params.values()) == ["status", "ColumnId"]

    @pytest.mark.parametrize("call", [ct.current_version(), ct.min_valid_version(sa.literal(1))])
    def test_versions_are_bigint(self, call: Any) -> None:
        assert isinstance(call.type, sa.BigInteger)


class TestAwkwardNames:
    def test_changes(self) -> None:
        table = make_table("odd ]name", schema="a schema")

        assert "CHANGETABLE(CHANGES [a schema].[odd ]]name], ?)" in sql(sa.select(ct.changes(table, 5).c.Id))

    def test_version(self) -> None:
        table = sa.Table("odd ]name", sa.MetaData(), sa.Column("my ]key", sa.Integer, primary_key=True), schema="dbo")
        versions = ct.version_of(table)

        assert "(VERSION dbo.[odd ]]name], ([my ]]key]), (dbo.[odd ]]name].[my ]]key]))" in sql(
            sa.select(versions.c.SYS_CHANGE_VERSION).select_from(ct.outer_apply(table, versions))
        )

    def test_object_id_quotes_the_name_and_then_the_text(self) -> None:
        assert sql(ct.object_id("dbo", "it's ]odd")) == "OBJECT_ID(N'[dbo].[it''s ]]odd]')"

    def test_alter_table(self) -> None:
        assert sql(ddl.DisableTableTracking("a schema", "odd ]name")) == (
            "ALTER TABLE [a schema].[odd ]]name] DISABLE CHANGE_TRACKING"
        )


class TestCacheKeys:
    """Statements whose texts differ must not share a compiled text; those that differ in a parameter must."""

    def test_changes_of_two_tables(self) -> None:
        one, other = make_table("One"), make_table("Other")

        assert cache_key(sa.select(ct.changes(one, 5).c.Id)) != cache_key(sa.select(ct.changes(other, 5).c.Id))

    def test_changes_since_two_versions(self) -> None:
        table = make_table()

        assert cache_key(sa.select(ct.changes(table, 5).c.Id)) == cache_key(sa.select(ct.changes(table, 6).c.Id))

    def test_versions_of_two_tables(self) -> None:
        one, other = make_table("One"), make_table("Other")

        assert cache_key(sa.select(ct.version_of(one))) == cache_key(sa.select(ct.version_of(one)))
        assert cache_key(sa.select(ct.version_of(one))) != cache_key(sa.select(ct.version_of(other)))

    def test_versions_of_an_alias(self) -> None:
        table = make_table()

        assert cache_key(sa.select(ct.version_of(table))) != cache_key(sa.select(ct.version_of(table.alias("mine"))))

    def test_outer_apply_is_no_join(self) -> None:
        table = make_table()
        versions = ct.version_of(table)
        applied = sa.select(table.c.Id).select_from(ct.outer_apply(table, versions))
        joined = sa.select(table.c.Id).select_from(sa.join(table, versions, sa.true()))

        assert cache_key(applied) != cache_key(joined)

    def test_object_ids(self) -> None:
        assert cache_key(ct.object_id("dbo", "One")) == cache_key(ct.object_id("dbo", "One"))
        assert cache_key(ct.object_id("dbo", "One")) != cache_key(ct.object_id("dbo", "Other"))
        assert cache_key(ct.object_id("dbo", "One")) != cache_key(ct.object_id("other", "One"))


ALTERS = [
    (ddl.AllowSnapshotIsolation(), "ALTER DATABASE CURRENT SET ALLOW_SNAPSHOT_ISOLATION ON"),
    (ddl.AllowSnapshotIsolation(on=False), "ALTER DATABASE CURRENT SET ALLOW_SNAPSHOT_ISOLATION OFF"),
    (
        ddl.EnableDatabaseTracking(retention_days=7),
        "ALTER DATABASE CURRENT SET CHANGE_TRACKING = ON (CHANGE_RETENTION = 7 DAYS, AUTO_CLEANUP = ON)",
    ),
    (
        ddl.EnableDatabaseTracking(retention_days=2, auto_cleanup=False),
        "ALTER DATABASE CURRENT SET CHANGE_TRACKING = ON (CHANGE_RETENTION = 2 DAYS, AUTO_CLEANUP = OFF)",
    ),
    (ddl.DisableDatabaseTracking(), "ALTER DATABASE CURRENT SET CHANGE_TRACKING = OFF"),
    (
        ddl.EnableTableTracking("dbo", "T"),
        "ALTER TABLE [dbo].[T] ENABLE CHANGE_TRACKING WITH (TRACK_COLUMNS_UPDATED = ON)",
    ),
    (
        ddl.EnableTableTracking("dbo", "T", track_columns=False),
        "ALTER TABLE [dbo].[T] ENABLE CHANGE_TRACKING WITH (TRACK_COLUMNS_UPDATED = OFF)",
    ),
    (ddl.DisableTableTracking("dbo", "T"), "ALTER TABLE [dbo].[T] DISABLE CHANGE_TRACKING"),
]


@pytest.mark.parametrize(("statement", "text"), ALTERS)
def test_alters(statement: sa.schema.ExecutableDDLElement, text: str) -> None:
    assert sql(statement) == text


@pytest.mark.parametrize(("statement", "text"), ALTERS)
def test_alters_are_operations_of_alembic(statement: sa.schema.ExecutableDDLElement, text: str) -> None:
    printed = io.StringIO()
    context = MigrationContext.configure(dialect_name="mssql", opts={"as_sql": True, "output_buffer": printed})

    Operations(context).change_tracking(statement)  # type: ignore[attr-defined]

    assert text in printed.getvalue()
