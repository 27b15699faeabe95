"""What the task log weighs is told of what stands in it, with WiredTiger and without."""

from __future__ import annotations

import io
from typing import Any

import bson
import pytest
from rich.console import Console

from benchmarks import journal_weight, wired_tiger

DOCUMENTS: list[dict[str, Any]] = [
    {"_id": "HĐ-1", "status": "SUCCESS", "expires_at": None},
    {"_id": "HĐ-22", "status": "REJECTED", "expires_at": None},
]
INDEXES = [
    {"name": "_id_", "key": {"_id": 1}},
    {"name": "rejected", "key": {"status": 1}, "partialFilterExpression": {"status": "REJECTED"}},
]


def test_without_wired_tiger_the_plain_bytes_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_weight, "wt_command", lambda: None)
    documents, by_id, rejected = journal_weight.weigh(DOCUMENTS, INDEXES)
    assert documents.plain == sum(len(bson.encode(one)) for one in DOCUMENTS) / 2
    assert by_id.plain == sum(1 + len(one["_id"].encode()) + 1 + 1 + 2 for one in DOCUMENTS) / 2
    assert rejected.plain == (1 + len("REJECTED") + 1 + 1 + 2) / 2, "of the one that the partial index holds"
    assert [one.on_disk for one in (documents, by_id, rejected)] == [None] * 3
    shown = io.StringIO()
    journal_weight.show(DOCUMENTS, [documents, by_id, rejected], Console(file=shown, width=100))
    assert "2 dispatches" in shown.getvalue()
    assert "on disk: not measured" in shown.getvalue()


def test_wired_tiger_is_asked_where_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _name: None)
    assert wired_tiger.wt_command() is None
    weighed: list[str] = []

    def bytes_on_disk(_wt: object, options: str, _records: object) -> int:
        weighed.append(options)
        return 8192

    monkeypatch.setattr(journal_weight, "wt_command", lambda: ["wt"])
    monkeypatch.setattr(journal_weight, "bytes_on_disk", bytes_on_disk)
    assert [one.on_disk for one in journal_weight.weigh(DOCUMENTS, INDEXES)] == [4096] * 3
    assert weighed == [wired_tiger.COLLECTION, wired_tiger.INDEX, wired_tiger.INDEX]
