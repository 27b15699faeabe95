"""The log: whatever stands in a field or an exception, it begins no line and steers no terminal."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from common.config import load_settings
from common.logging import get_logger, one_line_each, set_up_logging

FORGED = "2026-11-28T21:00:00Z [error    ] forged"
HOSTILE = f"PN[/2024]001\n{FORGED}\x1b[31m\u202e"


@pytest.fixture(autouse=True)
def log_as_before() -> Iterator[None]:
    """What a test sets up is nothing to the next."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def _set_up(log_format: str) -> Any:
    given = {"MSSQL_SERVER": "s", "MSSQL_DATABASE": "d", "MSSQL_USER": "u", "MSSQL_PASSWORD": "p"}
    mongo = {"MONGO_URI": "mongodb://m/"}
    set_up_logging(load_settings(_env_file=None, RELAY_LOG_FORMAT=log_format, **given, **mongo))
    return get_logger("test")


def test_a_field_forges_no_line(capsys: pytest.CaptureFixture[str]) -> None:
    _set_up("console").warning("rejected", business_id=HOSTILE, first="\x1b[2Jno_blank", plain="HĐ-1", reason="a b")
    [line] = capsys.readouterr().err.splitlines()
    assert "\x1b" not in line
    assert r"business_id='PN[/2024]001\n2026" in line
    assert r"first='\x1b[2Jno_blank'" in line
    assert "plain=HĐ-1 reason='a b'" in line


def test_a_message_of_somebody_elses_forges_no_line(capsys: pytest.CaptureFixture[str]) -> None:
    _set_up("console")
    logging.getLogger("celery").warning("received %s", HOSTILE)
    [line] = capsys.readouterr().err.splitlines()
    assert rf"received PN[/2024]001\n{FORGED}\x1b[31m\u202e" in line


def test_an_exceptions_text_forges_no_line(capsys: pytest.CaptureFixture[str]) -> None:
    log = _set_up("console")
    try:
        raise RuntimeError(HOSTILE)
    except RuntimeError:
        log.exception("defect")
    written = capsys.readouterr().err
    first, *rest = written.splitlines()
    assert "defect" in first
    assert rest[-1].endswith("forged\\x1b[31m\\u202e")
    assert all(not line or line.startswith("    ") for line in rest)
    assert any(line.startswith("    Traceback") for line in rest)


def test_json_holds_what_was_logged(capsys: pytest.CaptureFixture[str]) -> None:
    _set_up("json").warning("rejected", business_id=HOSTILE)
    [line] = capsys.readouterr().err.splitlines()
    assert json.loads(line)["business_id"] == HOSTILE


@given(text=st.text(st.characters(), max_size=40))
def test_any_text_is_one_line(text: str) -> None:
    render = structlog.dev.ConsoleRenderer(colors=False)
    line = render(None, "info", one_line_each(None, "info", {"event": text, "logger": text, "field": text}))
    assert len(f"{line} ".splitlines()) == 1
    assert not any(ord(character) < 32 for character in str(line))
