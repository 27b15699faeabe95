"""Relay's workers consume relay's queue, and no other."""

from __future__ import annotations

from typing import Any

import pytest
from celery import Celery, signals
from celery.worker.control import Panel
from kombu.entity import Queue

from relay.sources.reserved import OWN_QUEUE
from relay.worker.own_queue import consume_own_queue_only


@pytest.fixture(autouse=True)
def panel(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The control commands of this process, set back at the end."""
    monkeypatch.setitem(Panel.data, "add_consumer", Panel.data["add_consumer"])
    return Panel.data


@pytest.fixture
def app() -> Celery:
    app = Celery("own", set_as_current=False)
    app.conf.update(task_queues=[Queue(OWN_QUEUE)], task_default_queue=OWN_QUEUE)
    consume_own_queue_only(app)
    return app


class Starting:
    """A worker, as far as the signal's receivers look at it."""

    def __init__(self, app: Celery) -> None:
        self.app = app


def _start(app: Celery, *, consumes: list[str] | None = None, leaves_out: list[str] | None = None) -> None:
    """As Celery's worker does it: -Q, then -X, then the signal."""
    app.amqp.queues.select(consumes)
    app.amqp.queues.deselect(leaves_out)
    signals.worker_init.send(sender=Starting(app))


@pytest.mark.parametrize("consumes", [None, [OWN_QUEUE]])
def test_its_own_queue_it_may_consume(app: Celery, consumes: list[str] | None) -> None:
    _start(app, consumes=consumes)


@pytest.mark.parametrize(
    ("consumes", "leaves_out", "told"),
    [
        ([OWN_QUEUE, "sale_queue"], None, "relay, sale_queue"),
        (["sale_queue"], None, "sale_queue"),
        (None, [OWN_QUEUE], "no queue"),
    ],
)
def test_with_any_other_it_ends_with_a_line(
    app: Celery,
    consumes: list[str] | None,
    leaves_out: list[str] | None,
    told: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as ended:
        _start(app, consumes=consumes, leaves_out=leaves_out)
    assert ended.value.code == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith(f"relay: this worker was told to consume {told}: ")


def test_nobody_adds_a_queue_to_a_worker_that_runs(app: Celery, panel: Any) -> None:
    _start(app)
    assert "error" in panel["add_consumer"](None, queue="sale_queue")


def test_the_workers_of_another_app_are_none_of_its_business(app: Celery, panel: Any) -> None:
    other = Celery("service", set_as_current=False)
    other.conf.task_queues = [Queue("sale_queue")]
    before = panel["add_consumer"]
    signals.worker_init.send(sender=Starting(other))
    assert panel["add_consumer"] is before
