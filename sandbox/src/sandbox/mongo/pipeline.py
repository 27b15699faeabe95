"""Aggregation pipelines: `$match $group $sort $limit $skip $project $count`, compiled stage by stage."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Final, TypeAlias

from bson import Int64

from sandbox.mongo.collection import Collection
from sandbox.mongo.errors import Code, CommandError, type_mismatch, unsupported
from sandbox.mongo.filters import compile_filter
from sandbox.mongo.grouping import compile_group
from sandbox.mongo.projections import compile_projection
from sandbox.mongo.search import Search, count_matches
from sandbox.mongo.sorting import parse_sort, sort_items
from sandbox.mongo.values import Document

Stage: TypeAlias = Callable[[Iterable[Document]], Iterator[Document]]

_KNOWN_TO_MONGODB: Final = frozenset(
    {
        "$addFields",
        "$bucket",
        "$bucketAuto",
        "$changeStream",
        "$collStats",
        "$densify",
        "$documents",
        "$facet",
        "$fill",
        "$geoNear",
        "$graphLookup",
        "$indexStats",
        "$lookup",
        "$merge",
        "$out",
        "$redact",
        "$replaceRoot",
        "$replaceWith",
        "$sample",
        "$set",
        "$setWindowFields",
        "$sortByCount",
        "$unionWith",
        "$unset",
        "$unwind",
    }
)


def aggregate(collection: Collection, pipeline: Any) -> Iterator[Document]:
    """Run a pipeline over a collection. A leading `$match` and `$sort` may use an index.

    Raises CommandError before any data is read when a stage is not understood.
    """
    stages = _parse(pipeline)
    compiled = [_compile(name, operand) for name, operand in stages]
    counted = _counted_by(stages)
    if counted is not None:
        number = count_matches(collection, stages[0][1])
        return iter([{**counted, next(reversed(counted)): number}] if number else [])
    filter_spec, sort, used = _leading(stages)
    search = Search(collection, filter_spec, parse_sort(sort))
    documents: Iterator[Document] = (match.document for match in search)
    for stage in compiled[used:]:
        documents = stage(documents)
    return documents


def _parse(pipeline: Any) -> list[tuple[str, Any]]:
    if type(pipeline) is not list:
        raise type_mismatch("'pipeline' option must be specified as an array")
    stages: list[tuple[str, Any]] = []
    for stage in pipeline:
        if type(stage) is not dict or len(stage) != 1:
            raise CommandError(
                Code.Location40323, "A pipeline stage specification object must contain exactly one field."
            )
        stages.extend(stage.items())
    return stages


def _compile(name: str, operand: Any) -> Stage:
    compiler = _COMPILERS.get(name)
    if compiler is not None:
        return compiler(operand)
    if name in _KNOWN_TO_MONGODB:
        raise unsupported(f"the aggregation stage {name}")
    raise CommandError(Code.Location40324, f"Unrecognized pipeline stage name: '{name}'")


def _leading(stages: Sequence[tuple[str, Any]]) -> tuple[Document, Document | None, int]:
    """The filter and the sort that the search itself does, and how many stages those were."""
    filter_spec: Document = {}
    sort: Document | None = None
    used = 0
    if stages and stages[0][0] == "$match":
        filter_spec, used = stages[0][1], 1
    if len(stages) > used and stages[used][0] == "$sort":
        sort, used = stages[used][1], used + 1
    return filter_spec, sort, used


def _counted_by(stages: Sequence[tuple[str, Any]]) -> Document | None:
    """The one group, but for its number, when the pipeline only counts matches: what count_documents sends."""
    if [name for name, _ in stages] != ["$match", "$group"]:
        return None
    group = stages[1][1]
    if len(group) != 2 or next(iter(group)) != "_id" or type(group["_id"]) not in (int, type(None)):
        return None
    _, (name, accumulator) = group.items()
    return {"_id": group["_id"], name: 0} if accumulator == {"$sum": 1} else None


def _match(operand: Any) -> Stage:
    accepts = compile_filter(operand)
    return lambda documents: filter(accepts, documents)


def _sort(operand: Any) -> Stage:
    sort = parse_sort(operand)
    if not sort:
        raise CommandError(Code.Location15975, "$sort stage must have at least one sort key")
    return lambda documents: iter(sort_items(list(documents), sort, lambda document: document))


def _limit(operand: Any) -> Stage:
    number = _whole_number("$limit", operand, least=1)
    return lambda documents: islice(documents, number)


def _skip(operand: Any) -> Stage:
    number = _whole_number("$skip", operand, least=0)
    return lambda documents: islice(documents, number, None)


def _whole_number(stage: str, operand: Any, *, least: int) -> int:
    if type(operand) not in (int, Int64) or operand < least:
        raise CommandError(Code.Location15958, f"the {stage} stage needs a whole number of at least {least}")
    return int(operand)


def _project(operand: Any) -> Stage:
    project = compile_projection(operand)
    if project is None:
        raise CommandError(Code.FailedToParse, "$project needs a document with at least one field")
    return lambda documents: map(project, documents)


def _count(operand: Any) -> Stage:
    if type(operand) is not str or not operand or operand.startswith("$") or "." in operand:
        raise CommandError(Code.Location40156, "the count field must be a non-empty string without '$' and '.'")

    def count(documents: Iterable[Document]) -> Iterator[Document]:
        number = sum(1 for _ in documents)
        if number:
            yield {operand: number}

    return count


_COMPILERS: Final[dict[str, Callable[[Any], Stage]]] = {
    "$count": _count,
    "$group": compile_group,
    "$limit": _limit,
    "$match": _match,
    "$project": _project,
    "$skip": _skip,
    "$sort": _sort,
}
