"""Which of kombu's transport options a person may set: in RELAY_BROKER_OPTIONS, or behind the `?` of BROKER_URL.

Sources: kombu 5.7, `from_transport_options` of the Redis and Sentinel channels, `_extract_failover_opts` of its
Connection; py-amqp 5.4, `amqp.Connection`. An unknown name is refused: kombu would ignore it, and a misspelt prefix
puts documents where no worker looks.
"""

from __future__ import annotations

import inspect
import json
import socket
from collections.abc import Collection, Mapping
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any

import amqp
from kombu.transport import redis as kombu_redis

from common.config import SettingsError

LONGEST_TIMEOUT = 60.0
"""Seconds; of a URL's own socket timeouts and heartbeat."""

_RETRIES = "relay tries again by itself, with jitter and an end"
_TIMEOUTS = "every wait of relay's has a limit"
_IN_THE_URL = "it belongs into BROKER_URL"
RESERVED: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("max_retries", "interval_start", "interval_step", "interval_max"), _RETRIES),
        **dict.fromkeys(("connect_retries_timeout", "retry_on_timeout", "errback", "callback"), _RETRIES),
        **dict.fromkeys(("socket_timeout", "socket_connect_timeout"), _TIMEOUTS),
        **dict.fromkeys(("connect_timeout", "read_timeout", "write_timeout"), _TIMEOUTS),
        "health_check_interval": "a connection that went silent has to be noticed",
        "heartbeat": "relay's workers have one of their own",
        **dict.fromkeys(
            ("unacked_key", "unacked_index_key", "unacked_mutex_key"), "relay's workers keep their ticks in hand apart"
        ),
        "confirm_publish": "relay has whole batches confirmed, and always",
        **dict.fromkeys(("host", "userid", "password", "virtual_host", "login_response"), _IN_THE_URL),
    }
)
"""What correctness needs, and why it cannot be set."""
BOUNDED = ("socket_timeout", "socket_connect_timeout")
"""For these the URL's value is accepted, up to a limit: the URL may be the worker services' own."""
OF_THE_CONNECTION = ("heartbeat", "login_method")
"""What kombu itself reads from the query of an amqp:// URL. It has a `connect_timeout` too, and hands it on as a text,
with which py-amqp cannot connect (kombu 5.7, `Connection._init_params`)."""
_LOGINS = ("PLAIN", "AMQPLAIN", "EXTERNAL", "GSSAPI")
"""py-amqp 5.4, `Connection.__init__`."""

_WORKERS = {"reauth_check_interval", "polling_interval"}
REDIS = frozenset(kombu_redis.Channel.from_transport_options) | _WORKERS | {"ssl"}
SENTINEL = frozenset(kombu_redis.SentinelChannel.from_transport_options) | _WORKERS | {"ssl"}
_CALLABLES = {"self", "kwargs", "authentication", "on_open", "on_blocked", "on_unblocked", "on_tune_ok"}
_CALLABLES |= {"frame_handler", "frame_writer"}
RABBITMQ = frozenset(inspect.signature(amqp.Connection.__init__).parameters) - _CALLABLES

SOCKET_OPTIONS = {"socket_settings", "socket_keepalive_options"}
OBJECTS = SOCKET_OPTIONS | {"sentinel_kwargs", "client_properties"}
TEXTS = {"global_keyprefix", "sep", "client_name", "master_name", "queue_order_strategy"}
TEXTS |= {"login_method", "locale"}


def check_options(given: Mapping[str, Any], known: Collection[str]) -> None:
    """Raise SettingsError, with a line for each option that cannot be set. No line shows a value."""
    problems = [
        problem for name, value in given.items() if (problem := _problem(name, value, known, "RELAY_BROKER_OPTIONS"))
    ]
    if problems:
        raise SettingsError("\n".join(problems))


def check_for_kombu(name: str, text: str) -> None:
    """Raise SettingsError, which does not show it, where what kombu reads by itself would be a defect to it."""
    # guard: kombus-own-checked
    if name == "login_method" and text not in _LOGINS:
        raise SettingsError(f"BROKER_URL: login_method must be one of {', '.join(_LOGINS)}")
    # guard: heartbeat-is-a-number
    if name == "heartbeat" and not (_is_number(_value(text)) and 0 < _value(text) <= LONGEST_TIMEOUT):
        raise SettingsError(f"BROKER_URL: heartbeat must be a number of seconds above 0, {LONGEST_TIMEOUT:g} at most")


def option_in_url(name: str, text: str, known: Collection[str]) -> Any:
    """The value of an option that stands in BROKER_URL's query. Raises SettingsError, which does not show it."""
    value: Any = text if name in TEXTS else _value(text)
    if name in BOUNDED and name in known:
        if _is_number(value) and 0 < value <= LONGEST_TIMEOUT:
            return value
        raise SettingsError(f"BROKER_URL: {name} must be a number of seconds above 0, {LONGEST_TIMEOUT:g} at most")
    if problem := _problem(name, value, known, "BROKER_URL"):
        raise SettingsError(problem)
    return value


def _problem(name: str, value: Any, known: Collection[str], where: str) -> str | None:
    if name in RESERVED:
        return f"{where}: {name} cannot be set: {RESERVED[name]}; leave it out"
    # guard: known-options
    if name not in known:
        near = get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(sorted(set(known) - set(RESERVED)))}"
        return f"{where}: this broker has no option {name}; {hint}"
    if (wanted := _wanted(name, value)) is not None:
        return f"{where}: {name} must be {wanted}"
    return None


def _wanted(name: str, value: Any) -> str | None:
    """What the value should be; None when it is fine. What is not checked here, kombu checks."""
    if name in TEXTS and not (isinstance(value, str) and (value or name != "sep")):
        return "a text" if name != "sep" else "a text that is not empty"
    if name == "priority_steps" and not (isinstance(value, list) and value and all(map(_is_whole, value))):
        return "a list of whole numbers"
    if name == "visibility_timeout" and not (_is_number(value) and value > 0):
        return "a number of seconds above 0"
    if name in OBJECTS and not isinstance(value, dict):
        return "an object"
    if name in SOCKET_OPTIONS and not all(_is_whole(one) for one in value.values()):
        return "an object of whole numbers"
    return None


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _value(text: str) -> Any:
    """A number, a truth value or a list where the text is one in JSON; otherwise the text."""
    try:
        return json.loads(text.lower() if text in ("True", "False", "None") else text)
    except ValueError:
        return text


def with_numbered_keys(value: Mapping[str, int]) -> Mapping[int, int]:
    """Socket options are known by numbers, and JSON has only texts for names. Raises SettingsError."""
    return {_number_of(name): one for name, one in value.items()}


def _number_of(name: str) -> int:
    number = int(name) if name.isdecimal() else getattr(socket, name, None)
    if not isinstance(number, int):
        raise SettingsError(
            f"RELAY_BROKER_OPTIONS: {name} is no option of a socket: write its name, as TCP_KEEPIDLE, or its number"
        )
    return number
