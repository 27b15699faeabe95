"""What only RabbitMQ can show: what comes back, what is never confirmed, and messages that are Celery's own."""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from celery.contrib.testing.worker import start_worker
from kombu.entity import Queue
from kombu.exceptions import OperationalError

from common.config import load_settings
from common.database.errors import ConfigurationError
from common.database.records import NOWHERE, Dispatch
from relay.broker import confirms, rabbitmq_publisher
from relay.broker.rabbitmq_errors import NotConfirmedError, QueueRefusesError
from relay.broker.rabbitmq_publisher import RabbitMQPublisher
from relay.celery_app import configuration
from relay.error_policy import is_transient
from relay.exits import EXIT_CONFIGURATION
from relay.sources.builtin import SALE
from relay.worker import start_check
from tests.support.queues import declare, taken_task_ids
from tests.support.rabbitmq_process import RabbitMQProcess, running_rabbitmq
from tests.support.samples import a_dispatch
from tests.support.wait import wait_until


@pytest.fixture
def publisher(rabbitmq_app: Celery) -> Iterator[RabbitMQPublisher]:
    with closing(RabbitMQPublisher(rabbitmq_app)) as publisher:
        yield publisher


@pytest.fixture
def queue() -> str:
    """A name that no other test has used."""
    return f"queue-{secrets.token_hex(6)}"


def _batch(queue: str, count: int, start: int = 0) -> list[Dispatch]:
    return [a_dispatch(seq, queue=queue) for seq in range(start, start + count)]


def _ids(dispatches: list[Dispatch]) -> list[str]:
    return [dispatch.id for dispatch in dispatches]


def _publish(publisher: RabbitMQPublisher, batch: list[Dispatch]) -> None:
    publisher.publish(SALE, after=NOWHERE, dispatches=batch)


# What comes back


def test_a_queue_that_nobody_has_declared_fails_the_batch_with_the_remedy(
    rabbitmq_app: Celery, publisher: RabbitMQPublisher, queue: str
) -> None:
    batch = _batch(queue, 3)
    with pytest.raises(ConfigurationError) as caught:
        _publish(publisher, batch)
    assert str(caught.value) == (
        f"source sale: RabbitMQ has no queue {queue}: start its worker service once, or declare the queue"
    )
    assert not is_transient(caught.value)
    declare(rabbitmq_app, queue)
    _publish(publisher, batch)
    assert taken_task_ids(rabbitmq_app, queue) == _ids(batch)


def test_what_was_confirmed_of_a_batch_that_failed_is_not_sent_again(
    rabbitmq_app: Celery, publisher: RabbitMQPublisher, queue: str
) -> None:
    there, absent = f"{queue}-there", f"{queue}-absent"
    declare(rabbitmq_app, there)
    batch = [*_batch(there, 3), *_batch(absent, 2, start=3)]
    for _ in range(2):
        with pytest.raises(ConfigurationError, match=f"no queue {absent}: start"):
            _publish(publisher, batch)
    declare(rabbitmq_app, absent)
    _publish(publisher, batch)
    assert taken_task_ids(rabbitmq_app, there) == _ids(batch[:3])
    assert taken_task_ids(rabbitmq_app, absent) == _ids(batch[3:])


@pytest.mark.parametrize("kind", ["classic", "quorum"])
def test_a_queue_that_is_full_refuses_and_gets_each_message_once(
    rabbitmq_app: Celery, publisher: RabbitMQPublisher, queue: str, kind: str
) -> None:
    limited = {"x-queue-type": kind, "x-max-length": 5, "x-overflow": "reject-publish"}
    declare(rabbitmq_app, queue, **limited)
    refusals, taken = 0, []
    # A quorum queue goes beyond its limit before it refuses.
    for batch in (_batch(queue, 20), _batch(queue, 20, start=20), _batch(queue, 20, start=40)):
        while (error := _refusal(publisher, batch)) is not None:
            refusals += 1
            assert f"queue {queue} refused" in str(error)
            assert is_transient(error)
            taken += _taken(rabbitmq_app, queue, limited)
    taken += _taken(rabbitmq_app, queue, limited)
    assert refusals > 0, "it was never full"
    assert sorted(taken) == sorted(_ids(_batch(queue, 60)))


