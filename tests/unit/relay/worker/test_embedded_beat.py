"""A beat inside a worker ends with it, also when the worker died before the beat had begun."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import psutil
from sandbox.waiting import wait_until

WORKER = """
import os, sys, time
from billiard import Process
from celery import Celery, signals
from relay.worker.embedded_beat import end_with_its_worker

app = Celery("worker", set_as_current=False)
end_with_its_worker(app)

class Service:
    pass

service = Service()
service.app = app

def beat():
    print(os.getpid(), flush=True)
    time.sleep(float(sys.argv[1]))
    signals.beat_embedded_init.send(sender=service)
    time.sleep(600)

process = Process(target=beat)
process.start()
process.join()
"""


def test_a_beat_ends_with_its_worker() -> None:
    _kill_a_worker_whose_beat_begins_after(0.0, wait_seconds=1.0)


def test_a_beat_whose_worker_died_before_it_began_does_not_begin() -> None:
    _kill_a_worker_whose_beat_begins_after(2.0, wait_seconds=0.0)


def _kill_a_worker_whose_beat_begins_after(seconds: float, *, wait_seconds: float) -> None:
    command = [sys.executable, "-c", WORKER, str(seconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdout is not None
        beat = psutil.Process(int(worker.stdout.readline()))
        try:
            # Nothing tells that it has asked for the signal.
            time.sleep(wait_seconds)
            os.kill(worker.pid, signal.SIGKILL)
            wait_until(lambda: not beat.is_running(), timeout=20, message="the beat lives on")
        finally:
            if beat.is_running():
                beat.kill()
