from __future__ import annotations

from pathlib import Path

import pytest

from common.config import CeleryEnvironment


@pytest.fixture(autouse=True)
def nothing_of_celerys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in CeleryEnvironment.model_fields:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
