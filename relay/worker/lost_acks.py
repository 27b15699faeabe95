"""A tick that cannot be acknowledged is the loss of its connection.

Celery logs it and goes on (kombu 5.7, `Message.ack_log_error`). But as many ticks as a worker may have in hand are
then in hand for ever: it asks for no more, reads nothing, and so never learns that its connection is gone.
"""

from __future__ import annotations

import logging

from typing_extensions import override


class LostAcks(logging.Handler):
    """Hears of ticks that could not be acknowledged, or given back."""

    def __init__(self) -> None:
        super().__init__()
        self._heard = False

    @override
    def emit(self, record: logging.LogRecord) -> None:
        if str(record.msg).startswith("Couldn't "):
            self._heard = True

    def check(self) -> None:
        """Raise ConnectionResetError if there was one since the last call: in the worker's loop, that begins a new
        connection."""
        heard, self._heard = self._heard, False
        # guard: lost-ack-is-lost-connection
        if heard:
            raise ConnectionResetError("a tick could not be acknowledged")
