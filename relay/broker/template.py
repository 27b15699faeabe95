"""A task message as a template: kombu's own rendering, cut at the fields that differ from dispatch to dispatch.

Filling the gaps costs a fraction of rendering a message (docs/benchmarks.md). What comes out is compared with kombu's
message, field by field, before a template is used.
"""

from __future__ import annotations

import base64
import itertools
import json
import re
import uuid
from binascii import b2a_base64
from collections.abc import Sequence
from dataclasses import replace
from json.encoder import encode_basestring_ascii as quoted
from operator import itemgetter
from typing import Any, Protocol

from kombu.utils import json as kombu_json

from common.database.records import Outgoing
from relay.broker.message import RedisMessage

ARGS = "relay-template-args"
AWKWARD = (
    "[]",
    '["HD-1", "NT-01"]',
    "[7, 9007199254740993, 1.5, true, null, -1e+30]",
    kombu_json.dumps(["Nh\u00e0 thu\u1ed1c", "it's", 'say "x"', "100 % {0} %s", "\\ \n\t\x00", "\U0001f48a", "\u2028"]),
    kombu_json.dumps([uuid.UUID(int=1), {"a": [1, "b"]}, ["nested", []]]),
)
"""Arguments on which a template has to agree with kombu."""


class TemplateError(Exception):
    """Kombu's messages are not as this module knows them."""


class Render(Protocol):
    """Renders a dispatch as kombu would."""

    def __call__(self, dispatch: Outgoing) -> RedisMessage:
        """The list's name and the payload."""


class MessageTemplate:
    """Payloads for one task, queue and priority."""

    def __init__(self, sample: Outgoing, render: Render) -> None:
        """`sample`: any dispatch for that task, queue and priority. Raises TemplateError."""
        marked = render(replace(sample, id=str(uuid.uuid4()), args=json.dumps([ARGS])))
        self.key = marked.key
        text = marked.payload.decode()
        self._make(text)
        self._tag = f"{uuid.uuid4()}-"
        self._numbers = itertools.count()
        self._check(sample, render)

    def payload(self, dispatch: Outgoing) -> bytes:
        """What kombu would push for it."""
        args = dispatch.args
        body = b2a_base64(f"{self._body_head}{args}{self._body_tail}".encode(), newline=False).decode()
        fields = (
            body,
            quoted(dispatch.id),
            _plain_repr(args) if _is_plain(args) else quoted(args_repr(args)),
            f"{self._tag}{next(self._numbers)}",
        )
        return "".join(self._in_order((*fields, *self._fixed))).encode()

    def _make(self, text: str) -> None:
        """Cut a payload at its variable fields."""
        message = json.loads(text)
        body = base64.b64decode(message["body"]).decode()
        self._body_head, self._body_tail = _cut(body, json.dumps([ARGS]))
        fields = [
            message["body"],
            quoted(message["headers"]["id"]),
            quoted(args_repr(json.dumps([ARGS]))),
            message["properties"]["delivery_tag"],
        ]
        parts = re.split(f"({'|'.join(map(re.escape, fields))})", text)
        if set(parts[1::2]) != set(fields):
            raise TemplateError("a field that differs from message to message was not found")
        self._fixed = parts[::2]
        # Where each part is found in (*fields, *fixed).
        places = [fields.index(part) if number % 2 else len(fields) + number // 2 for number, part in enumerate(parts)]
        self._in_order = itemgetter(*places)

    def _check(self, sample: Outgoing, render: Render) -> None:
        for args in AWKWARD:
            dispatch = replace(sample, id=f'{uuid.uuid4()} "%s"', args=args)
            ours, theirs = self.payload(dispatch), render(dispatch)
            if theirs.key != self.key or _fields(ours) != _fields(theirs.payload):
                raise TemplateError(f"for the arguments {args} kombu renders another message")


_VALUE = r"""(?:"[ !#-&(-\[\]-~]*"|-?[0-9]+)"""
_is_plain = re.compile(rf"\[{_VALUE}(?:, {_VALUE})+\]").fullmatch
"""Two values or more, numbers and texts in which nothing is escaped, neither by JSON nor by Python."""


def _plain_repr(args: str) -> str:
    """`quoted(args_repr(args))` for such arguments, without reading them: only the quotes differ."""
    values = args[1:-1].replace('"', "'")
    return f'"({values})"'


def args_repr(args: str) -> str:
    """`argsrepr` of arguments that are kombu's JSON: what a monitor shows."""
    # kombu tells values of other types by an object; what holds none needs no look at its objects.
    values: Sequence[Any] = kombu_json.loads(args) if "{" in args else json.loads(args)
    return repr(tuple(values))


def _cut(text: str, middle: str) -> tuple[str, str]:
    if text.count(middle) != 1:
        raise TemplateError("the arguments do not stand in the body as they are")
    head, _, tail = text.partition(middle)
    return head, tail


def _fields(payload: bytes) -> Any:
    """Everything but the delivery tag, which only has to be different for every message."""
    message = json.loads(payload)
    message["body"] = base64.b64decode(message["body"])
    if not message["properties"].pop("delivery_tag"):
        raise TemplateError("a message without a delivery tag")
    return message
