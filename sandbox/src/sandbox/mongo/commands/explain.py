"""explain: which index a find uses, and how much it looks at (MongoDB's manual, "Explain Results")."""

from __future__ import annotations

from itertools import islice

from sandbox.mongo.commands.arguments import collection_of, document_field, namespace_of, whole_number
from sandbox.mongo.commands.registry import Effect, command
from sandbox.mongo.errors import unsupported
from sandbox.mongo.planner import Plan, Sort
from sandbox.mongo.search import Search
from sandbox.mongo.sorting import parse_sort
from sandbox.mongo.state import Connection, State
from sandbox.mongo.values import Document


@command("explain", fields=frozenset({"verbosity"}), effect=Effect.READS)
def explain(state: State, _connection: Connection, document: Document) -> Document:
    """The winning plan of a find, and how many documents it looks at and gives, whatever `verbosity` asks for."""
    explained = document_field(document, "explain")
    if "find" not in explained:
        raise unsupported(f"explain of {next(iter(explained), 'nothing')}")
    wanted = {**explained, "$db": document["$db"]}
    sort = parse_sort(wanted.get("sort"))
    search = Search(collection_of(state.catalogue, wanted), document_field(wanted, "filter"), sort)
    limit = whole_number(wanted, "limit") or None
    returned = sum(1 for _ in islice(search, limit))
    exists = state.catalogue.exists(wanted["$db"], wanted["find"])
    plan = _stages(search.plan, sort) if exists else {"stage": "EOF"}
    return {
        "explainVersion": "1",
        "queryPlanner": {"namespace": namespace_of(wanted), "winningPlan": plan},
        "executionStats": {"executionSuccess": True, "nReturned": returned, "totalDocsExamined": search.examined},
    }


def _stages(plan: Plan | None, sort: Sort) -> Document:
    if plan is None:
        found: Document = {"stage": "COLLSCAN", "direction": "forward"}
    else:
        spec = plan.index.spec
        direction = "backward" if plan.reverse else "forward"
        scan = {"stage": "IXSCAN", "keyPattern": spec.key, "indexName": spec.name, "direction": direction}
        found = {"stage": "FETCH", "inputStage": scan}
    if sort and not (plan is not None and plan.sorted):
        return {"stage": "SORT", "sortPattern": dict(sort), "inputStage": found}
    return found
