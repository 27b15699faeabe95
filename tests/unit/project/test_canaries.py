"""The search for passwords and arguments finds each of them, wherever it is said: it can fail."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.canaries import ARGUMENT, PASSWORDS

PROJECT = Path(__file__).parents[3]
WAYS = {
    "prints": "print(CANARY)",
    "prints_to_stderr": "import sys; sys.stderr.write(CANARY)",
    "logs": "logging.getLogger('a library').warning('x %s', CANARY)",
    "logs_an_error": "logging.getLogger('a library').error('x', exc_info=OSError(CANARY))",
    "runs": "subprocess.run([sys.executable, '-c', f'print({CANARY!r})'], capture_output=True, check=True)",
    "runs_and_fails": "subprocess.run([sys.executable, '-c', f'exit({CANARY!r})'], capture_output=True)",
    "inherits": "subprocess.run([sys.executable, '-c', f'print({CANARY!r})'], check=True)",
    "communicates": "subprocess.Popen([sys.executable, '-c', f'print({CANARY!r})'], stdout=-1).communicate()",
    "reads_what_it_captured": "capsys = request.getfixturevalue('capsys'); print(CANARY); capsys.readouterr()",
    "starts": "(tmp_path / 'deep').mkdir(); (tmp_path / 'deep' / 'child.log').write_text(CANARY)",
}
FINE = {
    "keeps_quiet": "CANARY.upper()",
    "shows_rows": "subprocess.run([sys.executable, '-c', f'print({CANARY!r})', '--dry-run'], capture_output=True)",
    "is_told": "logging.getLogger('a library').error('x', exc_info=ValueError(repr(CANARY)))",
}


@pytest.mark.parametrize("canary", [ARGUMENT, PASSWORDS[0]])
def test_each_way_to_say_it_fails_the_test_that_does(tmp_path_factory: pytest.TempPathFactory, canary: str) -> None:
    folder = tmp_path_factory.mktemp("canaries")
    # Parted, so that no traceback of this file itself holds the canary.
    head = f"import logging, subprocess, sys\nCANARY = {canary[:4]!r} + {canary[4:]!r}\n"
    tests = [f"def test_{name}(tmp_path, request):\n    {body}\n" for name, body in {**WAYS, **FINE}.items()]
    (folder / "test_leaks.py").write_text("\n".join([head, *tests]))
    options = ["-p", "tests.support.canary_plugin", "-p", "no:cacheprovider", "-q", "-rA", "--tb=no", "--basetemp=base"]
    done = subprocess.Popen(
        [sys.executable, "-m", "pytest", *options, "test_leaks.py"],
        cwd=folder,
        env={"PYTHONPATH": str(PROJECT), "PATH": "/usr/bin:/bin"},
        stdout=subprocess.PIPE,
        text=True,
    )
    said, _ = done.communicate(timeout=60)
    failed = {line.split("::test_")[1].split()[0] for line in said.splitlines() if line.startswith("ERROR ")}
    assert failed == set(WAYS)
    assert f"{len(WAYS) + len(FINE)} passed, {len(WAYS)} errors" in said
