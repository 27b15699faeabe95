"""What cycles did, as a table."""

from __future__ import annotations

from collections.abc import Sequence

from relay.cli.console import DataTable
from relay.cycle.outcomes import SENTENCES as OUTCOMES
from relay.cycle.outcomes import CycleReport
from relay.cycle.reasons import SENTENCES


def cycle_table(reports: Sequence[CycleReport]) -> DataTable:
    """What cycles did, a row each."""
    table = DataTable("source", "outcome", "watermark", "sent", "rejected", "baseline")
    for report in reports:
        version = "-" if report.version is None else str(report.version)
        baseline = SENTENCES[report.baseline] if report.baseline else ""
        table.add_row(
            report.source, OUTCOMES[report.outcome], version, str(report.dispatched), str(report.rejected), baseline
        )
    return table
