"""What a worker does about its broker before it starts."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict

import pytest
from celery import Celery
from sandbox.services import HOST

from common.config import Settings, get_settings, load_settings
from relay.celery_app import configuration
from relay.worker.start_check import _check_broker
from tests.integration.refusals.conftest import RIGHT, WRONG, Ports
from tests.support.rabbitmq_process import RabbitMQProcess


@pytest.fixture
def start(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Checks the broker of this URL as a worker does."""

    def check(url: str) -> None:
        given = {**environment, "BROKER_URL": url}
        for name in Settings.model_fields:
            monkeypatch.delenv(name, raising=False)
        for name, value in given.items():
            monkeypatch.setenv(name, value)
        get_settings.cache_clear()
        with closing(Celery("start", set_as_current=False)) as app:
            app.conf.update(configuration(load_settings(_env_file=None, **given)))
            _check_broker(app)

    return check


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("redis://:{wrong}@{host}:{redis}/0", "broker: Redis: the user was refused: check user and password"),
        ("redis://poor:{right}@{host}:{redis}/0", "broker: Redis: the user of BROKER_URL lacks a right"),
        ("redis://:{right}@{host}:{redis}/99", "broker: Redis: it has no database of this number"),
        ("sentinel://{host}:{sentinel}", "the name that RELAY_SENTINEL_MASTER gives, and know other"),
        ("redis://{host}:{redis_tls}/0", "speaks TLS, where Redis is expected"),
        ("amqp://ann:{wrong}@{host}:{redis}//", "speaks Redis, where RabbitMQ is expected"),
    ],
    ids=["password", "rights", "database", "master", "TLS", "no RabbitMQ"],
)
def test_a_broker_that_refuses(start: Callable[[str], None], ports: Ports, url: str, told: str) -> None:
    with pytest.raises(SystemExit, match=told) as ended:
        start(url.format(host=HOST, right=RIGHT, wrong=WRONG, **asdict(ports)))
    assert ended.value.code == 2
    assert WRONG not in str(ended.value)


@pytest.mark.parametrize(
    "url", ["redis://{host}:{nobody}/0", "sentinel://{host}:{nobody}", "amqp://u:{wrong}@{host}:{nobody}//"]
)
def test_a_broker_that_is_away_is_waited_for(start: Callable[[str], None], ports: Ports, url: str) -> None:
    start(url.format(host=HOST, wrong=WRONG, **asdict(ports)))


@pytest.mark.parametrize(
    ("who", "told"),
    [
        ("guest:{wrong}@{host}:{port}//", "RabbitMQ: the user was refused"),
        ("guest:guest@{host}:{port}/nosuch", "RabbitMQ: it does not let relay into this virtual host"),
    ],
    ids=["password", "virtual host"],
)
def test_a_rabbitmq_that_refuses(start: Callable[[str], None], rabbitmq: RabbitMQProcess, who: str, told: str) -> None:
    with pytest.raises(SystemExit, match=told) as ended:
        start("amqp://" + who.format(host=HOST, port=rabbitmq.port, wrong=WRONG))
    assert ended.value.code == 2
    assert WRONG not in str(ended.value)
