"""Structured logs: ours, the frameworks' and the servers' in one format, on standard error."""

from __future__ import annotations

import logging
import sys
import traceback
from typing import Any

import structlog
from structlog.typing import EventDict, Processor

from twinserve.service.settings import Settings

log = structlog.get_logger("twinserve")


def configure(settings: Settings) -> None:
    """Format everything that is logged in this process in the same way."""
    console = settings.log_format == "console" or (settings.log_format is None and sys.stderr.isatty())
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _without_controls if console else structlog.processors.format_exc_info,
    ]
    renderer: Processor = (
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        if console
        else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
            foreign_pre_chain=[structlog.stdlib.PositionalArgumentsFormatter(), *shared],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level.upper())


def _without_controls(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """The event with its control characters escaped, as JSON does, but for line ends: a path that a caller chose must
    not colour, move or clear somebody's terminal."""
    for name, value in event.items():
        if isinstance(value, str) and not value.isprintable():
            event[name] = "".join(c if c.isprintable() or c == "\n" else ascii(c)[1:-1] for c in value)
    return event


def where(error: BaseException) -> str:
    """The traceback of an exception and of its causes, without messages: they may contain a caller's values."""
    text = f"{''.join(traceback.format_tb(error.__traceback__))}{type(error).__qualname__}"
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return text if before is None else f"{where(before)}\n\n{text}"
