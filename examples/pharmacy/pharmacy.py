"""One simulated pharmacy: it writes its documents through pyodbc, as any program would."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

import pyodbc

from examples.pharmacy import names
from examples.pharmacy.documents import DRAFT, KINDS, PENDING, SYNCED, DocumentKind

MEMORY = 500
"""How many of its documents a pharmacy goes back to."""


@dataclass(kw_only=True, slots=True)
class Document:
    """What a pharmacy remembers of a document of its own."""

    kind: DocumentKind
    local_id: str
    revision: int
    status: str
    """As the pharmacy has set it. A worker service may have made SYNCED of PENDING since."""


@dataclass(frozen=True, kw_only=True, slots=True)
class HandIn:
    """A document became pending, once: what has to reach the worker service exactly once."""

    kind: str
    key: tuple[str, str]
    """Shop and local id."""
    revision: int
    committed_at: float
    """The writer's clock right after the commit, in seconds since the epoch."""


class Pharmacy:
    """Inserts, edits, re-opens and deletes documents, and reports every hand-in.

    It re-opens only what is SYNCED, and deletes only what is SYNCED or a DRAFT. So each hand-in has been dispatched
    before the next thing happens to its status, and the sum comes out exactly.
    """

    def __init__(
        self, *, shop: str, connection: pyodbc.Connection, chance: random.Random, report: Callable[[HandIn], None]
    ) -> None:
        self._shop = shop
        self._connection = connection
        self._chance = chance
        self._report = report
        self._documents: list[Document] = []
        self._numbers = {kind.name: self._last_number(kind) for kind in KINDS}
        self._actions: dict[Callable[[], None], int] = {
            self.hand_in_new: 46,
            self.hand_in_several: 3,
            self.draft_new: 10,
            self.hand_in_draft: 10,
            self.reopen: 15,
            self.edit: 10,
            self.delete: 6,
        }

    def _last_number(self, kind: DocumentKind) -> int:
        """The number that this shop gave to a document of this kind last, in an earlier life perhaps."""
        query = f"SELECT MAX({kind.id_column}) FROM dbo.{kind.table} WHERE shop_pharmacy_code = ?"
        latest = self._connection.execute(query, self._shop).fetchval()
        return 0 if latest is None else int(str(latest).rpartition("-")[2])

    def act(self) -> None:
        """Do one thing, chosen at random."""
        [action] = self._chance.choices(list(self._actions), weights=list(self._actions.values()))
        action()

    def hand_in_new(self) -> None:
        """Insert a document that is pending from the start."""
        self._insert(PENDING)

    def hand_in_several(self) -> None:
        """Insert three pending documents in one transaction."""
        documents = [self._new_document(PENDING) for _ in range(3)]
        self._connection.autocommit = False
        try:
            for document in documents:
                self._write_new(document)
            self._connection.commit()
        finally:
            self._connection.autocommit = True
        for document in documents:
            self._handed_in(document)

    def draft_new(self) -> None:
        """Insert a document that is not to be sent yet."""
        self._insert(DRAFT)

    def hand_in_draft(self) -> None:
        """Make a draft pending."""
        drafts = [document for document in self._documents if document.status == DRAFT]
        if drafts:
            self._make_pending(self._chance.choice(drafts), expected=DRAFT)

    def reopen(self) -> None:
        """Make a document pending again that a worker service has synchronised."""
        handed_in = [document for document in self._documents if document.status == PENDING]
        if handed_in:
            # The older half: those are the ones that are likely to be synchronised by now.
            self._make_pending(self._chance.choice(handed_in[: len(handed_in) // 2 + 1]), expected=SYNCED)

    def edit(self) -> None:
        """Change a column that has nothing to do with the status: this hands nothing in."""
        if self._documents:
            document = self._chance.choice(self._documents)
            note = names.in_the_way_of(self._shop, f"đã xem lúc {time.time():.3f}")
            self._update(document, "note = ?", note, where="1 = 1")

    def delete(self) -> None:
        """Delete a draft or a synchronised document; now and then its local id is used again at once."""
        if not self._documents:
            return
        document = self._chance.choice(self._documents)
        statement = f"DELETE FROM dbo.{document.kind.table} WHERE {self._key(document)} AND status IN (?, ?)"
        deleted = self._connection.execute(statement, self._shop, document.local_id, DRAFT, SYNCED).rowcount
        if not deleted:
            return
        self._documents.remove(document)
        if self._chance.random() < 0.3:
            again = Document(
                kind=document.kind, local_id=document.local_id, revision=document.revision + 1, status=PENDING
            )
            self._write_new(again)
            self._handed_in(again)

    def _insert(self, status: str) -> None:
        document = self._new_document(status)
        self._write_new(document)
        if status == PENDING:
            self._handed_in(document)
        else:
            self._remember(document)

    def _new_document(self, status: str) -> Document:
        kind = self._chance.choice(KINDS)
        self._numbers[kind.name] += 1
        local_id = names.local_id(kind, self._numbers[kind.name], shop=self._shop)
        return Document(kind=kind, local_id=local_id, revision=1, status=status)

    def _write_new(self, document: Document) -> None:
        kind = document.kind
        columns = f"shop_pharmacy_code, {kind.id_column}, status, revision, {kind.text_column}"
        self._connection.execute(
            f"INSERT INTO dbo.{kind.table} ({columns}) VALUES (?, ?, ?, ?, ?)",
            self._shop,
            document.local_id,
            document.status,
            document.revision,
            names.text(kind, self._chance, shop=self._shop),
        )

    def _make_pending(self, document: Document, *, expected: str) -> None:
        assignments = "status = ?, revision = ?"
        revision = document.revision + 1
        if self._update(document, assignments, PENDING, revision, where="status = ?", having=(expected,)):
            document.status, document.revision = PENDING, revision
            self._documents.remove(document)
            self._handed_in(document)

    def _update(
        self, document: Document, assignments: str, *values: object, where: str, having: tuple[object, ...] = ()
    ) -> int:
        statement = f"UPDATE dbo.{document.kind.table} SET {assignments} WHERE {self._key(document)} AND {where}"
        return int(self._connection.execute(statement, *values, self._shop, document.local_id, *having).rowcount)

    def _key(self, document: Document) -> str:
        return f"shop_pharmacy_code = ? AND {document.kind.id_column} = ?"

    def _handed_in(self, document: Document) -> None:
        self._report(
            HandIn(
                kind=document.kind.name,
                key=(self._shop, document.local_id),
                revision=document.revision,
                committed_at=time.time(),
            )
        )
        self._remember(document)

    def _remember(self, document: Document) -> None:
        self._documents.append(document)
        del self._documents[:-MEMORY]
