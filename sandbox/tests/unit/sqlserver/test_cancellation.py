from __future__ import annotations

import socket
import threading
from typing import Any, cast

from sandbox.sqlserver.connections.cancellation import Cancellation
from sandbox.sqlserver.connections.inbox import Inbox
from sandbox.sqlserver.wire.packets import PacketType, send_message
from sandbox.sqlserver.wire.streams import SocketStream


class Session:
    """Listens to the second cancel only, as one that was between two statements at the first."""

    def __init__(self) -> None:
        self.cancels = 0
        self.heard = threading.Event()
        self.forgets = 0

    def cancel(self) -> None:
        self.cancels += 1
        if self.cancels > 1:
            self.heard.set()

    def forget_cancel(self) -> None:
        self.forgets += 1


def test_a_cancel_that_comes_too_early_is_repeated() -> None:
    session = Session()
    cancellation = Cancellation(cast(Any, session))
    with cancellation.running():
        enforcer = threading.Thread(target=cancellation.enforce)
        enforcer.start()
        assert session.heard.wait(20)
    enforcer.join(20)
    assert not enforcer.is_alive()


def test_nothing_that_runs_is_not_cancelled() -> None:
    session = Session()
    cancellation = Cancellation(cast(Any, session))
    cancellation.request()
    cancellation.enforce()
    assert session.cancels == 0
    assert cancellation.is_requested()
    cancellation.acknowledge()
    assert not cancellation.is_requested()


def test_a_request_that_was_cancelled_before_it_is_served_is_cancelled_as_it_begins() -> None:
    """An attention may be read while the request before it still waits to be taken."""
    session = Session()
    cancellation = Cancellation(cast(Any, session))
    cancellation.request()
    cancellation.enforce()
    with cancellation.running():
        assert session.cancels == 1
    cancellation.acknowledge()
    with cancellation.running():
        assert session.cancels == 1


def test_a_request_is_cancelled_whose_client_was_gone_before_it_was_served() -> None:
    """Nobody would end it otherwise: it may wait for a lock as long as it likes."""
    near, far = socket.socketpair()
    session = Session()
    cancellation = Cancellation(cast(Any, session))
    inbox = Inbox(SocketStream(near), near.close, cancellation)
    with far:
        send_message(SocketStream(far), PacketType.BATCH, b"")
    inbox.start()
    inbox.join()
    message = inbox.take()
    assert message is not None
    assert message.type is PacketType.BATCH
    with cancellation.running():
        assert session.cancels == 1
    assert inbox.take() is None


def test_the_session_forgets_a_cancel_when_its_request_is_over() -> None:
    session = Session()
    cancellation = Cancellation(cast(Any, session))
    with cancellation.running():
        assert session.forgets == 0
    assert session.forgets == 1
    cancellation.enforce()
    assert session.cancels == 0
