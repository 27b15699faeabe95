"""SQLAlchemy, Alembic and Microsoft's driver against the SQL Server stand-in, over a real socket."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
import unicodedata
import uuid
from collections.abc import Iterator
from decimal import Decimal

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy.dialects.mssql import DATETIME2

from sandbox.odbc import packaged_driver

PASSWORD = "Secret-1"

metadata = sa.MetaData()
sales = sa.Table(
    "Sales",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True),
    sa.Column("code", sa.Unicode(40), nullable=False, unique=True),
    sa.Column("status", sa.Unicode(20), server_default="NEW", nullable=False, index=True),
    sa.Column("amount", sa.Numeric(10, 2)),
    sa.Column("at", DATETIME2(6)),
    sa.Column("token", sa.Uuid),
    sa.Column("share", sa.Float),
    sa.Column("paid", sa.Boolean),
    sa.Column("note", sa.UnicodeText),
    sa.Column("day", sa.Date),
    sa.Column("raw", sa.LargeBinary),
    schema="dbo",
)
pairs = sa.Table(
    "Pairs",
    metadata,
    sa.Column("shop", sa.Unicode(10), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    schema="dbo",
)


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A server in a process of its own: the driver holds Python's lock while it asks about parameters."""
    command = [sys.executable, "-m", "sandbox.sqlserver", "--data", str(tmp_path_factory.mktemp("sqlserver"))]
    environment = os.environ | {"MSSQL_SA_PASSWORD": PASSWORD}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        word, _, number = process.stdout.readline().split()
        assert word == "ready"
        yield int(number)
        process.terminate()


@pytest.fixture
def db(port: int) -> Iterator[sa.Engine]:
    parts = f"DRIVER={packaged_driver()};SERVER=127.0.0.1,{port};DATABASE=sandbox;UID=sa;PWD={PASSWORD};Encrypt=no"
    url = sa.URL.create("mssql+pyodbc", query={"odbc_connect": parts})
    engine = sa.create_engine(url)
    metadata.drop_all(engine)
    metadata.create_all(engine)
    yield engine
    metadata.drop_all(engine)
    engine.dispose()


def test_reflection(db: sa.Engine) -> None:
    inspector = sa.inspect(db)
    assert inspector.has_table("Sales")
    assert not inspector.has_table("Nothing")
    assert inspector.get_pk_constraint("Pairs")["constrained_columns"] == ["shop", "number"]
    columns = {column["name"]: column for column in inspector.get_columns("Sales")}
    assert str(columns["amount"]["type"]) == "DECIMAL(10, 2)"
    assert columns["id"]["autoincrement"]
    assert columns["status"]["default"] == "('NEW')"
    assert not columns["code"]["nullable"]
    reflected = sa.Table("Sales", sa.MetaData(), schema="dbo", autoload_with=db)
    assert list(reflected.columns.keys()) == list(sales.columns.keys())
    assert [column.name for column in reflected.primary_key] == ["id"]


def test_computed_columns_are_reflected_and_left_out_of_inserts(db: sa.Engine) -> None:
    total = sa.Column("total", sa.Integer, sa.Computed("price * amount", persisted=True))
    ready = sa.Column("ready", sa.Unicode(9), sa.Computed("CASE WHEN amount > 0 THEN N'Chờ gửi' ELSE N'Nháp' END"))
    price, amount = (sa.Column(name, sa.Integer) for name in ("price", "amount"))
    lines = sa.Table("Lines", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), price, amount, total, ready)
    lines.create(db)
    try:
        columns = {column["name"]: column for column in sa.inspect(db).get_columns("Lines")}
        assert columns["total"]["computed"] == {"sqltext": "(price * amount)", "persisted": True}
        assert columns["ready"]["computed"]["persisted"] is False
        assert "computed" not in columns["price"]
        assert str(columns["ready"]["type"]).startswith("NVARCHAR(7)")
        with db.begin() as connection:
            connection.execute(lines.insert().values(price=3, amount=4))
            assert connection.execute(sa.select(total, ready)).all() == [(12, "Chờ gửi")]
        with pytest.raises(sa.exc.DBAPIError, match="271"), db.begin() as connection:
            connection.execute(sa.text("UPDATE Lines SET total = 1"))
    finally:
        lines.drop(db)


def test_every_type_comes_back_as_it_went_in(db: sa.Engine) -> None:
    row = {
        "code": "ä-1",
        "amount": Decimal("1234.50"),
        "at": dt.datetime(2024, 5, 6, 7, 8, 9, 123456),
        "token": uuid.uuid4(),
        "share": 0.25,
        "paid": True,
        "note": "long " * 2000,
        "day": dt.date(2024, 5, 6),
        "raw": bytes(range(256)),
    }
    empty = dict.fromkeys(row) | {"code": "empty"}
    with db.begin() as connection:
        assert connection.execute(sales.insert().values(row)).inserted_primary_key == (1,)
        connection.execute(sales.insert().values(empty))
        found = connection.execute(sa.select(sales).order_by(sales.c.id)).mappings().all()
    assert {name: found[0][name] for name in row} == row
    assert {name: found[1][name] for name in empty} == empty
    assert found[0]["status"] == "NEW"


