"""RabbitMQ's errors: which pass by themselves, and what fixes the others.

Codes: AMQP 0-9-1, "Reply codes"; RabbitMQ, "Channels", "Consumer Acknowledgements and Publisher Confirms".
"""

from __future__ import annotations

from amqp import exceptions as amqp_errors
from kombu.exceptions import OperationalError

from common.error_text import one_line

_USER = "the user was refused: check user, password, virtual host and rights in BROKER_URL"
_VIRTUAL_HOST = "it does not let relay into this virtual host: check what stands behind the last / of BROKER_URL"
_PRECONDITION = "a message is larger than its max_message_size, or the queue is not what it was declared as"


class NotConfirmedError(OperationalError):
    """Messages were sent, and nobody knows whether they are in the queue. It passes: they are sent again."""


class QueueRefusesError(NotConfirmedError):
    """The queue exists and takes nothing more."""


class BlockedError(OperationalError):
    """RabbitMQ takes nothing at present, from nobody. Nothing was sent."""


_TRANSIENT = (
    amqp_errors.RecoverableConnectionError,
    amqp_errors.RecoverableChannelError,
    amqp_errors.InternalError,
)


def is_transient(error: amqp_errors.AMQPError) -> bool:
    """Whether the same call may well succeed a moment later."""
    return isinstance(error, _TRANSIENT)


def remedy(error: BaseException) -> str | None:
    """What a person can do about it; None when this module does not know."""
    match error:
        case QueueRefusesError():
            return str(error)
        case amqp_errors.AccessRefused():
            return f"{_USER} ({_text(error)})"
        case amqp_errors.NotAllowed() | amqp_errors.InvalidPath():
            return f"{_VIRTUAL_HOST} ({_text(error)})"
        case amqp_errors.PreconditionFailed() | amqp_errors.ContentTooLarge():
            return f"{_PRECONDITION} ({_text(error)})"
    return None


def _text(error: amqp_errors.AMQPError) -> str:
    """RabbitMQ's own words; they name users, queues and hosts, and no password."""
    return one_line(error.reply_text or error, 300)
