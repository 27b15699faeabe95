"""Logging: structured events, on the console or as JSON lines, through the standard library's handlers."""

from __future__ import annotations

import logging
from typing import Any

import structlog

from common.config import Settings


def set_up_logging(settings: Settings) -> None:
    """Configure structlog and the root logger by the settings. Call once a process."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: Any = structlog.processors.JSONRenderer()
    if settings.RELAY_LOG_FORMAT == "console":
        renderer = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.RELAY_LOG_LEVEL)


def get_logger(name: str) -> Any:
    """A logger that takes an event and its fields: `log.info("cycle", source="sale")`."""
    return structlog.stdlib.get_logger(name)
