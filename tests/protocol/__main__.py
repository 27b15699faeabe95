"""`python -m tests.protocol [fault...] [guard...]`: see the package."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from tests.protocol.history import History
from tests.protocol.rules import Rules
from tests.protocol.verdict import Finding, Verdict


def main(words: Sequence[str]) -> int:
    """Play N histories; 1 when anything went wrong in one of them, 2 for a word that is not known."""
    try:
        rules = Rules.named(words)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    histories, first = int(os.environ.get("N", "20000")), int(os.environ.get("SEED", "0"))
    found: dict[Verdict, list[Finding]] = {}
    for seed in range(first, first + histories):
        finding = History(seed, rules).play()
        if finding is not None:
            found.setdefault(finding.verdict, []).append(finding)
    print(rules, {str(verdict): len(findings) for verdict, findings in found.items()}, "of", histories)
    if os.environ.get("V"):
        for findings in found.values():
            print(findings[0])
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
