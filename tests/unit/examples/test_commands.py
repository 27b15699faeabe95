"""`python -m examples.pharmacy` says what is missing in one line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[3]
WITHOUT = """
import importlib.util, runpy, sys
found = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name in {missing} else found(name, *rest)
sys.argv = ["pharmacy", "demo"]
runpy.run_module("examples.pharmacy", run_name="__main__")
"""
NOWHERE = {
    "MSSQL_SERVER": "127.0.0.1,1",
    "MSSQL_DATABASE": "shop",
    "MSSQL_USER": "sa",
    "MSSQL_PASSWORD": "mật khẩu",
    "MONGO_URI": "mongodb://127.0.0.1:1",
}


def _run(folder: Path, *command: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run it where no `.env` of the developer's is."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(PROJECT), **settings}
    return subprocess.run(
        [sys.executable, *command], cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize(("missing", "named"), [({"sandbox"}, "sandbox"), ({"sandbox", "relay"}, "sandbox and relay")])
def test_where_the_sample_is_alone_the_demo_says_so(tmp_path: Path, missing: set[str], named: str) -> None:
    done = _run(tmp_path, "-c", WITHOUT.format(missing=missing))
    assert done.returncode == 2
    assert done.stderr == f"pharmacy: the demo needs {named}: clone the repository, and make setup\n"


def test_a_setting_that_is_missing_is_named(tmp_path: Path) -> None:
    done = _run(tmp_path, "-m", "examples.pharmacy", "tables", **{**NOWHERE, "MSSQL_SERVER": ""})
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("pharmacy: MSSQL_SERVER is not set")


def test_a_server_that_is_away_is_told_without_the_password(tmp_path: Path) -> None:
    done = _run(tmp_path, "-m", "examples.pharmacy", "tables", **NOWHERE)
    assert done.returncode == 3
    assert done.stderr.startswith("pharmacy: SQL Server: ")
    assert NOWHERE["MSSQL_PASSWORD"] not in done.stderr
    assert "Traceback" not in done.stderr
