"""Redis with the queue and its offset, as the model knows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tests.protocol.mongo import NOWHERE, Document, Offset
from tests.protocol.rules import Guard, Rules


class GapError(Exception):
    """Redis does not stand where this batch begins."""


Item = tuple[Document, bool]
"""A dispatch, and whether its message is pushed: otherwise only the offset moves."""


class Redis:
    """The queue and, beside it, the offset of what was pushed last."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self.queue: list[Document] = []
        self.offset = NOWHERE

    def push(self, epoch: str, after: Offset, items: Sequence[Item]) -> None:
        """One Lua call, all or nothing. Raises GapError."""
        if not self._rules.have(Guard.OFFSET):
            self.queue += [replace(document) for document, pushed in items if pushed]
            return
        ours = self.offset.epoch == epoch
        if self._rules.have(Guard.CHAIN) and self._is_gap(epoch, after):
            raise GapError
        for document, pushed in items:
            if not ours or document.place > self.offset.place:
                self.offset = Offset(epoch, *document.place)
                ours = True
                if pushed:
                    self.queue.append(replace(document))

    def _is_gap(self, epoch: str, after: Offset) -> bool:
        if self.offset.epoch != epoch:
            return after != self.offset
        return after.epoch == epoch and after.place > self.offset.place
