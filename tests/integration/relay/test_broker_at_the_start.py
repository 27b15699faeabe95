"""Only relay's settings choose the broker, and relay's workers eat no documents: what disagrees ends at the start."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from celery import Celery
from sandbox.processes import stop_all
from sandbox.services import HOST, Place, free_port
from sandbox.waiting import wait_until

from common.config import CeleryEnvironment, Settings
from common.database.mssql_client import MSSQLClient
from tests.support.pharmacy import Desk
from tests.support.queues import messages_in_redis
from tests.support.relay_process import running_relay

Done = subprocess.CompletedProcess[str]
SECRET = "nonsense-pw"
ELSEWHERE = f"redis://:{SECRET}@elsewhere.example/0"
WORKER = ("celery", "-A", "relay.celery_app", "worker", "--pool", "solo")
BEAT = ("celery", "-A", "relay.celery_app", "beat")
SCAN, STATUS, CHECK = ("relay", "scan"), ("relay", "status"), ("relay", "sources", "--check")
ARRIVAL_SECONDS = 60.0


def _run(folder: Path, *words: str, environment: Mapping[str, str]) -> Done:
    foreign = {*Settings.model_fields, *CeleryEnvironment.model_fields}
    rest = {name: value for name, value in os.environ.items() if name not in foreign}
    return subprocess.run(
        [str(Path(sys.executable).parent / words[0]), *words[1:]],
        cwd=folder,
        env={**rest, "COLUMNS": "200", "PYTHONPATH": str(Path(__file__).parents[3]), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def _refused(done: Done) -> str:
    """The one line with which it ended."""
    assert done.returncode == 2, done.stderr
    assert SECRET not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    [line] = [line for line in done.stderr.splitlines() if line.startswith("relay: ")]
    return line


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (WORKER, "CELERY_BROKER_URL"),
        (BEAT, "CELERY_BROKER_WRITE_URL"),
        (SCAN, "CELERY_BROKER_READ_URL"),
        (STATUS, "CELERY_BROKER_URL"),
        (CHECK, "CELERY_BROKER_WRITE_URL"),
    ],
    ids=lambda one: one if type(one) is str else " ".join(one),
)
def test_a_broker_in_celerys_environment(
    tmp_path: Path, environment: dict[str, str], words: tuple[str, ...], name: str
) -> None:
    line = _refused(_run(tmp_path, *words, environment={**environment, name: ELSEWHERE}))
    assert line.startswith(f"relay: {name}")
    assert f"unset {name} for relay, or say the same in BROKER_URL" in line


@pytest.mark.parametrize("command", ["worker", "beat"])
def test_a_broker_on_celerys_command_line(tmp_path: Path, environment: dict[str, str], command: str) -> None:
    words = ("celery", "-A", "relay.celery_app", "-b", ELSEWHERE, command)
    assert "CELERY_BROKER_URL (or celery -b) names another broker" in _refused(
        _run(tmp_path, *words, environment=environment)
    )


def test_a_setting_on_the_workers_command_line(tmp_path: Path, environment: dict[str, str]) -> None:
    line = _refused(_run(tmp_path, *WORKER, f"broker.url={ELSEWHERE}", environment=environment))
    assert "Celery's configuration says another broker_url and broker_read_url and broker_write_url" in line


@pytest.mark.parametrize(
    ("words", "name"),
    [(WORKER, "broker_read_url"), (BEAT, "broker_write_url"), (SCAN, "broker_transport")],
    ids=["worker", "beat", "scan"],
)
def test_a_broker_in_a_configuration_of_another_service(
    tmp_path: Path, environment: dict[str, str], words: tuple[str, ...], name: str
) -> None:
    value = "memory" if name == "broker_transport" else ELSEWHERE
    (tmp_path / "shop_config.py").write_text(f"{name} = {value!r}\n")
    given = {
        **environment,
        "CELERY_CONFIG_MODULE": "shop_config",
        "PYTHONPATH": f"{tmp_path}:{Path(__file__).parents[3]}",
    }
    line = _refused(_run(tmp_path, *words, environment=given))
    assert name in line
    assert "CELERY_CONFIG_MODULE" in line


@pytest.mark.parametrize("words", [WORKER, BEAT, SCAN], ids=" ".join)
@pytest.mark.parametrize("text", [None, "broker_url = ("], ids=["missing", "no Python"])
def test_a_configuration_of_another_service_that_cannot_be_loaded(
    tmp_path: Path, environment: dict[str, str], words: tuple[str, ...], text: str | None
) -> None:
    if text is not None:
        (tmp_path / "shop_config.py").write_text(text)
    given = {"CELERY_CONFIG_MODULE": "shop_config", "PYTHONPATH": f"{tmp_path}:{Path(__file__).parents[3]}"}
    line = _refused(_run(tmp_path, *words, environment={**environment, **given}))
    assert "unset CELERY_CONFIG_MODULE for relay" in line


def test_a_loader_of_another_service_is_left_alone(tmp_path: Path, environment: dict[str, str]) -> None:
    done = _run(tmp_path, "relay", "sources", environment={**environment, "CELERY_LOADER": "shop.loader:Loader"})
    assert done.returncode == 0, done.stderr
    done = _run(tmp_path, *WORKER, "-Q", "other", environment={**environment, "CELERY_LOADER": "shop.loader:Loader"})
    assert "consume other" in _refused(done)


NO_JSON = f"{{'password': '{SECRET}'}}"


@pytest.mark.parametrize(
    ("words", "given", "begins"),
    [
        (WORKER, {"BROKER_URL": f"sqs://key:{SECRET}@"}, "relay: BROKER_URL: sqs:// cannot confirm"),
        (SCAN, {"BROKER_URL": "memory://"}, "relay: BROKER_URL: memory:// cannot confirm"),
        (CHECK, {"BROKER_URL": "mongodb://host"}, "relay: BROKER_URL: mongodb:// cannot confirm"),
        (BEAT, {"RELAY_BROKER_OPTIONS": NO_JSON}, "relay: RELAY_BROKER_OPTIONS: must be a JSON object"),
        (STATUS, {"RELAY_BROKER_OPTIONS": NO_JSON}, "relay: RELAY_BROKER_OPTIONS: must be a JSON object"),
        (WORKER, {"RELAY_BROKER_OPTIONS": '{"max_retries": 9}'}, "relay: RELAY_BROKER_OPTIONS: max_retries cannot be"),
    ],
    ids=["worker, sqs", "scan, memory", "check, mongodb", "beat, no JSON", "status, no JSON", "worker, a retry"],
)
def test_a_broker_that_cannot_be(
    tmp_path: Path, environment: dict[str, str], words: tuple[str, ...], given: dict[str, str], begins: str
) -> None:
    assert _refused(_run(tmp_path, *words, environment={**environment, **given})).startswith(begins)


SHARED = "source sale: queue: 'relay-3' is, or has, a list in Redis of relay's own queue"


@pytest.mark.parametrize(
    ("words", "field", "options", "words_told"),
    [
        (WORKER, "queue = 'relay'", "", "[sources.sale] queue: 'relay' is the name of relay's own ticks"),
        (CHECK, "queue = 'relay'", "", "[sources.sale] queue: 'relay' is the name of relay's own ticks"),
        (CHECK, "task = 'relay.reconcile'", "", "[sources.sale] task: 'relay.reconcile': names that begin with relay."),
        (WORKER, "queue = 'relay-3'", '{"sep": "-"}', SHARED),
        (CHECK, "queue = 'relay-3'", '{"sep": "-"}', SHARED),
    ],
    ids=["worker", "check", "check, a task", "worker, with sep", "check, with sep"],
)
def test_a_source_that_bears_a_name_of_relays(
    tmp_path: Path, environment: dict[str, str], words: tuple[str, ...], field: str, options: str, words_told: str
) -> None:
    file = tmp_path / "sources.toml"
    file.write_text(f"[sources.sale]\n{field}\n")
    given = {**environment, "RELAY_SOURCES": str(file), "RELAY_BROKER_OPTIONS": options}
    assert words_told in _refused(_run(tmp_path, *words, environment=given))


def test_a_worker_that_would_eat_the_documents(tmp_path: Path, environment: dict[str, str]) -> None:
    line = _refused(_run(tmp_path, *WORKER, "-Q", "relay,sale_queue", environment=environment))
    assert "consume relay, sale_queue: " in line
    assert "leave -Q and -X out" in line


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[int]:
    port, place = free_port(), Place(folder=tmp_path, environment=os.environ, durable=False)
    command = ["redis-server", "--bind", HOST, "--port", str(port), "--dir", str(tmp_path)]
    command += ["--cluster-enabled", "yes", "--cluster-port", str(free_port())]
    child = place.start("cluster", command)
    wait_until(lambda: "Ready to accept" in child.log.read_text())
    yield port
    stop_all([child])


@pytest.mark.parametrize("words", [WORKER, BEAT, (*SCAN, "sale")], ids=" ".join)
def test_a_cluster(
    mssql: MSSQLClient, tmp_path: Path, environment: dict[str, str], words: tuple[str, ...], cluster: int
) -> None:
    given = {**environment, "REDIS_PORT": str(cluster)}
    assert "this is a Redis Cluster" in _refused(_run(tmp_path, *words, environment=given))


def test_the_same_broker_in_the_environment_is_no_problem_and_its_options_hold_for_relays_own_ticks(
    mssql: MSSQLClient, environment: dict[str, str], tmp_path: Path, pharmacy: Desk, celery_app: Celery
) -> None:
    # Celery's command line reads BROKER_URL by itself and puts it into CELERY_BROKER_URL, options and all.
    url = f"redis://{environment['REDIS_HOST']}:{environment['REDIS_PORT']}/0?global_keyprefix=relay-shop:"
    given = {**environment, "BROKER_URL": url, "RELAY_BROKER_OPTIONS": '{"sep": "-"}', "RELAY_SCAN_INTERVAL": "0.5"}
    foreign = {"CELERY_BROKER_READ_URL": url, "CELERY_RESULT_BACKEND": ELSEWHERE}
    with running_relay(tmp_path, {**given, **foreign}) as relay:
        pharmacy.insert("HĐ-1")
        wait_until(
            lambda: messages_in_redis(celery_app, "relay-shop:sale_queue"),
            timeout=ARRIVAL_SECONDS,
            message=f"it did not arrive: {relay.tail()}",
        )
    assert messages_in_redis(celery_app, "sale_queue") == []


def test_a_running_worker_takes_no_other_queue_when_somebody_says_so(
    mssql: MSSQLClient, environment: dict[str, str], tmp_path: Path, celery_app: Celery
) -> None:
    with running_relay(tmp_path, {**environment, "RELAY_SCAN_INTERVAL": "0.5"}):
        replies: list[dict[str, dict[str, str]]] = []

        def told() -> bool:
            replies[:] = celery_app.control.add_consumer("sale_queue", reply=True, timeout=1)
            return bool(replies)

        wait_until(told, timeout=ARRIVAL_SECONDS, message="no worker answers")
        [said] = replies[0].values()
        assert said == {"error": "relay's workers consume relay and nothing else, not sale_queue"}
        [queues] = (celery_app.control.inspect(timeout=5).active_queues() or {}).values()
        assert [queue["name"] for queue in queues] == ["relay"]
