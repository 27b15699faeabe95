"""`python -m sandbox up`: three services, one env file, and nothing left behind."""

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import psutil
import pymongo
import pytest
from redis import Redis

from sandbox import env_file
from sandbox.odbc import connect
from sandbox.testing.up import Up, running_up, start
from sandbox.waiting import wait_until

TABLES = """
-- Đơn hàng
IF OBJECT_ID('dbo.Orders') IS NULL
    CREATE TABLE dbo.Orders (shop nvarchar(40) NOT NULL, id nvarchar(40) NOT NULL PRIMARY KEY)
GO
"""
FIRST = "INSERT INTO dbo.Orders (shop, id) VALUES (N'NT-Hà-Nội-01', N'HĐ-2026-000001')"


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    with running_up(tmp_path_factory.mktemp("up") / "env") as running:
        yield running


def query(up: Up, statement: str, *values: object) -> list[tuple[object, ...]]:
    connection = connect(up.settings)
    try:
        return [tuple(row) for row in connection.execute(statement, *values).fetchall()]
    finally:
        connection.close()


def execute(up: Up, statement: str, *values: object) -> None:
    connection = connect(up.settings)
    try:
        connection.execute(statement, *values)
    finally:
        connection.close()


def script(folder: Path, sql: str, name: str = "tables.sql") -> Path:
    path = folder / name
    path.write_text(sql, encoding="utf-8")
    return path


def gone(processes: list[psutil.Process]) -> bool:
    return all(not process.is_running() or process.status() == psutil.STATUS_ZOMBIE for process in processes)


def redis_of(up: Up) -> Redis:
    return Redis(up.settings["REDIS_HOST"], int(up.settings["REDIS_PORT"]), decode_responses=True)


def test_the_env_file_names_everything(up: Up) -> None:
    assert tuple(up.settings) == env_file.NAMES
    assert up.settings["MSSQL_DATABASE"] == "sandbox"


def test_all_three_answer(up: Up) -> None:
    assert query(up, "SELECT 1") == [(1,)]
    with pymongo.MongoClient[dict[str, object]](up.settings["MONGO_URI"]) as mongo:
        assert mongo.admin.command("ping")["ok"] == 1
    with redis_of(up) as redis:
        assert redis.ping()
        assert redis.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}


def test_change_tracking_is_off(up: Up) -> None:
    assert query(up, "SELECT CHANGE_TRACKING_CURRENT_VERSION()") == [(None,)]


def test_sigterm_leaves_no_process_and_no_env_file(tmp_path: Path) -> None:
    with running_up(tmp_path / "env") as up:
        children = up.children()
        assert len(children) >= 3

        assert up.terminate() == 0

    assert gone(children)
    assert not up.env_path.exists()


def test_kill_9_leaves_no_process(tmp_path: Path) -> None:
    with running_up(tmp_path / "env") as up:
        children = up.children()
        up.kill()

        wait_until(lambda: gone(children))


def test_a_service_that_dies_takes_the_others_along(tmp_path: Path) -> None:
    with running_up(tmp_path / "env") as up:
        children = up.children()
        [redis] = [child for child in children if "redis-server" in child.name()]
        os.kill(redis.pid, signal.SIGKILL)

        assert up.process.wait(30) == 1
        assert "redis was ended by SIGKILL" in up.rest_of_output()

    assert gone(children)


def test_data_survives_kill_9(tmp_path: Path) -> None:
    data = ["--data", str(tmp_path / "data"), "--init", str(script(tmp_path, TABLES))]
    with running_up(tmp_path / "env", *data) as up:
        password = up.settings["MSSQL_PASSWORD"]
        execute(up, FIRST)
        with pymongo.MongoClient[dict[str, object]](up.settings["MONGO_URI"]) as mongo:
            mongo["sandbox"]["things"].insert_one({"_id": 1})
        with redis_of(up) as redis:
            redis.lpush("things", "one")
        up.kill()
        # Nobody took it away; who waits for the next one must not find this one.
        up.env_path.unlink()

    with running_up(tmp_path / "env", *data) as up:
        assert up.settings["MSSQL_PASSWORD"] == password
        assert query(up, "SELECT shop, id FROM dbo.Orders") == [("NT-Hà-Nội-01", "HĐ-2026-000001")]
        with pymongo.MongoClient[dict[str, object]](up.settings["MONGO_URI"]) as mongo:
            assert mongo["sandbox"]["things"].find_one() == {"_id": 1}
        with redis_of(up) as redis:
            assert redis.lrange("things", 0, -1) == ["one"]


@pytest.mark.parametrize("encrypt", ["yes", "strict"])
def test_the_env_file_is_enough_for_an_encrypted_connection(encrypt: str, tmp_path: Path) -> None:
    with running_up(tmp_path / "env", "--encrypt", encrypt) as up:
        assert up.settings["MSSQL_ENCRYPT"] == encrypt
        assert query(up, "SELECT 1") == [(1,)]


def test_two_sandboxes_do_not_share_a_folder(tmp_path: Path) -> None:
    data = ["--data", str(tmp_path / "data")]
    with running_up(tmp_path / "env", *data), start(tmp_path / "other", *data) as second:
        assert second.wait(30) == 2
        assert second.stdout is not None
        assert "another sandbox uses" in second.stdout.read()


@pytest.mark.parametrize("option", ["--mssql-port", "--mongo-port", "--redis-port"])
def test_a_port_in_use_is_named_with_its_remedy(tmp_path: Path, option: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with start(tmp_path / "env", option, str(port)) as process:
            assert process.wait(30) == 2
            assert process.stdout is not None
            [line] = process.stdout.read().splitlines()

    assert f"port {port}" in line
    assert f"choose another with {option}" in line


def test_without_redis_server_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with start(tmp_path / "env") as process:
        assert process.wait(60) == 2
        assert process.stdout is not None
        assert process.stdout.read().splitlines() == [
            "sandbox: redis-server is not installed: sudo apt-get install redis-server"
        ]


def test_scripts_run_in_their_order_before_the_env_file_is_there(tmp_path: Path) -> None:
    first = script(tmp_path, TABLES)
    second = script(tmp_path, f"{FIRST}\nGO\n", "rows.sql")
    options = ["--init", str(first), "--init", str(second), "--database", "Cửa hàng"]
    with running_up(tmp_path / "env", *options) as up:
        assert query(up, "SELECT DB_NAME(), id FROM dbo.Orders") == [("Cửa hàng", "HĐ-2026-000001")]


def test_a_script_that_fails_is_named_with_its_line(tmp_path: Path) -> None:
    path = script(tmp_path, "SELECT 1\nGO\nSELECT * FROM dbo.Nowhere\nGO\nSELECT 3\n")
    with start(tmp_path / "env", "--init", str(path)) as process:
        assert process.wait(60) == 2
        assert process.stdout is not None
        assert process.stdout.read().splitlines() == [
            f"sandbox: {path}, the batch that begins at line 3: Msg 208: Invalid object name 'dbo.Nowhere'."
        ]
    assert not (tmp_path / "env").exists()


def test_the_second_error_of_a_batch_fails_the_script_too(tmp_path: Path) -> None:
    path = script(tmp_path, "CREATE TABLE dbo.T (id int)\nINSERT INTO dbo.T VALUES (1)\nDROP TABLE dbo.Nowhere\n")
    with start(tmp_path / "env", "--init", str(path)) as process:
        assert process.wait(60) == 2
        assert process.stdout is not None
        assert "Msg 3701" in process.stdout.read()
