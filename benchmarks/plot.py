"""A picture of cost against work."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")

from matplotlib import pyplot as plt


def plot(found: Mapping[str, Any], file: Path) -> None:
    """Relay's processor time and memory by changed rows, and the seconds of each way end to end."""
    figure, (cost, race) = plt.subplots(1, 2, figsize=(11, 4))
    rows = [int(size) for size in found["growth"]]
    cost.plot(rows, [one["cpu_microseconds_a_row"] for one in found["growth"].values()], "o-", label="CPU, us a row")
    cost.plot(rows, [one["peak_mb"] for one in found["growth"].values()], "s--", label="peak memory, MB")
    cost.set(xscale="log", ylim=(0, None), xlabel="changed rows in a window", title="relay: cost against work")
    cost.legend()
    variants = found["end_to_end"]
    race.barh(list(variants), [one["seconds"] for one in variants.values()], label="wall clock")
    race.barh(list(variants), [one["cpu_seconds"] for one in variants.values()], height=0.4, label="own CPU")
    race.set(xlabel="seconds", title=f"{next(iter(variants.values()))['rows']:,.0f} rows, end to end")
    race.invert_yaxis()
    race.legend()
    figure.tight_layout()
    figure.savefig(file, dpi=120)
