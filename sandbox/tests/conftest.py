"""What the tests share. Those of a server's own answers also run on real ones: see `sandbox.testing.servers`."""

from __future__ import annotations

import pyodbc
from hypothesis import HealthCheck, settings

pytest_plugins = ["sandbox.testing.plugin", "sandbox.testing.real_server_decides"]

# The driver manager would keep closed connections open.
pyodbc.pooling = False

# How long an example takes is the machine's affair, which others use as well.
settings.register_profile("tests", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tests")
