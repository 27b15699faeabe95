"""What was committed is there after the process was killed; what was not is gone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from sandbox.sqlserver.engine import open_engine
from tests.unit.sqlserver.engine.client import Client

CHILD = """
import sys, time
from pathlib import Path
from sandbox.sqlserver.engine import open_engine
from tests.unit.sqlserver.engine.client import Client

db = Client(open_engine(Path(sys.argv[1]), user="sa", password="secret", database="sandbox"))
db.run("ALTER DATABASE CURRENT SET CHANGE_TRACKING = ON")
db.run("CREATE TABLE t (id INT IDENTITY NOT NULL PRIMARY KEY, a INT)")
db.run("ALTER TABLE t ENABLE CHANGE_TRACKING")
db.run("INSERT INTO t (a) VALUES (1), (2)")
# Conversions have numbers in a process: the first of them are these, which the next process will not have.
db.run("SELECT CAST(N'1' AS MONEY), CAST(1.5 AS BIT)")
db.run("CREATE TABLE checked (a VARCHAR(5), n AS CAST(a AS INT) PERSISTED NOT NULL, CHECK (CAST(a AS BIGINT) > 3))")
db.run("BEGIN TRAN; INSERT INTO t (a) VALUES (3); DELETE FROM t WHERE id = 1; CREATE TABLE k (id INT)")
print("ready", flush=True)
time.sleep(60)
"""


def test_a_killed_process_loses_only_what_was_not_committed(data: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", CHILD, str(data)], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        child.kill()
    engine = open_engine(data, user="sa", password="secret", database="sandbox")
    db = Client(engine)
    assert db.rows("SELECT id, a FROM t ORDER BY id") == [(1, 1), (2, 2)]
    assert db.changes(0) == [("I", 1, 1, 1), ("I", 1, 1, 2)]
    assert db.rows("SELECT name FROM sys.tables ORDER BY name") == [("checked",), ("t",)]
    assert db.run("INSERT INTO t (a) VALUES (4)") == [1]
    assert db.version == 2
    assert db.run("INSERT INTO checked VALUES ('4')") == [1]
    assert [db.number(f"INSERT INTO checked VALUES ({value})") for value in ("'3'", "NULL")] == [547, 515]
    engine.close()
