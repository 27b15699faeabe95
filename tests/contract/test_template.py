"""A payload from a template is kombu's message, field by field, whatever it holds."""

from __future__ import annotations

import base64
import datetime as dt
import json
import uuid
from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from celery import Celery
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kombu.utils import json as kombu_json
from structlog.testing import capture_logs

from common.database.records import NOWHERE, Outgoing
from relay.broker import renderer
from relay.broker.message import RedisMessage, render_args, render_for_redis
from relay.broker.redis_publisher import RedisPublisher
from relay.broker.template import MessageTemplate, Render, TemplateError
from relay.sources.builtin import SALE
from tests.support.queues import messages_in_redis
from tests.support.samples import a_dispatch

values = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.integers(),
    st.booleans(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.uuids(),
    st.dates(),
    st.datetimes(),
    st.times(),
    st.binary(max_size=20),
)


@pytest.fixture
def kombu(celery_app: Celery) -> Iterator[Render]:
    with celery_app.producer_or_acquire() as producer:
        yield partial(render_for_redis, celery_app, producer)


@given(args=st.lists(values, max_size=4), task_id=st.uuids())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, derandomize=True)
def test_it_is_kombus_message(kombu: Render, args: list[Any], task_id: uuid.UUID) -> None:
    template = _template(kombu)
    dispatch = a_dispatch(0, id=str(task_id), args=render_args(tuple(args)))
    ours, theirs = template.payload(dispatch), kombu(dispatch)
    assert template.key == theirs.key
    assert _comparable(ours) == _comparable(theirs.payload)


almost_plain = st.one_of(st.text(st.sampled_from("ab '\"\\[](){},:%~\x7f \x00é"), max_size=6), st.integers(-3, 10**20))


@given(args=st.lists(almost_plain, max_size=4))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, derandomize=True)
def test_what_monitors_show_is_pythons_repr(kombu: Render, args: list[Any]) -> None:
    payload = _template(kombu).payload(a_dispatch(0, args=render_args(tuple(args))))
    assert json.loads(payload)["headers"]["argsrepr"] == repr(tuple(args))


@given(args=st.lists(values, max_size=4))
@settings(deadline=None, derandomize=True)
def test_arguments_are_rendered_as_kombu_does(args: list[Any]) -> None:
    assert render_args(tuple(args)) == kombu_json.dumps(args)


_templates: dict[int, MessageTemplate] = {}


def _template(kombu: Render) -> MessageTemplate:
    if id(kombu) not in _templates:
        _templates[id(kombu)] = MessageTemplate(a_dispatch(0), kombu)
    return _templates[id(kombu)]


@pytest.mark.parametrize(
    "value",
    [uuid.UUID(int=5), Decimal("12.50"), dt.datetime(2026, 3, 1, 12, 30), dt.date(2026, 3, 1), 2**70, b"\x01\xff"],
    ids=lambda value: type(value).__name__,
)
def test_values_that_need_kombus_json_come_out_as_send_task_sends_them(celery_app: Celery, value: Any) -> None:
    dispatch = a_dispatch(0, args=render_args(("HD-1", value)))
    publisher = RedisPublisher(celery_app, namespace="relay")
    publisher.publish(SALE, after=NOWHERE, dispatches=[dispatch])
    publisher.close()
    celery_app.send_task(SALE.task, args=("HD-1", value), task_id=dispatch.id, queue=SALE.queue)
    ours, theirs = messages_in_redis(celery_app, SALE.queue)
    assert ours["body"] == theirs["body"]


def test_every_delivery_tag_is_another(kombu: Render) -> None:
    template = MessageTemplate(a_dispatch(0), kombu)
    payloads = [template.payload(a_dispatch(0)) for _ in range(1000)]
    assert len({json.loads(payload)["properties"]["delivery_tag"] for payload in payloads}) == 1000


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"lang": "py"', b'"lang": "py", "id_again": "%s"'),
        (b'"delivery_tag"', b'"delivery_label"'),
        (b'"root_id"', b'"root_id_of": {"x": 1}, "root_id"'),
    ],
    ids=["another field with the id", "a field less", "a field that changes"],
)
def test_a_kombu_that_renders_otherwise_is_noticed(kombu: Render, old: bytes, new: bytes) -> None:
    count = iter(range(1000))

    def otherwise(dispatch: Outgoing) -> RedisMessage:
        message = kombu(dispatch)
        changed = new.replace(b"%s", dispatch.id.encode().hex().encode()).replace(b": 1", b": %d" % next(count))
        return message._replace(payload=message.payload.replace(old, changed))

    with pytest.raises((TemplateError, KeyError)):
        MessageTemplate(a_dispatch(0), otherwise)


def test_without_a_template_kombu_renders_and_one_warning_says_so(
    celery_app: Celery, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise TemplateError("not as it was")

    monkeypatch.setattr(renderer, "MessageTemplate", refuse)
    publisher = RedisPublisher(celery_app, namespace="relay")
    dispatches = [a_dispatch(seq) for seq in range(3)]
    with capture_logs() as said:
        publisher.publish(SALE, after=NOWHERE, dispatches=dispatches)
    publisher.close()
    assert [(line["event"], line["error"]) for line in said] == [("no_template", "TemplateError: not as it was")]
    assert len(messages_in_redis(celery_app, SALE.queue)) == 3


def test_who_listens_to_signals_hears_of_each_message_and_may_add_headers(celery_app: Celery) -> None:
    from celery import signals

    heard: list[tuple[str, str]] = []

    def before(sender: str, headers: dict[str, Any], **_: Any) -> None:
        headers["traceparent"] = "00-trace"
        heard.append(("before", headers["id"]))

    def after(sender: str, headers: dict[str, Any], **_: Any) -> None:
        heard.append(("after", headers["id"]))

    publisher = RedisPublisher(celery_app, namespace="relay", signals=True)
    signals.before_task_publish.connect(before, weak=False)
    signals.after_task_publish.connect(after, weak=False)
    try:
        publisher.publish(SALE, after=NOWHERE, dispatches=[a_dispatch(0)])
    finally:
        signals.before_task_publish.disconnect(before)
        signals.after_task_publish.disconnect(after)
        publisher.close()
    [message] = messages_in_redis(celery_app, SALE.queue)
    assert message["headers"]["traceparent"] == "00-trace"
    assert heard == [("before", "epoch-1-0"), ("after", "epoch-1-0")]


def _comparable(payload: bytes) -> Any:
    message = json.loads(payload)
    message["body"] = base64.b64decode(message["body"]).decode()
    message["properties"].pop("delivery_tag")
    return message
