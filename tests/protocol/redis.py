"""Redis with the queue and its position, as the model knows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tests.protocol.mongo import NOWHERE, Document, Position
from tests.protocol.rules import Guard, Rules


class GapError(Exception):
    """Redis does not stand where this batch begins."""


Item = tuple[Document, bool]
"""A dispatch, and whether its message is pushed: otherwise only the position moves."""


class Redis:
    """The queue and, beside it, the position of what was pushed last."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self.queue: list[Document] = []
        self.position = NOWHERE

    def push(self, life: str, after: Position, items: Sequence[Item]) -> None:
        """One Lua call, all or nothing. Raises GapError."""
        if not self._rules.have(Guard.POSITION):
            self.queue += [replace(document) for document, pushed in items if pushed]
            return
        ours = self.position.life == life
        if self._rules.have(Guard.CHAIN) and self._is_gap(life, after):
            raise GapError
        for document, pushed in items:
            if not ours or document.place > self.position.place:
                self.position = Position(life, *document.place)
                ours = True
                if pushed:
                    self.queue.append(replace(document))

    def _is_gap(self, life: str, after: Position) -> bool:
        if self.position.life != life:
            return after != self.position
        return after.life == life and after.place > self.position.place