def _refusal(publisher: RabbitMQPublisher, batch: list[Dispatch]) -> QueueRefusesError | None:
    try:
        _publish(publisher, batch)
    except QueueRefusesError as error:
        return error
    return None


def _taken(app: Celery, queue: str, arguments: dict[str, Any]) -> list[str]:
    with app.connection_for_read() as connection, connection.channel() as channel:
        bound, taken = Queue(queue, queue_arguments=arguments)(channel), []
        while (message := bound.get(no_ack=True)) is not None:
            taken.append(str(message.headers["id"]))
        return taken


def test_a_queue_that_takes_nothing_gets_no_more(
    rabbitmq_app: Celery, publisher: RabbitMQPublisher, queue: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rabbitmq_publisher, "IN_FLIGHT", 10)
    sent: list[str] = []
    whole = confirms.ConfirmingChannel.basic_publish

    def counted(channel: Any, message: Any, **rest: Any) -> None:
        sent.append(rest["routing_key"])
        whole(channel, message, **rest)

    monkeypatch.setattr(confirms.ConfirmingChannel, "basic_publish", counted)
    with pytest.raises(ConfigurationError):
        _publish(publisher, _batch(queue, 1000))
    assert len(sent) == 10


def test_the_length_of_a_queue_that_is_not_there_is_not_known(
    rabbitmq_app: Celery, publisher: RabbitMQPublisher, queue: str
) -> None:
    assert publisher.queue_length(replace(SALE, queue=queue)) is None
    declare(rabbitmq_app, SALE.queue)
    assert publisher.queue_length(SALE) == 0, "the connection is as good as before"


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
    batch, waits = _batch(queue, 3, start=1), threading.Event()
    whole = confirms.ConfirmingChannel.wait

    def watched(channel: confirms.ConfirmingChannel) -> None:
        waits.set()
        whole(channel)

    with closing(RabbitMQPublisher(app_on_mortal)) as publisher:
        _publish(publisher, [a_dispatch(0, queue=queue)])
        mortal.pause()
        monkeypatch.setattr(confirms.ConfirmingChannel, "wait", watched)
        thread, raised = _in_a_thread(lambda: _publish(publisher, batch))
        assert waits.wait(20), "it never got so far"
        mortal.kill()
        thread.join()
        assert [type(error) for error in raised] == [NotConfirmedError]
        error = raised[0]
        assert f"queue {queue}: RabbitMQ did not confirm 3 of 3 messages" in str(error)
        assert is_transient(error)
        mortal.start()
        _publish(publisher, batch)
        assert taken_task_ids(app_on_mortal, queue) == _ids([a_dispatch(0, queue=queue), *batch])


