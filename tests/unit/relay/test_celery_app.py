"""Celery's variables that were set for another service."""

from __future__ import annotations

import pytest

from relay.celery_app import RelayLoader, app


def test_a_configuration_that_cannot_be_loaded_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CELERY_CONFIG_MODULE", "no_such_shop.config")
    try:
        RelayLoader(app=app).read_configuration()
    except BaseException as error:
        ended = error
    assert isinstance(ended, SystemExit)
    assert ended.code == 2
    assert "unset CELERY_CONFIG_MODULE for relay" in str(ended)
