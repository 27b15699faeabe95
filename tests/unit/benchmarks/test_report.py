"""What a run says, at the prompt and in the document."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from benchmarks import aims, document, peer, report
from tests.unit.benchmarks.samples import FOUND, variant

DOCUMENT = Path(__file__).parents[3] / "docs" / "benchmarks.md"


def said_of(found: dict[str, Any]) -> str:
    said = io.StringIO()
    report.show({**found, "ratios": aims.ratios(found)}, Console(file=said, width=120))
    return said.getvalue()


def test_the_tables_say_which_aims_are_missed() -> None:
    missed = [line for line in said_of(FOUND).splitlines() if "MISSED" in line]
    assert [line.split("│")[1].strip() for line in missed] == [
        "publishing, relay to redis-benchmark",
        "p99 above the scan interval in ms, interval 0.2 s",
        "p99 in ms, lingering, 20 rows a second",
        "baseline, all were sent before, to rows never sent",
        "large repair, ticks lost",
    ]


def test_processor_time_is_given_in_rows_of_the_naive_loop() -> None:
    """7 % of a core is 70 ms a second, in which a loop that takes 0.7 ms a row sends 100."""
    [line] = [line for line in said_of(FOUND).splitlines() if "no rows, lingering" in line]
    assert line.replace("│", " ").split()[-2:] == ["7.0", "100"]


def test_a_run_without_the_slow_ones_has_no_rows_for_them() -> None:
    schedule = {**FOUND["default_schedule"], "without": {}, "cpu_percent": {}}
    said = said_of({**FOUND, "default_schedule": schedule})
    assert "no rows," not in said
    assert "% of a core, relay" not in said


@pytest.mark.parametrize("is_there", [True, False])
def test_a_word_beside_the_peer_says_that_it_reads_another_database(is_there: bool) -> None:
    variants = {**FOUND["end_to_end"], **({peer.NAME: variant(900)} if is_there else {})}
    found = {**FOUND, "end_to_end": variants}
    assert (peer.NOTE in said_of(found)) is is_there
    assert aims.ratios(found) == aims.ratios(FOUND)


def test_the_document_gets_the_tables_in_place_of_older_ones(tmp_path: Path) -> None:
    run = tmp_path / "bench.json"
    run.write_text(json.dumps({**FOUND, "ratios": aims.ratios(FOUND)}))
    before = DOCUMENT.read_text(encoding="utf-8")
    after = document.with_tables(before, document.tables(run))
    assert "2026-11-26 23:47 UTC, 2 cores; 1000 s" in after
    assert after.count("Publishing alone\n") == before.count("Publishing alone\n") == 1
    assert after.partition("## A full run")[0] == before.partition("## A full run")[0]
    assert after.rpartition("```")[2] == before.rpartition("```")[2]
    assert document.with_tables(after, document.tables(run)) == after


def test_a_document_without_a_place_for_them_is_an_error() -> None:
    with pytest.raises(ValueError, match="no block of figures"):
        document.with_tables("# Benchmarks\n\n```\nmake bench\n```\n", "tables")
