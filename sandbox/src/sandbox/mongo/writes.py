"""Update, delete and findAndModify on one collection."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sandbox.mongo.collection import Collection, Match
from sandbox.mongo.errors import failed_to_parse
from sandbox.mongo.indexes import Index
from sandbox.mongo.planner import Sort
from sandbox.mongo.search import Search
from sandbox.mongo.updates import Update
from sandbox.mongo.upserts import new_document
from sandbox.mongo.values import MISSING, Document, decode


@dataclass(frozen=True, kw_only=True, slots=True)
class UpdateResult:
    """What an update did. `upserted` is the new document's `_id`, or MISSING."""

    matched: int
    modified: int
    upserted: Any = MISSING


@dataclass(frozen=True, kw_only=True, slots=True)
class Modified:
    """What findAndModify did: the document before and after. `upserted` is the new document's `_id`, or MISSING."""

    before: Document | None
    after: Document | None
    upserted: Any = MISSING


def update_documents(
    collection: Collection, filter_spec: Document, update: Update, *, multi: bool, upsert: bool
) -> UpdateResult:
    """Update the first match, or all. Stops at the first error and keeps what was done before, as MongoDB does."""
    if multi and update.replaces:
        raise failed_to_parse("multi update is not supported for replacement-style update")
    affected = collection.affected_by(update.touches)
    matched = modified = 0
    for match in _found(collection, filter_spec, multi=multi):
        matched += 1
        modified += _modify(collection, match, update, affected)
    if not matched and upsert:
        identity = collection.insert(new_document(filter_spec, update))
        return UpdateResult(matched=0, modified=0, upserted=identity)
    return UpdateResult(matched=matched, modified=modified)


def delete_documents(collection: Collection, filter_spec: Document, *, limit: int) -> int:
    """Delete the first match (limit 1) or all of them (limit 0); returns how many."""
    removed = 0
    for match in _found(collection, filter_spec, multi=not limit):
        collection.remove(match)
        removed += 1
    return removed


def _found(collection: Collection, filter_spec: Document, *, multi: bool) -> Iterator[Match]:
    """The first match, or all; each may be changed when it is given out.

    What is to be looked at is settled before the first is changed, so that an update never meets its own result.
    """
    search = Search(collection, filter_spec)
    if multi:
        search.detach()
    return islice(search, None if multi else 1)


def find_and_update(
    collection: Collection, filter_spec: Document, sort: Sort, update: Update, *, upsert: bool
) -> Modified:
    """Update the first match in this order, or insert when there is none and `upsert` is set."""
    match = next(Search(collection, filter_spec, sort), None)
    if match is not None:
        _modify(collection, match, update, collection.affected_by(update.touches))
        changed = collection.records[match.record]
        return Modified(before=match.document, after=decode(changed))
    if not upsert:
        return Modified(before=None, after=None)
    document = new_document(filter_spec, update)
    identity = collection.insert(document)
    return Modified(before=None, after={"_id": identity, **document}, upserted=identity)


def find_and_remove(collection: Collection, filter_spec: Document, sort: Sort) -> Document | None:
    """Delete the first match in this order and return it."""
    match = next(Search(collection, filter_spec, sort), None)
    if match is None:
        return None
    collection.remove(match)
    return match.document


def _modify(collection: Collection, match: Match, update: Update, affected: Sequence[Index]) -> bool:
    """Change a copy, so that the match still tells what the indexes hold, and a failure changes nothing."""
    copy = decode(match.raw) if update.nested else match.document.copy()
    return collection.replace(match, update.apply(copy, inserting=False), affected=affected)
