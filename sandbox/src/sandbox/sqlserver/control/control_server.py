"""The socket of the control call."""

from __future__ import annotations

import json
import logging
import socketserver
import threading

from sandbox.sqlserver.control.commands import Commands, RefusedError

HOST = "127.0.0.1"
"""Never anything else: whoever reaches it may do everything."""
LONGEST_LINE = 65536

_log = logging.getLogger(__name__)


class ControlServer:
    """Takes commands; one after another, whoever sends them. `port` 0 takes a free one."""

    def __init__(self, commands: Commands, *, port: int = 0) -> None:
        self._server = _Server(commands, port)
        self._thread = threading.Thread(target=self._server.serve_forever, name="control", daemon=True)

    @property
    def port(self) -> int:
        """The port that is listened on."""
        return int(self._server.server_address[1])

    def start(self) -> None:
        """Take commands from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Take no more commands."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, commands: Commands, port: int) -> None:
        self.commands = commands
        self.one_at_a_time = threading.Lock()
        super().__init__((HOST, port), _Handler)


class _Handler(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        # Nothing but commands: a web page that posts here has its first line refused, and no second one read.
        while (line := self.rfile.readline(LONGEST_LINE)).startswith(b"{"):
            self.wfile.write(json.dumps(self._answer(line)).encode() + b"\n")

    def _answer(self, line: bytes) -> dict[str, object]:
        try:
            with self.server.one_at_a_time:
                return {"result": self.server.commands.run(line)}
        except RefusedError as error:
            return {"error": str(error)}
        except Exception as error:
            _log.exception("a command broke the stand-in")
            return {"error": f"sandbox failed: {type(error).__name__}: {error}; its log has the traceback"}
