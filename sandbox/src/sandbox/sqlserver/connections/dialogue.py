"""Requests and replies, once a client is logged in."""

from __future__ import annotations

from collections.abc import Callable

from sandbox.sqlserver.connections.answer import Answer, CancelledByClientError
from sandbox.sqlserver.connections.cancellation import Cancellation
from sandbox.sqlserver.connections.client_view import ClientView
from sandbox.sqlserver.connections.handshake import Admission
from sandbox.sqlserver.connections.inbox import Inbox
from sandbox.sqlserver.connections.procedures import Procedures
from sandbox.sqlserver.contract import SqlError
from sandbox.sqlserver.wire import tokens
from sandbox.sqlserver.wire.packets import Message, MessageWriter, PacketStatus, PacketType
from sandbox.sqlserver.wire.requests import TransactionRequest, parse_batch, parse_transaction
from sandbox.sqlserver.wire.rpc import parse_calls
from sandbox.sqlserver.wire.streams import ProtocolError
from sandbox.sqlserver.wire.tokens import Done, DoneStatus, Environment

_RESETS = PacketStatus.RESET_CONNECTION | PacketStatus.RESET_CONNECTION_KEEP_TRANSACTION


class Dialogue:
    """Answers one request after the other with the client's session, which it closes at the end."""

    def __init__(self, admission: Admission, hang_up: Callable[[], None]) -> None:
        self._stream = admission.stream
        self._packet_size = admission.packet_size
        self._hang_up = hang_up
        self._session = admission.session
        self._view = ClientView(self._session)
        self._procedures = Procedures(self._session)
        self._cancellation = Cancellation(self._session)
        self._inbox = Inbox(self._stream, hang_up, self._cancellation)

    def run(self) -> None:
        """Answer until the client is gone. Raises ClientGoneError and ProtocolError."""
        self._inbox.start()
        try:
            while (message := self._inbox.take()) is not None:
                self._answer(message)
        finally:
            self._hang_up()
            self._inbox.join()
            self._session.close()

    def _answer(self, message: Message) -> None:
        reply = MessageWriter(self._stream, packet_size=self._packet_size)
        if message.type is PacketType.ATTENTION:
            self._cancellation.acknowledge()
            reply.write(tokens.done(Done.BATCH, DoneStatus.ATTENTION))
        elif message.status & PacketStatus.IGNORE:
            reply.write(tokens.done(Done.BATCH, DoneStatus.ERROR))
        else:
            with self._cancellation.running():
                self._work(message, reply)
        reply.finish()

    def _work(self, message: Message, reply: MessageWriter) -> None:
        if message.status & _RESETS:
            self._reset(message, reply)
        answer = Answer(
            session=self._session,
            view=self._view,
            response=reply,
            is_cancelled=self._cancellation.is_requested,
        )
        try:
            self._serve(message, answer)
        except SqlError as failure:
            answer.refusal(failure)
        except CancelledByClientError:
            # Without this Microsoft's driver takes the cancel for a success. The attention has a reply of its own.
            answer.tell_news()
            answer.write(tokens.done(Done.BATCH, DoneStatus.ERROR))

    def _serve(self, message: Message, answer: Answer) -> None:
        if message.type is PacketType.BATCH:
            answer.batch(self._session.execute(parse_batch(message.payload), {}))
        elif message.type is PacketType.RPC:
            self._call(message.payload, answer)
        elif message.type is PacketType.TRANSACTION:
            self._transaction(message.payload, answer)
        elif message.type is PacketType.BULK_LOAD:
            raise SqlError(40000, "sandbox does not support: bulk load")
        else:
            raise ProtocolError(f"{message.type.name} after the login")

    def _call(self, payload: bytes, answer: Answer) -> None:
        """Run the procedures of a message.

        One that fails does not keep the next from running, unless the transaction went with it: what follows would
        then commit bit by bit.
        """
        for call in parse_calls(payload):
            before = self._session.descriptor
            self._procedures.run(call, answer)
            aborted = before not in (0, self._session.descriptor) and self._session.rolled_back
            if aborted and not call.is_last:
                answer.cut_short()
                return

    def _transaction(self, payload: bytes, answer: Answer) -> None:
        wanted = parse_transaction(payload)
        if wanted.request == TransactionRequest.BEGIN:
            self._session.begin(wanted.isolation)
        elif wanted.request == TransactionRequest.COMMIT:
            self._session.commit()
        elif wanted.request == TransactionRequest.ROLLBACK:
            self._session.rollback()
        else:
            raise SqlError(40000, f"sandbox does not support: transaction manager request {wanted.request}")
        if wanted.begins_next:
            answer.tell_news()
            self._session.begin(wanted.isolation)
        answer.done()

    def _reset(self, message: Message, reply: MessageWriter) -> None:
        """Back to the state after the login, before the request that asked for it is served."""
        if message.status & PacketStatus.RESET_CONNECTION_KEEP_TRANSACTION and self._session.descriptor:
            raise ProtocolError("a reset that keeps the transaction is not supported")
        self._session.reset()
        self._procedures.forget()
        reply.write(self._view.news() + tokens.environment_bytes(Environment.RESET_DONE))
