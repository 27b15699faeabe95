"""What the tests share. Those of a server's own answers also run on real ones: see `sandbox.testing.servers`."""

from __future__ import annotations

import pyodbc

pytest_plugins = ["sandbox.testing.plugin", "sandbox.testing.real_server_decides"]

# The driver manager would keep closed connections open.
pyodbc.pooling = False
