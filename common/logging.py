"""Logging: structured events, on the console or as JSON lines, through the standard library's handlers."""

from __future__ import annotations

import logging
from collections.abc import Mapping, MutableMapping
from typing import Any, TextIO

import structlog
from typing_extensions import override

from common.config import Settings
from common.error_text import error_text, traceback_text, without_quotes_of
from common.escaping import escaped

TELL_ROWS = ("pymongo.command", "sqlalchemy.engine", "sqlalchemy.pool")
"""Loggers of libraries that tell commands with their documents, or statements with their parameters, when debugging."""


def set_up_logging(settings: Settings) -> None:
    """Configure structlog and the root logger by the settings. Call once a process."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderers: list[Any] = [
        structlog.processors.ExceptionRenderer(lambda exc_info: traceback_text(exc_info[1])),
        structlog.processors.JSONRenderer(),
    ]
    if settings.RELAY_LOG_FORMAT == "console":
        renderers = [
            one_line_each,
            structlog.dev.ConsoleRenderer(colors=False, exception_formatter=indented_traceback),
        ]
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
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderers],
        )
    )
    # guard: library-logs-without-values
    handler.addFilter(WithoutValues())
    for name in TELL_ROWS:
        # guard: no-rows-when-debugging
        logging.getLogger(name).setLevel(logging.WARNING)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.RELAY_LOG_LEVEL)


class WithoutValues(logging.Filter):
    """Has what libraries log of an error say it in `error_text`'s words."""

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        """Change the record's text; let every record through."""
        if isinstance(record.msg, BaseException):
            record.msg = error_text(record.msg)
        if isinstance(record.args, tuple):
            record.args = tuple(error_text(one) if isinstance(one, BaseException) else one for one in record.args)
        if record.exc_info and record.exc_info[1] is not None and not isinstance(record.msg, Mapping):
            record.msg, record.args = without_quotes_of(record.exc_info[1], record.getMessage()), None
        return True


class _Quoted:
    """A text that is logged as Python writes it."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return repr(self._text)


def one_line_each(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A processor: no field of an event begins a line of the log, or steers the terminal that shows it.

    structlog's console renderer writes texts as they are where no blank, quote or line end stands in them.
    """
    for name, value in event.items():
        if not isinstance(value, str):
            continue
        if name in ("event", "logger", "stack", "exception"):
            event[name] = escaped(value) if name in ("event", "logger") else _indented(value)
        elif not value.isprintable():  # guard: log-of-one-line
            event[name] = _Quoted(value)
    return event


def indented_traceback(output: TextIO, exc_info: Any) -> None:
    """Write a traceback no line of which looks like one of the log: an exception's text may have several."""
    output.write(_indented(f"\n{traceback_text(exc_info[1])}"))


def _indented(text: str) -> str:
    # guard: traceback-indented
    return "\n".join(f"    {escaped(line)}" if line else line for line in text.split("\n"))


def get_logger(name: str) -> Any:
    """A logger that takes an event and its fields: `log.info("cycle", source="sale")`."""
    return structlog.stdlib.get_logger(name)
