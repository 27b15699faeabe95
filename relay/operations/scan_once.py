"""A scan with settings and sources of one's own, outside of Celery."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing

from celery import Celery

from common.config import Settings
from common.database.errors import ConfigurationError
from relay.cycle.outcomes import CycleReport
from relay.operations.service import scan
from relay.sources.reserved import reserved_names
from relay.sources.source import Source
from relay.wiring import build


def scan_once(settings: Settings, sources: Sequence[Source]) -> Mapping[str, Sequence[CycleReport]]:
    """See `relay.scan_once`. Every connection is closed at the end."""
    for source in sources:
        if problems := reserved_names(source):
            raise ConfigurationError("\n".join(f"source {source.name}: {problem}" for problem in problems))
    with closing(build(settings, Celery("relay-scan-once", set_as_current=False))) as relay:
        return {source.name: scan(relay, source) for source in sources}
