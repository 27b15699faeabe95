"""python -m tests.chaos --faults 100 --seed 7: break everything, one thing after the other, and count every push."""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
from pathlib import Path
from tempfile import mkdtemp

from sandbox.processes import stop_at_signals

from tests.chaos.faults import all_kinds
from tests.chaos.run import Result, Run, prepared
from tests.chaos.world import NotRecoveredError, NotRefusedError


def main() -> int:
    """0: nothing lost, nothing twice, nothing crashed. 1: something was, or relay did not recover."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--faults", type=int, default=100, help="how many faults (100)")
    parser.add_argument("--seed", type=int, help="decides which and when; drawn at random, and printed, by default")
    parser.add_argument("--only", default="", help="only faults whose names begin so, as 'redis link'")
    chosen = parser.parse_args()
    if not any(kind.name.startswith(chosen.only) for kind in all_kinds()):
        parser.error("no fault's name begins so; there are: " + ", ".join(sorted({kind.name for kind in all_kinds()})))
    seed = random.randrange(1_000_000) if chosen.seed is None else chosen.seed
    stop_at_signals()
    folder = Path(mkdtemp(prefix="relay-chaos-"))
    say(f"seed {seed}: {chosen.faults} faults; the logs are in {folder}")
    try:
        with prepared(folder, seed) as world:
            try:
                result = Run(world=world, count=chosen.faults, seed=seed, say=say, only=chosen.only).play()
            except (NotRecoveredError, NotRefusedError) as error:
                say(f"{error}\n{world.relays.tails()}\nThe logs stay in {folder}.")
                print(json.dumps({"seed": seed, "faults": chosen.faults, "error": str(error)}))
                return 1
    except KeyboardInterrupt:
        shutil.rmtree(folder, ignore_errors=True)
        say("stopped")
        return 130
    report(result)
    if not result.is_clean:
        say(f"The logs stay in {folder}.")
    else:
        shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(as_json(result)), flush=True)
    return 0 if result.is_clean else 1


def report(result: Result) -> None:
    """What happened, for a person."""
    verdict = result.verdict
    for name, count in sorted(result.faults.items()):
        say(f"{count:6}  {name}")
    say(
        f"{verdict.rows} rows, {verdict.wanted} pushes wanted, {verdict.pushes} found:"
        f" {len(verdict.lost)} lost, {len(verdict.duplicates)} twice,"
        f" {verdict.repeated} repeated as they may be\n"
        f"longest recovery {result.longest_recovery} s ({result.slowest});"
        f" {result.seconds:.0f} s in all, seed {result.seed}; {result.revived} relays ended by themselves,"
        f" {len(result.crashed)} of their processes crashed"
    )
    for death in result.crashed:
        say(f"crashed: {death}")
    for what, keys in (("lost", verdict.lost), ("twice", verdict.duplicates)):
        for key in keys[:10]:
            say(f"{what}: {' '.join(key)}")


def as_json(result: Result) -> dict[str, object]:
    """The same for a program."""
    verdict = result.verdict
    return {
        "seed": result.seed,
        "faults": result.faults.total(),
        "by_kind": dict(sorted(result.faults.items())),
        "rows": verdict.rows,
        "wanted": verdict.wanted,
        "pushes": verdict.pushes,
        "lost": len(verdict.lost),
        "duplicates": len(verdict.duplicates),
        "repeated": verdict.repeated,
        "longest_recovery_seconds": result.longest_recovery,
        "slowest": result.slowest,
        "seconds": result.seconds,
        "revived": result.revived,
        "crashed": len(result.crashed),
    }


def say(line: str) -> None:
    """At once, also into a pipe."""
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
