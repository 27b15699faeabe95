"""What no test may leave in a log or an output: the passwords of the tests' settings, and an argument of their rows."""

from __future__ import annotations

from collections.abc import Iterable

MARK = "kanari-4711"
"""Plain letters: however the rest of the argument is escaped, this part stays."""
ARGUMENT = f"NT-Hà-Nội-{MARK}"
"""The shop of the tests' documents, which is an argument of each message and never a business id."""
PASSWORDS = ("broker-pw", "nonsense-pw")
"""Those in the tests' settings; `watch` adds others."""
SHORTEST = 8
"""Characters: what is shorter may be said by chance."""

_canaries = {MARK, *PASSWORDS}


def watch(secret: str) -> None:
    """One more text that nobody may say from now on."""
    if len(secret) >= SHORTEST:
        _canaries.add(secret)


def hits(texts: Iterable[str]) -> list[str]:
    """The lines that hold a canary."""
    found = [text for text in texts if any(canary in text for canary in _canaries)]
    return [line for text in found for line in text.splitlines() if any(canary in line for canary in _canaries)]
