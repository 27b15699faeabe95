"""A problem with one source does not hold up the others, and one with all of them is said once."""

from __future__ import annotations

from collections.abc import Callable

from common.database.errors import ConfigurationError
from relay.cli.each_source import each_source
from relay.sources.builtin import BUILT_IN, SALE
from relay.sources.source import Source


def _refused(said: Callable[[Source], str | None]) -> Callable[[Source], str]:
    def look(source: Source) -> str:
        if problem := said(source):
            raise ConfigurationError(problem)
        return source.name

    return look


def test_one_that_is_refused_leaves_the_others() -> None:
    found, problems = each_source(BUILT_IN, _refused(lambda one: "source sale: fix it" if one == SALE else None))
    assert (found, problems) == (["import", "cancellation"], ["source sale: fix it"])


def test_what_is_wrong_with_all_is_said_once() -> None:
    found, problems = each_source(BUILT_IN, _refused(lambda one: f"source {one.name}: Redis: no"))
    assert (found, problems) == ([], ["all sources: Redis: no"])


def test_different_problems_are_all_said() -> None:
    _, problems = each_source(BUILT_IN, _refused(lambda one: f"source {one.name}: no table {one.table}"))
    assert len(problems) == len(BUILT_IN)


def test_a_single_source_keeps_its_name() -> None:
    _, problems = each_source([SALE], _refused(lambda one: f"source {one.name}: Redis: no"))
    assert problems == ["source sale: Redis: no"]
