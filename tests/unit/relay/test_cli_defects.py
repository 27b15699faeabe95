"""A defect ends a command with a traceback, which shows where it is and quotes no value."""

from __future__ import annotations

import pytest

from relay.cli import commands


def test_a_defect_is_told_without_values(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def defective() -> None:
        int("Nguyễn")

    monkeypatch.setattr(commands, "cli", defective)
    with pytest.raises(SystemExit) as ended:
        commands.main()
    assert ended.value.code == 1
    told = capsys.readouterr().err
    assert 'in defective\n    int("Nguyễn")' in told, "the source's own line"
    assert told.endswith("ValueError: invalid literal for int() with base 10: '...'\n")
