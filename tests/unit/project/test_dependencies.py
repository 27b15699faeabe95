"""What relay and the sample import when they run is installed with them: nothing of what only the tests need."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path

from packaging.requirements import Requirement

RELAY = """
import kombu.transport.redis, celery.backends.redis, celery.bin.worker, celery.bin.beat
import relay.cli, relay.celery_app, relay.tasks, relay.wiring
import relay.broker.redis_publisher, relay.broker.rabbitmq_publisher
import common.config, common.task_log, common.logging
import relay.tracking.steps, relay.tracking.enabling
import common.database.mssql.odbc
relay.celery_app.app.conf.broker_url
relay.celery_app.app.connection_for_write().transport
"""
SAMPLE = """
import examples.pharmacy.__main__, examples.pharmacy.worker_service, common.database.mssql.odbc
import kombu.transport.redis, celery.bin.worker
"""
TELL = """
import json, sys
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""
REQUIREMENTS = Path(__file__).parents[3] / "examples/pharmacy/requirements.txt"
OPTIONAL = {"cryptography", "cffi", "setuptools", "django", "hiredis", "pyyaml"}
"""What others import where it is there, and do without where it is not."""
SETTINGS = {
    "MSSQL_SERVER": "none",
    "MSSQL_DATABASE": "none",
    "MSSQL_USER": "none",
    "MSSQL_PASSWORD": "none",
    "MONGO_URI": "mongodb://none",
}


def test_relay_needs_no_package_that_is_not_required() -> None:
    required = _required("relay", extras=frozenset())
    assert "hiredis" in required
    assert _imported(RELAY) - OPTIONAL - required == set()


def test_the_samples_image_needs_no_package_that_is_not_required() -> None:
    lines = [line for line in REQUIREMENTS.read_text().splitlines() if not line.startswith("#")]
    required = [_required(_normal(one.name), frozenset(one.extras)) for one in map(Requirement, lines)]
    imported = _imported(SAMPLE)
    assert {"celery", "pyodbc"} <= imported
    of_common = "relay"  # whose distribution brings `common`, which the image copies
    assert imported - OPTIONAL - {of_common} - set().union(*required) == set()


def _imported(program: str) -> set[str]:
    """The distributions from which a process has imported something."""
    command = [sys.executable, "-c", program + TELL]
    done = subprocess.run(command, env=SETTINGS, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    owners = packages_distributions()
    return {_normal(owner) for module in json.loads(done.stdout) for owner in owners.get(module, [])}


def _required(name: str, extras: frozenset[str], seen: set[tuple[str, frozenset[str]]] | None = None) -> set[str]:
    """The distribution and all that it requires, with these extras and no others."""
    seen = set() if seen is None else seen
    if (name, extras) in seen:
        return set()
    seen.add((name, extras))
    try:
        lines = requires(name) or []
    except PackageNotFoundError:
        return set()
    found = {_normal(name)}
    for requirement in map(Requirement, lines):
        marker = requirement.marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in extras | {""}):
            found |= _required(_normal(requirement.name), frozenset(requirement.extras), seen)
    return found


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
