"""RabbitMQ that never confirms, takes nothing, or lets nobody in."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from kombu.exceptions import OperationalError

from common.config import load_settings
from common.database.errors import ConfigurationError
from relay.broker import confirms, rabbitmq_publisher
from relay.broker.rabbitmq_errors import NotConfirmedError
from relay.broker.rabbitmq_publisher import RabbitMQPublisher
from relay.celery_app import configuration
from relay.error_policy import is_transient
from relay.exits import EXIT_CONFIGURATION
from relay.sources.builtin import SALE
from relay.worker import start_check
from tests.contract.rabbitmq import batch_for, ids_of, publish
from tests.support.queues import declare, taken_task_ids
from tests.support.rabbitmq_process import RabbitMQProcess, running_rabbitmq
from tests.support.samples import a_dispatch

# What is never confirmed


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[RabbitMQProcess]:
    """A RabbitMQ that may be killed."""
    with running_rabbitmq(tmp_path / "rabbitmq") as server:
        yield server


@pytest.fixture
def app_on_mortal(mortal: RabbitMQProcess, environment: dict[str, str]) -> Iterator[Celery]:
    with _app(environment, mortal.url) as app:
        yield app


def _app(environment: dict[str, str], url: str) -> Any:
    app = Celery("rabbitmq", set_as_current=False)
    app.conf.update(configuration(load_settings(_env_file=None, **{**environment, "BROKER_URL": url})))
    return closing(app)


def _in_a_thread(work: Callable[[], None]) -> tuple[threading.Thread, list[BaseException]]:
    raised: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, raised


def test_a_broker_that_dies_before_it_confirms_fails_the_batch(
    mortal: RabbitMQProcess, app_on_mortal: Celery, queue: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    declare(app_on_mortal, queue)
    batch, waits = batch_for(queue, 3, start=1), threading.Event()
    whole = confirms.ConfirmingChannel.wait

    def watched(channel: confirms.ConfirmingChannel) -> None:
        waits.set()
        whole(channel)

    with closing(RabbitMQPublisher(app_on_mortal)) as publisher:
        publish(publisher, [a_dispatch(0, queue=queue)])
        mortal.pause()
        monkeypatch.setattr(confirms.ConfirmingChannel, "wait", watched)
        thread, raised = _in_a_thread(lambda: publish(publisher, batch))
        assert waits.wait(20), "it never got so far"
        mortal.kill()
        thread.join()
        assert [type(error) for error in raised] == [NotConfirmedError]
        error = raised[0]
        assert f"queue {queue}: RabbitMQ did not confirm 3 of 3 messages" in str(error)
        assert is_transient(error)
        mortal.start()
        publish(publisher, batch)
        assert taken_task_ids(app_on_mortal, queue) == ids_of([a_dispatch(0, queue=queue), *batch])


def test_a_broker_that_never_answers_is_not_waited_for_for_ever(
    mortal: RabbitMQProcess, app_on_mortal: Celery, queue: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    declare(app_on_mortal, queue)
    batch = batch_for(queue, 3)
    with closing(RabbitMQPublisher(app_on_mortal)) as publisher:
        assert publisher.queue_length(SALE) is None
        monkeypatch.setattr(confirms, "CONFIRM_SECONDS", 0.3)
        monkeypatch.setattr(rabbitmq_publisher, "TIMEOUT_SECONDS", 0.3)
        publish(publisher, batch)
        mortal.pause()
        try:
            for _ in range(2):
                with pytest.raises(OperationalError) as caught:
                    publish(publisher, batch)
                assert is_transient(caught.value)
        finally:
            mortal.go_on()
        monkeypatch.undo()
        publish(publisher, batch)
        assert set(taken_task_ids(app_on_mortal, queue)) == set(ids_of(batch))


def test_a_broker_that_is_low_on_memory_gets_no_copy_of_the_batch_with_every_try(
    mortal: RabbitMQProcess, app_on_mortal: Celery, queue: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A batch that were sent would wait for so long.
    monkeypatch.setattr(confirms, "CONFIRM_SECONDS", 5.0)
    declare(app_on_mortal, queue)
    first, later = batch_for(queue, 3), batch_for(queue, 3, start=3)
    for _ in range(3):
        # What a process that has just begun does, or one after an error.
        with mortal.low_on_memory(), closing(RabbitMQPublisher(app_on_mortal)) as publisher:
            for batch in (first, later):
                with pytest.raises(OperationalError, match="takes no messages, being low on memory") as caught:
                    publish(publisher, batch)
                assert is_transient(caught.value)
    with closing(RabbitMQPublisher(app_on_mortal)) as publisher:
        publish(publisher, first)
    assert taken_task_ids(app_on_mortal, queue) == ids_of(first)


REFUSED = pytest.mark.parametrize(
    ("url", "words"),
    [("amqp://guest:nonsense-pw@{place}//", "the user was refused"), ("amqp://guest:guest@{place}/nowhere", "nowhere")],
    ids=["another password", "another virtual host"],
)


@REFUSED
def test_who_is_not_let_in_learns_it_without_a_password(
    rabbitmq: RabbitMQProcess, environment: dict[str, str], url: str, words: str
) -> None:
    place = f"127.0.0.1:{rabbitmq.port}"
    with _app(environment, url.format(place=place)) as app, closing(RabbitMQPublisher(app)) as publisher:
        with pytest.raises(ConfigurationError, match=words) as caught:
            publish(publisher, [a_dispatch(0)])
        with pytest.raises(ConfigurationError, match=words):
            publisher.queue_length(SALE)
    assert "nonsense-pw" not in str(caught.value)


@REFUSED
def test_a_worker_that_is_not_let_in_ends_at_its_start_with_a_line(
    rabbitmq: RabbitMQProcess,
    environment: dict[str, str],
    url: str,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    there = url.format(place=f"127.0.0.1:{rabbitmq.port}")
    settings = load_settings(_env_file=None, **{**environment, "BROKER_URL": there})
    monkeypatch.setattr(start_check, "get_settings", lambda: settings)
    with _app(environment, there) as app, pytest.raises(SystemExit) as ended:
        start_check._check_broker(app)
    assert ended.value.code == EXIT_CONFIGURATION
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("relay: broker: RabbitMQ: ")
    assert words in line
    assert "nonsense-pw" not in line
