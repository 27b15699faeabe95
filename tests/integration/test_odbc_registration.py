"""`python -m common.database.mssql.odbc`: the driver under its usual name, as the image has it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

PROJECT = Path(__file__).parents[2]


def test_the_driver_is_found_by_its_usual_name(servers: Mapping[str, str], tmp_path: Path) -> None:
    printed = subprocess.run(
        [sys.executable, "-m", "common.database.mssql.odbc"], capture_output=True, text=True, check=True
    )
    (tmp_path / "odbcinst.ini").write_text(printed.stdout)
    by_name = {name: value for name, value in servers.items() if name != "MSSQL_DRIVER"}
    done = subprocess.run(
        [sys.executable, "-m", "examples.pharmacy", "tables"],
        cwd=PROJECT,
        env={**os.environ, **by_name, "ODBCSYSINI": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "has the sample's tables" in done.stdout
