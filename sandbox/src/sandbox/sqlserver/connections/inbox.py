"""The thread that reads what the client sends, so that it can interrupt a statement that runs."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable

from sandbox.sqlserver.connections.cancellation import Cancellation
from sandbox.sqlserver.wire.packets import Message, PacketStatus, PacketType, read_packet
from sandbox.sqlserver.wire.streams import ClientGoneError, ProtocolError, Stream

LARGEST_MESSAGE = 256 * 1024 * 1024
"""Bytes. Microsoft's driver sends one array of fast_executemany as one message."""
_MOST_WAITING = 4
"""A client waits for each answer; an attention may follow its request at once."""

_log = logging.getLogger(__name__)


class Inbox:
    """Whole messages, in order. An attention cancels the running statement before it is taken out."""

    def __init__(self, stream: Stream, hang_up: Callable[[], None], cancellation: Cancellation) -> None:
        self._stream = stream
        self._hang_up = hang_up
        self._cancellation = cancellation
        self._messages: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._read, name="tds-reader", daemon=True)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def join(self) -> None:
        """Wait until the thread is gone. The connection has to be closed."""
        self._thread.join()

    def take(self) -> Message | None:
        """Wait for the next message; None: there will be no more."""
        return self._messages.get()

    def _read(self) -> None:
        try:
            while True:
                message = self._next()
                if message.type is PacketType.ATTENTION:
                    self._cancellation.request()
                self._messages.put(message)
                if message.type is PacketType.ATTENTION:
                    self._cancellation.enforce()
                if self._messages.qsize() > _MOST_WAITING:
                    raise ProtocolError("the client does not wait for answers")
        except ClientGoneError:
            pass
        except ProtocolError as error:
            _log.warning("hanging up on a client: %s", error)
        except Exception:
            _log.exception("reading from a client failed")
        finally:
            # Closed first: it wakes the other thread where it waits for the client to read.
            self._hang_up()
            self._cancellation.request()
            self._messages.put(None)
            self._cancellation.enforce()

    def _next(self) -> Message:
        """The next message; an attention replaces the unfinished one that it interrupts."""
        payload = bytearray()
        status = PacketStatus(0)
        while True:
            packet = read_packet(self._stream)
            if packet.type is PacketType.ATTENTION:
                return Message(type=packet.type, status=packet.status, payload=b"")
            status |= packet.status
            payload += packet.payload
            if len(payload) > LARGEST_MESSAGE:
                raise ProtocolError(f"a message of more than {LARGEST_MESSAGE} bytes")
            if packet.status & PacketStatus.END_OF_MESSAGE:
                return Message(type=packet.type, status=status, payload=bytes(payload))