def test_text_of_every_code_page_comes_as_what_it_is(db: sa.Engine) -> None:
    pages = {
        "Vietnamese_CI_AS": "Đơn cu\u0309 Ơ",
        "Cyrillic_General_CI_AS": "Дом",
        "Latin1_General_100_CI_AS_SC_UTF8": "Chờ 药 \U0001f48a",
        "Latin1_General_CI_AS": "Café €",
    }
    columns = ", ".join(f"[{name}] VARCHAR(30) COLLATE {name}" for name in pages)
    with db.begin() as connection:
        connection.exec_driver_sql(f"CREATE TABLE Pages ({columns})")
        connection.exec_driver_sql("INSERT INTO Pages VALUES (?, ?, ?, ?)", tuple(pages.values()))
        [row] = connection.exec_driver_sql("SELECT * FROM Pages").all()
        connection.exec_driver_sql("DROP TABLE Pages")
    assert [unicodedata.normalize("NFC", text) for text in row] == [
        unicodedata.normalize("NFC", text) for text in pages.values()
    ]


def test_core_statements(db: sa.Engine) -> None:
    with db.begin() as connection:
        many = [{"code": f"c{number:03}"} for number in range(150)]
        insert = sales.insert().returning(sales.c.id, sales.c.code, sort_by_parameter_order=True)
        inserted = connection.execute(insert, many).all()
        assert [row.code for row in inserted] == [row["code"] for row in many]
        page = sa.select(sales.c.code).order_by(sales.c.code).limit(2).offset(10)
        assert connection.scalars(page).all() == ["c010", "c011"]
        update = sales.update().where(sales.c.code.like("c00%")).values(status="DONE")
        assert connection.execute(update).rowcount == 10
        counts = sa.select(sales.c.status, sa.func.count()).group_by(sales.c.status).order_by(sales.c.status)
        assert connection.execute(counts).all() == [("DONE", 10), ("NEW", 140)]
        delete = sales.delete().where(sales.c.status == "done").returning(sales.c.code)
        assert len(connection.execute(delete).all()) == 10
        connection.execute(sales.insert().values(id=5000, code="by hand"))
        assert connection.scalar(sa.select(sa.func.max(sales.c.id))) == 5000


def test_errors_reach_sqlalchemy_by_their_class(db: sa.Engine) -> None:
    with db.begin() as connection:
        connection.execute(sales.insert().values(code="x"))
    with pytest.raises(sa.exc.IntegrityError, match="2627"), db.begin() as connection:
        connection.execute(sales.insert().values(code="X "))
    with pytest.raises(sa.exc.ProgrammingError, match="208"), db.begin() as connection:
        connection.execute(sa.text("SELECT * FROM nothing"))
    with pytest.raises(sa.exc.DBAPIError, match="sandbox does not support"), db.begin() as connection:
        connection.execute(sa.text("SELECT FORMAT(1, 'N')"))


def test_fast_executemany(db: sa.Engine) -> None:
    raw = db.raw_connection()
    try:
        cursor = raw.cursor()
        cursor.fast_executemany = True
        rows = [(f"f{number}", None if number % 2 else Decimal(number)) for number in range(500)]
        cursor.executemany("INSERT INTO dbo.Sales (code, amount) VALUES (?, ?)", rows)
        raw.commit()
    finally:
        raw.close()
    with db.connect() as connection:
        assert connection.execute(sa.select(sa.func.count(), sa.func.count(sales.c.amount))).one() == (500, 250)


def test_a_snapshot_stays_while_others_write(db: sa.Engine) -> None:
    with db.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("ALTER DATABASE CURRENT SET ALLOW_SNAPSHOT_ISOLATION ON"))
    count = sa.select(sa.func.count()).select_from(sales)
    with db.connect().execution_options(isolation_level="SNAPSHOT") as reader:
        assert reader.scalar(count) == 0
        with db.begin() as writer:
            writer.execute(sales.insert().values(code="x"))
        assert reader.scalar(count) == 0
        reader.rollback()
        assert reader.scalar(count) == 1


def test_alembic_with_an_autocommit_block(db: sa.Engine) -> None:
    with db.connect() as connection:
        context = MigrationContext.configure(connection)
        operations = Operations(context)
        with context.begin_transaction():
            operations.create_table(
                "Made", sa.Column("id", sa.Integer, primary_key=True), sa.Column("n", sa.Unicode(9))
            )
            with context.autocommit_block():
                operations.execute("ALTER DATABASE CURRENT SET CHANGE_TRACKING = ON (CHANGE_RETENTION = 3 DAYS)")
            operations.execute("ALTER TABLE Made ENABLE CHANGE_TRACKING WITH (TRACK_COLUMNS_UPDATED = ON)")
            operations.add_column("Made", sa.Column("z", sa.Integer, nullable=False, server_default="0"))
            operations.alter_column(
                "Made", "n", type_=sa.Unicode(20), existing_type=sa.Unicode(9), existing_nullable=True
            )
            operations.create_index("ix_n", "Made", ["n"])
    assert [column["name"] for column in sa.inspect(db).get_columns("Made")] == ["id", "n", "z"]
    with db.begin() as connection:
        connection.execute(sa.text("INSERT INTO Made (n) VALUES ('x')"))
        query = "SELECT c.SYS_CHANGE_OPERATION, c.id FROM CHANGETABLE(CHANGES Made, 0) AS c"
        assert connection.execute(sa.text(query)).all() == []
    with db.connect() as connection:
        assert connection.execute(sa.text(query)).all() == [("I", 1)]
        operations = Operations(MigrationContext.configure(connection))
        operations.drop_column("Made", "z", mssql_drop_default=True)
        operations.drop_table("Made")
        connection.commit()
    with db.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("ALTER DATABASE CURRENT SET CHANGE_TRACKING = OFF"))
