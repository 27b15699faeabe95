"""A rabbitmq-server of the tests' own, beside the machine's service if it has one: killed, paused, started again."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sandbox import services
from sandbox.processes import Child
from sandbox.services import HOST, Place
from sandbox.waiting import wait_until

READY_SECONDS = 60.0
READY = "Server startup complete"


def program() -> str:
    """The server's script. Debian's /usr/sbin/rabbitmq-server would start the machine's service. Where it is not
    installed the test is skipped; in CI it fails."""
    found = shutil.which("rabbitmq-server", path=f"/usr/lib/rabbitmq/bin{os.pathsep}{os.environ.get('PATH', '')}")
    if found is None or shutil.which("epmd") is None:
        missing = "RabbitMQ is not installed: sudo apt-get install rabbitmq-server"
        if os.environ.get("CI"):
            pytest.fail(missing, pytrace=False)
        pytest.skip(missing)
    return found


class RabbitMQProcess:
    """One server with a node name, ports and folders of its own, all on 127.0.0.1."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self._program = program()
        self._place = Place(folder=folder, environment=dict(os.environ), durable=True)
        self.port = services.free_port()
        names = services.free_port()
        self._environment = _environment(folder, port=self.port, names=names)
        # Erlang's directory of nodes, which would otherwise be started as a daemon, and stay.
        self._directory = self._place.start("epmd", ["epmd", "-address", HOST, "-port", str(names)])
        self._child = self._start()

    @property
    def url(self) -> str:
        """Celery's URL for it."""
        return f"amqp://guest:guest@{HOST}:{self.port}//"

    def pause(self) -> None:
        """SIGSTOP: it takes what fits into its sockets, and answers nothing."""
        os.kill(self._child.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        """SIGCONT."""
        os.kill(self._child.pid, signal.SIGCONT)

    def kill(self) -> None:
        """kill -9, also while it is paused."""
        self._child.kill_group()

    def start(self) -> None:
        """Start it again on its data."""
        self._child = self._start()

    @contextmanager
    def low_on_memory(self) -> Iterator[None]:
        """Within the block it has a memory alarm, and takes no message from anybody."""
        self._control("set_vm_memory_high_watermark", "0.0000001")
        try:
            yield
        finally:
            self._control("set_vm_memory_high_watermark", "0.4")

    def _control(self, *command: str) -> None:
        program = Path(self._program).with_name("rabbitmqctl")
        subprocess.run([program, *command], env={**os.environ, **self._environment}, check=True, capture_output=True)

    def stop(self) -> None:
        """Kill it, and Erlang's directory of nodes: nobody needs its data any more."""
        self._child.kill_group()
        self._directory.kill_group()

    def _start(self) -> Child:
        child = self._place.start("rabbitmq", [self._program], **self._environment)
        try:
            wait_until(
                lambda: READY in child.log.read_text(errors="replace") or child.exit_code is not None,
                timeout=READY_SECONDS,
            )
            child.check()
        except BaseException:
            child.kill_group()
            self._directory.kill_group()
            raise
        return child


def _environment(folder: Path, *, port: int, names: int) -> dict[str, str]:
    """RabbitMQ, "Configuration": files that are not there keep /etc/rabbitmq out of it."""
    absent = str(folder / "none")
    return {
        "HOME": str(folder),
        "ERL_EPMD_ADDRESS": HOST,
        "ERL_EPMD_PORT": str(names),
        "ERL_CRASH_DUMP": os.devnull,
        "RABBITMQ_NODENAME": f"relay_{port}@localhost",
        "RABBITMQ_NODE_IP_ADDRESS": HOST,
        "RABBITMQ_NODE_PORT": str(port),
        "RABBITMQ_DIST_PORT": str(services.free_port()),
        "RABBITMQ_MNESIA_BASE": str(folder / "data"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_LOGS": "-",
        "RABBITMQ_CONF_ENV_FILE": absent,
        "RABBITMQ_CONFIG_FILE": absent,
        "RABBITMQ_ADVANCED_CONFIG_FILE": absent,
        "RABBITMQ_ENABLED_PLUGINS_FILE": absent,
        "RABBITMQ_GENERATED_CONFIG_DIR": str(folder / "generated"),
        "RABBITMQ_PID_FILE": str(folder / "pid"),
        # One thread, which sleeps while it has nothing to do.
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1} +S 1:1 +sbwt none",
        # The script becomes the server, as systemd wants it: signals reach the server itself.
        "RUNNING_UNDER_SYSTEMD": "true",
    }


@contextmanager
def running_rabbitmq(folder: Path) -> Iterator[RabbitMQProcess]:
    """A RabbitMQ, until the block is left."""
    server = RabbitMQProcess(folder)
    try:
        yield server
    finally:
        server.stop()
