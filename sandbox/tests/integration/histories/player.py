"""Plays a random history: every step is a statement for the server and the same step for the model."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence

import pyodbc
import pytest

from tests.integration.histories import tables
from tests.integration.histories.model import Database, Key, Row, Table
from tests.integration.histories.snapshots import SnapshotReader

CONTEXTS = (None, None, None, b"sandbox", b"\x00", b"")
STEPS = 12
MOST_ROWS = 4


class Player:
    """The clients take turns with transactions; in between the reader looks at a snapshot for a while."""

    def __init__(
        self,
        clients: Sequence[pyodbc.Connection],
        reader: SnapshotReader,
        database: Database,
        chance: random.Random,
    ) -> None:
        self._clients = clients
        self._client = clients[0]
        self._reader = reader
        self._database = database
        self._chance = chance
        self._has_savepoint = False
        self._holds_a_table = False
        """Whether the open transaction has altered one: others would wait for its end."""
        self.statements: list[str] = []
        """What was done, for the message of a test that fails."""

    def play(self, check: Callable[[pyodbc.Connection, bool], None]) -> None:
        """All steps. `check(connection, owns)` is called in between: `owns` when the open transaction is its own."""
        for _ in range(self._chance.randint(1, STEPS)):
            self._step()
            if self._chance.random() < 0.15:
                client = self._chance.choice(self._clients)
                if client is self._client or not self._holds_a_table:
                    check(client, client is self._client)
            if self._chance.random() < 0.2 and not self._holds_a_table:
                self._reader.look_again(self._database)
        if self._database.is_open:
            self._end_transaction()

    def _step(self) -> None:
        opened = self._database.is_open
        actions: list[tuple[int, Callable[[], None]]] = [
            (6, self._insert),
            (2, self._insert_many),
            (2, self._insert_duplicate),
            (5, self._update),
            (3, self._move),
            (4, self._delete),
            (2, self._delete_and_insert),
            (1, self._touch_nothing),
        ]
        if opened:
            actions += [(5, self._end_transaction), (1, self._save), (1, self._rollback_to_savepoint)]
        else:
            actions += [(6, self._begin), (1, self._truncate), (1, self._switch_tracking)]
        weights = [weight for weight, _ in actions]
        chosen = self._chance.choices([action for _, action in actions], weights)[0]
        chosen()
        if not opened and not self._database.is_open:
            self._database.commit()

    def _table(self) -> Table:
        return self._chance.choice(list(self._database.tables.values()))

    def _run(self, sql: str, *values: object) -> int:
        self.statements.append(f"{self._clients.index(self._client)}: {sql} {values if values else ''}")
        return self._client.execute(sql, *values).rowcount

    def _begin(self) -> None:
        self._client = self._chance.choice(self._clients)
        # The driver has its own way of beginning a transaction.
        self._client.autocommit = self._chance.random() < 0.5
        if self._client.autocommit:
            self._run("BEGIN TRANSACTION")
        else:
            self.statements.append(f"{self._clients.index(self._client)}: autocommit off")
        self._database.begin()
        self._has_savepoint = False
        # These come first: what they do to changes of the same transaction is not documented.
        if self._chance.random() < 0.1:
            self._holds_a_table = True
            self._truncate()
        elif self._chance.random() < 0.1:
            self._holds_a_table = True
            self._switch_tracking()

    def _end_transaction(self) -> None:
        commits = self._chance.random() < 0.7
        if self._client.autocommit:
            self._run("COMMIT" if commits else "ROLLBACK")
        else:
            self.statements.append(f"{self._clients.index(self._client)}: {'commit' if commits else 'rollback'}()")
            self._client.commit() if commits else self._client.rollback()
            self._client.autocommit = True
        self._database.commit() if commits else self._database.rollback()
        self._holds_a_table = False

    def _save(self) -> None:
        self._run("SAVE TRANSACTION here")
        self._database.save()
        self._has_savepoint = True

    def _rollback_to_savepoint(self) -> None:
        if self._has_savepoint:
            self._run("ROLLBACK TRANSACTION here")
            self._database.rollback_to_savepoint()

    def _truncate(self) -> None:
        self._reader.stop()
        table = self._table()
        self._run(f"TRUNCATE TABLE dbo.{table.name}")
        table.truncate(self._database.version)

    def _switch_tracking(self) -> None:
        self._reader.stop()
        table = self._table()
        if table.tracked:
            self._run(f"ALTER TABLE dbo.{table.name} DISABLE CHANGE_TRACKING")
            table.disable()
        else:
            self._run(enabling(table))
            table.enable(self._database.version)

    def _change(self, sql: str, *values: object) -> tuple[int, bytes | None]:
        """Run a change with a context or without; (rows, context)."""
        context = self._chance.choice(CONTEXTS)
        if context is None:
            return self._run(sql, *values), None
        if self._chance.random() < 0.5:
            return self._run(f"WITH CHANGE_TRACKING_CONTEXT (0x{context.hex()}) {sql}", *values), context
        batch = f"DECLARE @who VARBINARY(128) = ?; WITH CHANGE_TRACKING_CONTEXT (@who) {sql}"
        return self._run(batch, context, *values), context

    def _insert(self) -> None:
        table = self._table()
        self._insert_rows(table, self._new_rows(table))

    def _new_rows(self, table: Table) -> list[Row]:
        rows = [tables.row(table, self._chance) for _ in range(self._chance.randint(1, MOST_ROWS))]
        by_key = {table.key_of(row): row for row in rows}
        return [row for key, row in by_key.items() if key not in table.rows]

    def _insert_rows(self, table: Table, rows: list[Row]) -> None:
        if not rows:
            return
        fences = ", ".join("(" + ", ".join("?" for _ in table.columns) + ")" for _ in rows)
        sql = f"INSERT INTO dbo.{table.name} ({', '.join(table.columns)}) VALUES {fences}"
        count, context = self._change(sql, *[row[name] for row in rows for name in table.columns])
        assert count == len(rows)
        table.insert(rows, context)

    def _insert_many(self) -> None:
        """executemany: a statement for each row, and in autocommit a version for each."""
        table = self._table()
        rows = self._new_rows(table)
        if not rows:
            return
        fences = ", ".join("?" for _ in table.columns)
        sql = f"INSERT INTO dbo.{table.name} ({', '.join(table.columns)}) VALUES ({fences})"
        self.statements.append(f"{self._clients.index(self._client)}: executemany {sql} {rows}")
        cursor = self._client.cursor()
        cursor.fast_executemany = self._chance.random() < 0.5
        cursor.executemany(sql, [[row[name] for name in table.columns] for row in rows])
        cursor.close()
        for row in rows:
            table.insert([row])
            if not self._database.is_open:
                self._database.commit()

    def _insert_duplicate(self) -> None:
        """A statement that fails at its last row does nothing, and the transaction goes on."""
        table = self._table()
        rows = self._new_rows(table)
        if not table.rows or not rows:
            return
        names = ", ".join(table.columns)
        rows.append(self._chance.choice(list(table.rows.values())))
        fences = ", ".join("(" + ", ".join("?" for _ in table.columns) + ")" for _ in rows)
        values = [row[name] for row in rows for name in table.columns]
        with pytest.raises(pyodbc.IntegrityError, match="Violation of PRIMARY KEY"):
            self._run(f"INSERT INTO dbo.{table.name} ({names}) VALUES {fences}", *values)

    def _update(self) -> None:
        table = self._table()
        others = [name for name in table.columns if name not in table.key]
        chosen = self._chance.sample(others, self._chance.choice([1, 1, 2, len(others)]))
        values = {name: tables.value(table, name, self._chance) for name in chosen}
        keys, where, arguments = self._some(table)
        sets = ", ".join(f"{name} = ?" for name in values)
        count, context = self._change(f"UPDATE dbo.{table.name} SET {sets} {where}", *values.values(), *arguments)
        assert count == len(keys)
        table.update(keys, values, context)

    def _move(self) -> None:
        """Shift the integer keys, or name a part of the composite key without changing it."""
        table = self._table()
        if table.name == "stock":
            keys, where, arguments = self._some(table)
            count, context = self._change(f"UPDATE dbo.stock SET code = code, amount = 0 {where}", *arguments)
            for key in keys:
                table.rows[key]["amount"] = 0
            new_keys: Mapping[Key, Key] = {key: key for key in keys}
        else:
            distance = self._chance.choice([-1, 0, 1, 20])
            count, context = self._change("UPDATE dbo.goods SET id = id + ?", distance)
            new_keys = {(number,): (int(str(number)) + distance,) for (number,) in table.rows}
        assert count == len(new_keys)
        table.move(new_keys, context)

    def _delete(self) -> None:
        table = self._table()
        keys, where, arguments = self._some(table)
        count, context = self._change(f"DELETE FROM dbo.{table.name} {where}", *arguments)
        assert count == len(keys)
        table.delete(keys, context)

    def _delete_and_insert(self) -> None:
        """The same key again: in one transaction when one is open, else in two."""
        table = self._table()
        if not table.rows:
            return
        key = self._chance.choice(list(table.rows))
        where = " AND ".join(f"{name} = ?" for name in table.key)
        _, context = self._change(f"DELETE FROM dbo.{table.name} WHERE {where}", *key)
        table.delete([key], context)
        if not self._database.is_open:
            self._database.commit()
        row = tables.row(table, self._chance) | dict(zip(table.key, key, strict=True))
        self._insert_rows(table, [row])

    def _touch_nothing(self) -> None:
        table = self._table()
        assert self._run(f"DELETE FROM dbo.{table.name} WHERE 1 = 0") == 0

    def _some(self, table: Table) -> tuple[list[Key], str, list[object]]:
        """Some keys of a table, and the condition that finds them: one key, a range, or all."""
        first = table.key[0]
        if not table.rows or self._chance.random() < 0.3:
            return list(table.rows), "", []
        key = self._chance.choice(list(table.rows))
        if self._chance.random() < 0.5:
            return [key], "WHERE " + " AND ".join(f"{name} = ?" for name in table.key), list(key)
        return [other for other in table.rows if other[0] == key[0]], f"WHERE {first} = ?", [key[0]]


def enabling(table: Table) -> str:
    """ALTER TABLE ... ENABLE CHANGE_TRACKING."""
    state = "ON" if table.columns_updated else "OFF"
    return f"ALTER TABLE dbo.{table.name} ENABLE CHANGE_TRACKING WITH (TRACK_COLUMNS_UPDATED = {state})"
