"""insert, update, delete and findAndModify."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

from sandbox.mongo.clock import server_time
from sandbox.mongo.commands.arguments import collection_name, collection_of, document_field, flag, list_field
from sandbox.mongo.commands.handshake import MAX_BATCH
from sandbox.mongo.commands.registry import Effect, command
from sandbox.mongo.errors import Code, CommandError, failed_to_parse, type_mismatch, unsupported
from sandbox.mongo.projections import compile_projection
from sandbox.mongo.sorting import parse_sort
from sandbox.mongo.state import Connection, State
from sandbox.mongo.updates import compile_update
from sandbox.mongo.values import MISSING, Document, Documents
from sandbox.mongo.writes import (
    Modified,
    UpdateResult,
    delete_documents,
    find_and_remove,
    find_and_update,
    update_documents,
)

_UPDATE_FIELDS: Final = frozenset({"q", "u", "multi", "upsert"})
_DELETE_FIELDS: Final = frozenset({"q", "limit"})


@command("insert", fields=frozenset({"documents", "ordered", "bypassDocumentValidation"}), effect=Effect.WRITES)
def insert(state: State, _connection: Connection, document: Document) -> Document:
    """Add documents."""
    documents = _batch(document, "documents")
    collection = collection_of(state.catalogue, document, create=True)
    raws = list(documents.raw()) if isinstance(documents, Documents) else None
    if raws is not None and collection.insert_all(documents, raws):
        return {"n": len(documents)}
    errors = _each(
        documents,
        lambda index, each: collection.insert(each, None if raws is None else raws[index]),
        ordered=_is_ordered(document),
    )
    return {"n": len(documents) if not errors else _inserted(documents, errors, document), **_shown(errors)}


def _inserted(documents: Sequence[Document], errors: Sequence[Document], document: Document) -> int:
    return int(errors[0]["index"]) if _is_ordered(document) else len(documents) - len(errors)


@command("update", fields=frozenset({"updates", "ordered", "bypassDocumentValidation"}), effect=Effect.WRITES)
def update(state: State, _connection: Connection, document: Document) -> Document:
    """Change documents, one update after the other."""
    matched = modified = 0
    upserted: list[Document] = []
    now = server_time()

    def apply(index: int, each: Document) -> None:
        nonlocal matched, modified
        result = _update_one(state, document, each, now)
        matched += result.matched
        modified += result.modified
        if result.upserted is not MISSING:
            upserted.append({"index": index, "_id": result.upserted})

    errors = _each(_batch(document, "updates"), apply, ordered=_is_ordered(document))
    reply: Document = {"n": matched + len(upserted), "nModified": modified}
    if upserted:
        reply["upserted"] = upserted
    return {**reply, **_shown(errors)}


def _update_one(state: State, document: Document, each: Document, now: datetime) -> UpdateResult:
    _check_statement("update", each, _UPDATE_FIELDS)
    upsert = flag(each, "upsert")
    compiled = compile_update(each.get("u"), now)
    return update_documents(
        collection_of(state.catalogue, document, create=upsert),
        document_field(each, "q"),
        compiled,
        multi=flag(each, "multi"),
        upsert=upsert,
    )


@command("delete", fields=frozenset({"deletes", "ordered"}), effect=Effect.WRITES)
def delete(state: State, _connection: Connection, document: Document) -> Document:
    """Remove documents."""
    collection = collection_of(state.catalogue, document)
    removed = 0

    def apply(_index: int, each: Document) -> None:
        nonlocal removed
        _check_statement("delete", each, _DELETE_FIELDS)
        limit = each.get("limit")
        if limit not in (0, 1):
            raise failed_to_parse("The limit field in delete objects must be 0 or 1")
        removed += delete_documents(collection, document_field(each, "q"), limit=int(limit))

    errors = _each(_batch(document, "deletes"), apply, ordered=_is_ordered(document))
    return {"n": removed, **_shown(errors)}


@command(
    "findAndModify",
    "findandmodify",
    fields=frozenset({"query", "sort", "remove", "update", "new", "fields", "upsert", "bypassDocumentValidation"}),
    effect=Effect.WRITES,
)
def find_and_modify(state: State, _connection: Connection, document: Document) -> Document:
    """Change or remove one document and show it, in one step."""
    projection = compile_projection(document.get("fields"))
    query, sort = document_field(document, "query"), parse_sort(document.get("sort"))
    wants_new, upsert = flag(document, "new"), flag(document, "upsert")
    if flag(document, "remove"):
        if "update" in document or upsert or wants_new:
            raise failed_to_parse("Cannot specify both remove=true and an update, upsert or new")
        removed = find_and_remove(collection_of(state.catalogue, document), query, sort)
        outcome: Document = {"n": int(removed is not None)}
        shown = removed
    else:
        if "update" not in document:
            raise failed_to_parse("Either an update or remove=true must be specified")
        compiled = compile_update(document["update"])
        collection = collection_of(state.catalogue, document, create=upsert)
        modified = find_and_update(collection, query, sort, compiled, upsert=upsert)
        outcome = _outcome(modified)
        shown = modified.after if wants_new else modified.before
    return {
        "lastErrorObject": outcome,
        "value": projection(shown) if projection is not None and shown is not None else shown,
    }


def _outcome(modified: Modified) -> Document:
    outcome: Document = {
        "n": int(modified.after is not None),
        "updatedExisting": modified.before is not None,
    }
    if modified.upserted is not MISSING:
        outcome["upserted"] = modified.upserted
    return outcome


def _batch(document: Document, field: str) -> list[Document]:
    collection_name(document)
    statements = list_field(document, field)
    if not 1 <= len(statements) <= MAX_BATCH:
        raise CommandError(
            Code.InvalidLength, f"Write batch sizes must be between 1 and {MAX_BATCH}. Got {len(statements)}."
        )
    if not all(type(statement) is dict for statement in statements):
        raise type_mismatch(f"Field '{field}' must hold objects only")
    return statements


def _check_statement(name: str, statement: Document, fields: frozenset[str]) -> None:
    for field in statement:
        if field not in fields:
            raise unsupported(f"the option '{field}' of an {name}" if name == "update" else f"{name} with '{field}'")
    if "q" not in statement:
        raise CommandError(Code.Location40414, f"BSON field '{name}.q' is missing but a required field")


def _is_ordered(document: Document) -> bool:
    return flag(document, "ordered", default=True)


def _each(statements: Sequence[Document], apply: Callable[[int, Document], Any], *, ordered: bool) -> list[Document]:
    """Apply each, and collect the errors; an ordered batch ends with the first."""
    errors: list[Document] = []
    for index, statement in enumerate(statements):
        try:
            apply(index, statement)
        except CommandError as error:
            errors.append(error.as_write_error(index))
            if ordered:
                break
    return errors


def _shown(errors: Sequence[Document]) -> Document:
    return {"writeErrors": errors} if errors else {}
