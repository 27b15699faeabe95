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

from common.config import load_settings
from examples.pharmacy.connection import connect
from examples.pharmacy.documents import KINDS, DocumentKind
from sandbox import env_file
from tests.support.up import Up, running_up, start
from tests.support.wait import wait_until

INSERT = "INSERT INTO dbo.SalesInvoices (shop_pharmacy_code, local_invoice_id) VALUES (?, ?)"
COLUMNS = """
    SELECT COLUMN_NAME, DATA_TYPE, IS_NULLABLE, CHARACTER_MAXIMUM_LENGTH, COLUMN_DEFAULT
    FROM INFORMATION_SCHEMA.COLUMNS WHERE TABLE_SCHEMA = 'dbo' AND TABLE_NAME = ?
"""


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


def gone(processes: list[psutil.Process]) -> bool:
    return all(not process.is_running() or process.status() == psutil.STATUS_ZOMBIE for process in processes)


def redis_of(up: Up) -> Redis:
    return Redis(up.settings["REDIS_HOST"], int(up.settings["REDIS_PORT"]), decode_responses=True)


def test_the_env_file_is_all_that_relay_needs(up: Up, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in env_file.NAMES:
        monkeypatch.delenv(name, raising=False)
    (tmp_path / ".env").write_bytes(up.env_path.read_bytes())
    monkeypatch.chdir(tmp_path)

    settings = load_settings()

    assert up.settings["MSSQL_SERVER"] == settings.MSSQL_SERVER
    assert settings.broker_url.endswith("/0")
    assert tuple(up.settings) == env_file.NAMES


def test_all_three_answer(up: Up) -> None:
    assert query(up, "SELECT 1") == [(1,)]
    with pymongo.MongoClient[dict[str, object]](up.settings["MONGO_URI"]) as mongo:
        assert mongo.admin.command("ping")["ok"] == 1
    with redis_of(up) as redis:
        assert redis.ping()
        assert redis.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.table)
def test_a_document_needs_only_its_key(up: Up, kind: DocumentKind) -> None:
    table, id_column = kind.table, kind.id_column
    execute(up, f"INSERT INTO dbo.{table} (shop_pharmacy_code, {id_column}) VALUES (?, ?)", "PH-1", "DOC-000001")

    assert query(up, f"SELECT {id_column}, shop_pharmacy_code, status, note FROM dbo.{table}") == [
        ("DOC-000001", "PH-1", "DRAFT", None)
    ]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.table)
def test_texts_are_long_enough_and_the_rest_can_be_left_out(up: Up, kind: DocumentKind) -> None:
    table, id_column = kind.table, kind.id_column
    columns = query(up, COLUMNS, table)

    texts = [length for _, kind_of_data, _, length, _ in columns if kind_of_data == "nvarchar"]
    assert len(texts) >= 4
    assert all(isinstance(length, int) and length >= 20 for length in texts)
    needed = {name for name, _, nullable, _, default in columns if nullable == "NO" and default is None}
    assert needed == {"shop_pharmacy_code", id_column}


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
    data = ["--data", str(tmp_path / "data")]
    with running_up(tmp_path / "env", *data) as up:
        password = up.settings["MSSQL_PASSWORD"]
        execute(up, INSERT, "NT-Hà-Nội-01", "HĐ-2026-000001")
        with pymongo.MongoClient[dict[str, object]](up.settings["MONGO_URI"]) as mongo:
            mongo["relay"]["things"].insert_one({"_id": 1})
        with redis_of(up) as redis:
            redis.lpush("things", "one")
        up.kill()
        # Nobody took it away; who waits for the next one must not find this one.
        up.env_path.unlink()

    with running_up(tmp_path / "env", *data) as up:
        assert up.settings["MSSQL_PASSWORD"] == password
        assert query(up, "SELECT local_invoice_id FROM dbo.SalesInvoices") == [("HĐ-2026-000001",)]
        with pymongo.MongoClient[dict[str, object]](up.settings["MONGO_URI"]) as mongo:
            assert mongo["relay"]["things"].find_one() == {"_id": 1}
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
