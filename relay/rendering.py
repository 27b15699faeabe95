"""Which way a dispatch is rendered: by a template, or by kombu where there is none."""

from __future__ import annotations

from functools import partial

from celery import Celery
from kombu.messaging import Producer

from common.database.records import Dispatch
from common.logs import get_logger
from relay.message import RedisMessage, render_for_redis
from relay.template import MessageTemplate, TemplateError


class Renderer:
    """Renders dispatches for Redis; makes a template for each task, queue and priority that it meets."""

    def __init__(self, app: Celery, *, signals: bool) -> None:
        """`signals`: tell whoever listens to Celery's signals and events of each message."""
        self._app = app
        self._signals = signals
        self._templates: dict[tuple[str, str, int], MessageTemplate | None] = {}

    def render(self, producer: Producer, dispatch: Dispatch) -> RedisMessage:
        """The list and the payload that kombu would push."""
        if self._signals:
            return render_for_redis(self._app, producer, dispatch, signals=True)
        kind = (dispatch.task, dispatch.queue, dispatch.priority)
        if kind not in self._templates:
            self._templates[kind] = self._template(producer, dispatch)
        template = self._templates[kind]
        if template is None:
            return render_for_redis(self._app, producer, dispatch)
        return RedisMessage(key=template.key, payload=template.payload(dispatch))

    def _template(self, producer: Producer, sample: Dispatch) -> MessageTemplate | None:
        try:
            return MessageTemplate(sample, partial(render_for_redis, self._app, producer))
        except (TemplateError, ValueError, KeyError, TypeError) as error:
            get_logger("relay").warning(
                "no_template",
                task=sample.task,
                reason=str(error),
                effect="messages are rendered one by one by kombu, which takes longer",
            )
            return None
