"""Python's garbage collector, told to leave alone what stays as long as the process does: modules, above all.

By default it runs after every 700 new objects, now and then visits all that there are, and does so once more when the
process ends. Relay with its drivers has a hundred thousand when they are loaded, and hardly one of them is garbage.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

YOUNG_OBJECTS = 10_000
"""More than a batch makes: reference counts free a batch before the collector runs."""


@contextmanager
def no_collector_while_loading() -> Iterator[None]:
    """For imports: a third of what a short command takes. The collector never visits what exists at the end."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def spare_the_collector() -> None:
    """Have the collector ignore what exists now, and run less often: with defaults it takes a tenth of a window's
    processor time and more. Calling this twice does no harm."""
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS)
