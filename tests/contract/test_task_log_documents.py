"""What the documents say of the task log, held against a real one: its fields, and the worker service's task."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from common.config import Settings
from common.database.mongo_client import MongoStore
from common.database.records import TaskStatus
from common.task_log import TaskLog
from tests.support.samples import a_dispatch

DOCS = Path(__file__).parents[2] / "docs"


def _section(document: str, heading: str) -> str:
    text = (DOCS / document).read_text(encoding="utf-8")
    return text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def test_the_documents_name_every_field_and_no_other(mongo_store: MongoStore, task_log: TaskLog) -> None:
    dispatch = a_dispatch(0)
    rejected = a_dispatch(1, status=TaskStatus.REJECTED, reason="argument_is_null", error="set it")
    mongo_store.journal.prepare([dispatch, rejected])
    mongo_store.journal.mark_pending([dispatch], expires=True)
    task_log.success(dispatch.id)

    written = {field for document in mongo_store.task_logs.find() for field in document}
    rows = re.findall(r"^\| (`.+?) \| ", _section("storage.md", "MongoDB: `task_logs`"), re.MULTILINE)
    assert set(re.findall(r"`(\w+)`", " ".join(rows))) == written


def test_the_documented_task_reports(
    mongo_store: MongoStore, task_log: TaskLog, settings: Settings, tmp_path: Path
) -> None:
    first, again = (a_dispatch(0, epoch=epoch, key=("HĐ-7",), change_version=7) for epoch in ("first", "second"))
    mongo_store.journal.prepare([first])
    mongo_store.journal.prepare([again])
    code = _section("operations.md", "Worker services").partition("```python\n")[2].partition("```")[0]
    address = f'"{settings.MONGO_URI.get_secret_value()}", "{settings.MONGO_DB_NAME}"'
    body = "...  # process the row, and set its status"
    shown = '"mongodb://mongo:27017/", "relay"'
    assert code.count(shown) == code.count(body) == 1
    (tmp_path / "sales.py").write_text(code.replace(shown, address).replace(body, "print(local_invoice_id)"), "utf-8")

    def run(task_id: str) -> str:
        call = f"from sales import process_sale; process_sale.apply(('HD-7', 'BV'), task_id={task_id!r}, throw=True)"
        command = [sys.executable, "-c", call]
        return subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True, timeout=60).stdout

    assert run(first.id) == "HD-7\n"
    assert run(again.id) == "", "it was done before, under another id"
    found = mongo_store.task_logs.find({}, {"status": 1})
    assert {each["_id"]: each["status"] for each in found} == {first.id: "SUCCESS", again.id: "SUCCESS"}
