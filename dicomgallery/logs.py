"""Logs as JSON lines that name no patient.

A line says when, how grave, which part, what happened, in which request, and the numbers that belong to it:

    {"ts": "2026-01-31T12:00:00.123Z", "level": "INFO", "logger": "dicomgallery.ingest", "event": "instance stored",
     "request": "5f0c...", "instance": 12}

Three things that carry identity elsewhere never reach a line: the text of a caught exception (only its type and where
it was raised), the text of another library's records (only where it was said, unless the library is known to speak of
itself alone), and any value that is no plain number or word.
"""

import logging
import sys
import threading
import traceback
import warnings
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TextIO

import orjson

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""The request or job that the current line belongs to."""

LONGEST_LINE = 3900
"""Below PIPE_BUF, so that lines of several processes never mix."""

_SPEAK_OF_THEMSELVES = ("dicomgallery", "_granian", "granian", "alembic", "gunicorn")
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_FRAMES = 30
_HOME = Path(__file__).resolve().parent.parent


def configure(level: str) -> None:
    """Send every record, warning and uncaught exception of this process to standard error as one JSON line."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    for old in root.handlers[:]:
        if isinstance(old.formatter, JsonFormatter):
            root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level)
    for chatty in ("huey", "alembic.runtime.plugins"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    logging.raiseExceptions = False
    warnings.showwarning = _warned
    sys.excepthook = _uncaught
    threading.excepthook = _uncaught_in_thread
    sys.unraisablehook = _unraisable


class JsonFormatter(logging.Formatter):
    """One JSON object a record, under 4 KiB."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line of JSON."""
        line: dict[str, object] = {
            "ts": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname,
            "logger": record.name,
            "event": _event(record),
        }
        if request := request_id.get():
            line["request"] = request
        for name, value in vars(record).items():
            if name not in _STANDARD and not name.startswith("_"):
                line[name] = _plain(value)
        if record.exc_info and record.exc_info[1]:
            line["error"] = describe(record.exc_info[1])
        encoded = orjson.dumps(line)
        if len(encoded) > LONGEST_LINE:
            kept: dict[str, object] = {
                name: line[name] for name in ("ts", "level", "logger", "request") if name in line
            }
            kept["event"] = str(line["event"])[:1000]
            kept["error"] = _shortened(line.get("error"))
            encoded = orjson.dumps(kept)
        return encoded.decode()


def describe(error: BaseException) -> dict[str, object]:
    """Describe an exception by its type, its causes' types and where it was raised, never by its text."""
    causes: list[str] = []
    cause = error.__cause__ or error.__context__
    while cause is not None and len(causes) < 5:
        causes.append(_type_name(cause))
        cause = cause.__cause__ or cause.__context__
    described: dict[str, object] = {"type": _type_name(error), "frames": _frames(error.__traceback__)}
    if causes:
        described["causes"] = causes
    return described


def _event(record: logging.LogRecord) -> str:
    if not record.name.startswith(_SPEAK_OF_THEMSELVES):
        return f"said something at {_place(record.pathname, record.lineno, record.funcName or '?')}"
    if record.exc_info and record.args:
        # Flask's own "Exception on %s [%s]" is said with the path; the template says enough.
        return str(record.msg)
    return record.getMessage()


def _plain(value: object) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return value[:200]
    return type(value).__name__


def _shortened(error: object) -> object:
    if not isinstance(error, dict):
        return None
    frames = error.get("frames")
    return {**error, "frames": frames[-5:] if isinstance(frames, list) else []}


def _frames(trace: TracebackType | None) -> list[str]:
    # Without the source lines: looking them up costs, and the place says enough.
    summary = traceback.StackSummary.extract(traceback.walk_tb(trace), lookup_lines=False)
    return [_place(frame.filename, frame.lineno or 0, frame.name) for frame in summary[-_FRAMES:]]


def _place(file: str, line: int, function: str) -> str:
    path = Path(file)
    shown = path.relative_to(_HOME) if path.is_relative_to(_HOME) and "site-packages" not in path.parts else None
    return f"{shown or '/'.join(path.parts[-2:])}:{line} {function}"


def _type_name(error: BaseException) -> str:
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _warned(  # noqa: PLR0917  the standard library's signature
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    del message  # pydicom's warnings quote the values they warn of
    log = logging.getLogger("dicomgallery.logs")
    log.warning("a library warned", extra={"category": category.__name__, "place": _place(filename, lineno, "")})


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    log = logging.getLogger("dicomgallery.logs")
    log.critical("this process ends by an exception", exc_info=(kind, error, trace))


def _uncaught_in_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None and not issubclass(args.exc_type, SystemExit):
        log = logging.getLogger("dicomgallery.logs")
        log.critical("a thread ends by an exception", exc_info=args.exc_value)


def _unraisable(args: "sys.UnraisableHookArgs") -> None:
    log = logging.getLogger("dicomgallery.logs")
    log.error("an exception nobody could catch", exc_info=args.exc_value)