def test_a_broker_that_never_answers_is_not_waited_for_for_ever(
    mortal: RabbitMQProcess, app_on_mortal: Celery, queue: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    declare(app_on_mortal, queue)
    batch = _batch(queue, 3)
    with closing(RabbitMQPublisher(app_on_mortal)) as publisher:
        assert publisher.queue_length(SALE) is None
        monkeypatch.setattr(confirms, "CONFIRM_SECONDS", 0.3)
        monkeypatch.setattr(rabbitmq_publisher, "TIMEOUT_SECONDS", 0.3)
        _publish(publisher, batch)
        mortal.pause()
        try:
            for _ in range(2):
                with pytest.raises(OperationalError) as caught:
                    _publish(publisher, batch)
                assert is_transient(caught.value)
        finally:
            mortal.go_on()
        monkeypatch.undo()
        _publish(publisher, batch)
        assert set(taken_task_ids(app_on_mortal, queue)) == set(_ids(batch))


def test_a_broker_that_is_low_on_memory_gets_no_copy_of_the_batch_with_every_try(
    mortal: RabbitMQProcess, app_on_mortal: Celery, queue: str
) -> None:
    declare(app_on_mortal, queue)
    first, later = _batch(queue, 3), _batch(queue, 3, start=3)
    for _ in range(3):
        # What a process that has just begun does, or one after an error.
        with mortal.low_on_memory(), closing(RabbitMQPublisher(app_on_mortal)) as publisher:
            for batch in (first, later):
                with pytest.raises(OperationalError, match="takes no messages, being low on memory") as caught:
                    _publish(publisher, batch)
                assert is_transient(caught.value)
    with closing(RabbitMQPublisher(app_on_mortal)) as publisher:
        _publish(publisher, first)
    assert taken_task_ids(app_on_mortal, queue) == _ids(first)


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
            _publish(publisher, [a_dispatch(0)])
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
    assert line.startswith("relay: RabbitMQ: ")
    assert words in line
    assert "nonsense-pw" not in line


# Celery's own messages


def _properties(app: Celery, queue: str) -> list[dict[str, Any]]:
    with app.connection_for_read() as connection, connection.channel() as channel:
        found = []
        while (message := channel.basic_get(queue, no_ack=True)) is not None:
            headers = {name: value for name, value in message.headers.items() if name != "origin"}
            rest = {name: value for name, value in message.properties.items() if name != "application_headers"}
            found.append({**headers, **rest, "reply_to": None, "body": message.body})
        return found


def test_a_message_is_what_send_task_would_publish(
    rabbitmq_app: Celery, publisher: RabbitMQPublisher, queue: str
) -> None:
    declare(rabbitmq_app, queue)
    args = ["Nhà thuốc Đức An", 'say "x"', 2**53]
    dispatch = a_dispatch(0, id="8c0c5e0e-6a2f-5d0b-9d0f-2f7f3f3d7a01", queue=queue, args=json.dumps(args), priority=4)
    _publish(publisher, [dispatch])
    rabbitmq_app.send_task(SALE.task, args=tuple(args), task_id=dispatch.id, queue=queue, priority=4)
    ours, theirs = _properties(rabbitmq_app, queue)
    assert ours == theirs
    assert (ours["delivery_mode"], ours["priority"]) == (2, 4)


@pytest.mark.parametrize("letter", ["a", "Đ"])
def test_a_long_text_arrives_whole_and_its_neighbours_once(
    rabbitmq_app: Celery, publisher: RabbitMQPublisher, queue: str, letter: str
) -> None:
    declare(rabbitmq_app, queue)
    args = ["HĐ-1", letter * 160_000]
    batch = [a_dispatch(0, queue=queue), a_dispatch(1, queue=queue, args=json.dumps(args)), a_dispatch(2, queue=queue)]
    try:
        _publish(publisher, batch)
    except NotConfirmedError as error:
        raise AssertionError("RabbitMQ closed the connection") from error
    found = _properties(rabbitmq_app, queue)
    assert [message["id"] for message in found] == _ids(batch)
    assert json.loads(found[1]["body"])[0] == args
    assert found[1]["argsrepr"] == f"{tuple(args)!r}"[:1024] + "..."


def test_an_event_that_nobody_listens_to_is_no_missing_queue(
    rabbitmq_app: Celery, publisher: RabbitMQPublisher, queue: str
) -> None:
    rabbitmq_app.conf.task_send_sent_event = True
    declare(rabbitmq_app, queue)
    batch = _batch(queue, 3)
    _publish(publisher, batch)
    assert taken_task_ids(rabbitmq_app, queue) == _ids(batch)


def test_a_celery_worker_takes_the_messages(rabbitmq_app: Celery, publisher: RabbitMQPublisher, queue: str) -> None:
    taken: list[tuple[str, ...]] = []

    @rabbitmq_app.task(name=SALE.task, bind=True, shared=False)  # type: ignore[untyped-decorator]
    def process_sale(task: Any, invoice: str, shop: str) -> None:
        taken.append((task.request.id, invoice, shop))

    declare(rabbitmq_app, queue)
    dispatch = a_dispatch(0, queue=queue, args=json.dumps(["HĐ-1", "Nhà thuốc Đức An"]))
    _publish(publisher, [dispatch])
    with start_worker(rabbitmq_app, pool="solo", queues=queue, perform_ping_check=False, shutdown_timeout=30):
        wait_until(lambda: bool(taken), message="the worker took nothing")
    assert taken == [(dispatch.id, "HĐ-1", "Nhà thuốc Đức An")]
