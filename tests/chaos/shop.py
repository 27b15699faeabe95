"""The pharmacies, and the worker services that finish some of their documents: one thread that writes all the time.

It writes on the direct way, and finds out what became of a statement whose answer was lost when a server was killed.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

import pyodbc
import redis
from pymongo.errors import PyMongoError

from common.task_log import TaskLog
from examples.pharmacy import names
from examples.pharmacy.connection import connect
from examples.pharmacy.documents import KINDS, PENDING, SYNCED, DocumentKind, kind_named
from tests.chaos.ledger import Ledger, Push, RowKey
from tests.chaos.queues import Queues

SHOPS = tuple(names.shop_code(number) for number in range(1, 5))
"""One of each way of writing: composed, with combining marks, composed, without accents."""
PAUSE_SECONDS = 0.03
MANY = 500
"""Documents in one transaction, where there are many."""
FINISHED_SHARE = 0.8
"""Of the documents seen in a queue, so many are finished by their worker service; the others stay."""


class Shop:
    """Everybody who is not relay."""

    def __init__(self, settings: Mapping[str, str], ledger: Ledger, queues: Queues, seed: int) -> None:
        self.ledger = ledger
        self.error: BaseException | None = None
        self._settings = settings
        self._queues = queues
        self._random = random.Random(seed)
        self._task_log = TaskLog(settings["MONGO_URI"], settings["MONGO_DB_NAME"])
        self._connection: pyodbc.Connection | None = None
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._number = self._altered = 0
        self._to_finish: list[Push] = []
        self._finished: set[str] = set()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def open(self) -> None:
        """Begin to write."""
        self._thread.start()

    def close(self) -> None:
        """Stop writing. Raises what the thread died of."""
        self._stopped.set()
        self._thread.join()
        self._hang_up()
        self._task_log.close()
        if self.error is not None:
            raise self.error

    def pause(self) -> threading.Lock:
        """A lock under which nobody writes."""
        return self._lock

    def probe(self) -> list[RowKey]:
        """A document of each kind, written now; to be found in the queues."""
        with self._lock:
            return [key for kind in KINDS for key in self._insert(kind, 1)]

    def write_many(self, count: int, kinds: Sequence[DocumentKind] = KINDS) -> None:
        """So many documents at once, or some more, of these kinds."""
        for number in range(0, count, MANY):
            with self._lock:
                self._insert(kinds[number // MANY % len(kinds)], MANY)

    def switch_tracking(self, kind: DocumentKind) -> int:
        """Off and on, while nobody writes; gives how many documents of this kind are pending."""
        table = f"ALTER TABLE dbo.{kind.table}"
        with self._lock:
            self._surely(
                lambda connection: connection.execute(f"{table} DISABLE CHANGE_TRACKING"),
                lambda connection: not self._is_tracked(connection, kind),
            )
            self._surely(
                lambda connection: connection.execute(
                    f"{table} ENABLE CHANGE_TRACKING WITH (TRACK_COLUMNS_UPDATED = ON)"
                ),
                lambda connection: self._is_tracked(connection, kind),
            )
            self.ledger.retracked(kind.name)
            return self.ledger.waiting(kind.name)

    def _is_tracked(self, connection: pyodbc.Connection, kind: DocumentKind) -> bool:
        query = "SELECT 1 FROM sys.change_tracking_tables WHERE object_id = OBJECT_ID(?)"
        return connection.execute(query, f"dbo.{kind.table}").fetchone() is not None

    def alter_a_table(self, chance: random.Random) -> None:
        """A column more, or one that is wider: also the shop's code, which is a key and an argument."""
        kind = chance.choice(KINDS)
        self._altered += 1
        new = f"extra_{self._altered}"
        change = chance.choice(
            [
                f"ADD {new} nvarchar(20) NULL",
                f"ALTER COLUMN note nvarchar({200 + self._altered}) NULL",
                f"ALTER COLUMN shop_pharmacy_code nvarchar({40 + self._altered}) NOT NULL",
            ]
        )
        with self._lock:
            self._surely(
                lambda connection: connection.execute(f"ALTER TABLE dbo.{kind.table} {change}"),
                lambda connection: self._has_column(connection, kind, new),
            )

    def _has_column(self, connection: pyodbc.Connection, kind: DocumentKind, column: str) -> bool:
        query = "SELECT 1 FROM sys.columns WHERE object_id = OBJECT_ID(?) AND name = ?"
        return connection.execute(query, f"dbo.{kind.table}", column).fetchone() is not None

    def _work(self) -> None:
        try:
            while not self._stopped.wait(PAUSE_SECONDS):
                with self._lock:
                    self._act()
        except BaseException as error:
            self.error = error

    def _act(self) -> None:
        chance = self._random.random()
        if chance < 0.5:
            self._insert(self._random.choice(KINDS), self._random.choice([1, 1, 1, 2, 5]))
        elif chance < 0.6:
            self._edit()
        elif chance < 0.7:
            self._open_again()
        elif chance < 0.73:
            self._delete()
        else:
            self._look_at_queues()
            if self._to_finish:
                self._finish(self._to_finish.pop(0))

    # What they do

    def _insert(self, kind: DocumentKind, count: int) -> list[RowKey]:
        shop = self._random.choice(SHOPS)
        keys = [(kind.name, shop, self._new_id(kind, shop)) for _ in range(count)]
        statement = f"INSERT INTO dbo.{kind.table} (shop_pharmacy_code, {kind.id_column}, status) VALUES (?, ?, ?)"
        self._surely(
            lambda connection: [connection.execute(statement, *key[1:], PENDING) for key in keys],
            lambda connection: self._status(connection, keys[0]) is not None,
        )
        for key in keys:
            self.ledger.inserted(key)
        return keys

    def _new_id(self, kind: DocumentKind, shop: str) -> str:
        self._number += 1
        return names.local_id(kind, self._number, shop=shop)

    def _edit(self) -> None:
        key = self._some(lambda _: True)
        if key is not None:
            self._update(key, "note = ?", "đã sửa", done=lambda _: False)

    def _open_again(self) -> None:
        # One that a restore may repeat could be finished by an older message before relay has seen it open.
        key = self._some(lambda key: self.ledger.entries[key].status == SYNCED)
        if key is not None and not self.ledger.entries[key].may_repeat:
            self._set_status(key, PENDING)
            self.ledger.became_pending(key)

    def _delete(self) -> None:
        key = self._some(lambda key: self.ledger.entries[key].status == SYNCED)
        if key is None:
            return
        kind = kind_named(key[0])
        statement = f"DELETE FROM dbo.{kind.table} WHERE shop_pharmacy_code = ? AND {kind.id_column} = ?"
        self._surely(
            lambda connection: connection.execute(statement, *key[1:]),
            lambda connection: self._status(connection, key) is None,
        )
        self.ledger.entries[key].is_deleted = True

    def _finish(self, push: Push) -> None:
        """What a worker service does: it reports to the task log, and sets the document's status."""
        entry = self.ledger.entries.get(push.key)
        if entry is None or entry.is_deleted or entry.status != PENDING:
            return
        self._queues.take(push)
        while True:
            try:
                self._task_log.success(push.task_id)
                break
            except PyMongoError:
                self._wait()
        self._set_status(push.key, SYNCED)
        entry.status = SYNCED

    def _look_at_queues(self) -> None:
        with suppress(redis.RedisError):
            for push in self._queues.new():
                if push.task_id not in self._finished and self._random.random() < FINISHED_SHARE:
                    self._finished.add(push.task_id)
                    self._to_finish.append(push)

    # How

    def _some(self, wanted: Callable[[RowKey], bool]) -> RowKey | None:
        """A document that is wanted, among a few drawn at random."""
        keys = list(self.ledger.entries)
        drawn = self._random.choices(keys, k=20) if keys else []
        return next((key for key in drawn if not self.ledger.entries[key].is_deleted and wanted(key)), None)

    def _set_status(self, key: RowKey, status: str) -> None:
        self._update(key, "status = ?", status, done=lambda connection: self._status(connection, key) == status)

    def _update(self, key: RowKey, change: str, value: str, *, done: Callable[[pyodbc.Connection], bool]) -> None:
        kind = kind_named(key[0])
        statement = f"UPDATE dbo.{kind.table} SET {change} WHERE shop_pharmacy_code = ? AND {kind.id_column} = ?"
        self._surely(lambda connection: connection.execute(statement, value, *key[1:]), done)

    def _status(self, connection: pyodbc.Connection, key: RowKey) -> str | None:
        kind = kind_named(key[0])
        query = f"SELECT status FROM dbo.{kind.table} WHERE shop_pharmacy_code = ? AND {kind.id_column} = ?"
        row = connection.execute(query, *key[1:]).fetchone()
        return None if row is None else str(row[0])

    def _surely(self, act: Callable[[pyodbc.Connection], object], is_done: Callable[[pyodbc.Connection], bool]) -> None:
        """One transaction, tried until it is known to be committed."""
        is_in_doubt = False
        while True:
            try:
                connection = self._connected()
                if is_in_doubt and is_done(connection):
                    return
                act(connection)
                is_in_doubt = True
                connection.commit()
                return
            except pyodbc.Error:
                self._hang_up()
                self._wait()

    def _connected(self) -> pyodbc.Connection:
        if self._connection is None:
            self._connection = connect(self._settings, autocommit=False)
        return self._connection

    def _hang_up(self) -> None:
        if self._connection is not None:
            with suppress(pyodbc.Error):
                self._connection.close()
            self._connection = None

    def _wait(self) -> None:
        if self._stopped.is_set() and not self._thread.is_alive():
            raise RuntimeError("a server stays away, although everything is to end")
        time.sleep(0.1)
