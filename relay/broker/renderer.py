"""Which way a dispatch is rendered: by a template, or by kombu where there is none."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from operator import attrgetter

from celery import Celery
from kombu.messaging import Producer

from common.database.records import Outgoing
from common.error_text import error_text
from common.logging import get_logger
from relay.broker.message import render_for_redis
from relay.broker.template import MessageTemplate, TemplateError

Kind = tuple[str, str, int]
_kind = attrgetter("task", "queue", "priority")
_window = attrgetter("window")
"""All that a window holds goes into the same list."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rendered:
    """Dispatches for the same list, in order, with what kombu would push."""

    key: str
    """The list's name, without `global_keyprefix`."""
    dispatches: Sequence[Outgoing]
    payloads: Sequence[bytes]
    """One for each; empty where no message is to be pushed."""


class Renderer:
    """Renders dispatches for Redis; makes a template for each task, queue and priority that it meets."""

    def __init__(self, app: Celery, *, signals: bool) -> None:
        """`signals`: tell whoever listens to Celery's signals and events of each message."""
        self._app = app
        self._signals = signals
        self._templates: dict[Kind, MessageTemplate | None] = {}

    def render(
        self, producer: Producer, batches: Iterable[Sequence[Outgoing]], skip_message: Collection[str] = ()
    ) -> Iterator[Rendered]:
        """The dispatches in order, rendered batch by batch; what a batch holds of another window is a run of its own.

        `skip_message`: ids of those that get an empty payload.
        """
        for batch in batches:
            for _, run in groupby(batch, key=_window):
                yield self._run(producer, list(run), skip_message)

    def _run(self, producer: Producer, dispatches: Sequence[Outgoing], skip_message: Collection[str]) -> Rendered:
        key, payload_of = self._way(producer, dispatches[0])
        if skip_message:
            payloads = [b"" if dispatch.id in skip_message else payload_of(dispatch) for dispatch in dispatches]
        else:
            payloads = [payload_of(dispatch) for dispatch in dispatches]
        return Rendered(key=key, dispatches=dispatches, payloads=payloads)

    def _way(self, producer: Producer, sample: Outgoing) -> tuple[str, Callable[[Outgoing], bytes]]:
        """The list of this kind of dispatch, and what renders it."""
        kind = _kind(sample.window)
        if not self._signals and kind not in self._templates:
            self._templates[kind] = self._template(producer, sample)
        template = self._templates.get(kind)
        if template is not None:
            return template.key, template.payload
        key = render_for_redis(self._app, producer, sample).key

        def payload(dispatch: Outgoing) -> bytes:
            return render_for_redis(self._app, producer, dispatch, signals=self._signals).payload

        return key, payload

    def _template(self, producer: Producer, sample: Outgoing) -> MessageTemplate | None:
        try:
            return MessageTemplate(sample, partial(render_for_redis, self._app, producer))
        except (TemplateError, ValueError, KeyError, TypeError) as error:
            get_logger("relay").warning(
                "no_template",
                task=sample.window.task,
                error=error_text(error),
                effect="messages are rendered one by one by kombu, which takes longer",
            )
            return None
