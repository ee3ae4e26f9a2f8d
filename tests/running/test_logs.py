"""Log lines: JSON, short, and without anything that names a patient."""

import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest

from dicomgallery import logs

HOME = Path(__file__).resolve().parents[2]
NAME = "Yamada^Tarou=山田^太郎"


def line_of(record: logging.LogRecord) -> dict[str, object]:
    text = logs.JsonFormatter().format(record)
    assert "\n" not in text
    assert len(text.encode()) < 4096
    read = json.loads(text)
    assert isinstance(read, dict)
    return read


def record(
    name: str, message: str, *arguments: object, error: BaseException | None = None, **extra: object
) -> logging.LogRecord:
    made = logging.LogRecord(
        name,
        logging.WARNING,
        __file__,
        7,
        message,
        arguments,
        None if error is None else (type(error), error, error.__traceback__),
        "somewhere",
    )
    vars(made).update(extra)
    return made


def caught(depth: int = 0) -> ValueError:
    try:
        fail(depth)
    except ValueError as error:
        return error
    raise AssertionError


def fail(depth: int) -> None:
    if depth:
        fail(depth - 1)
    try:
        {}[NAME]
    except KeyError as error:
        raise ValueError(f"no such patient: {NAME}") from error


def test_a_line_says_when_what_and_with_which_numbers() -> None:
    line = line_of(record("dicomgallery.ingest", "instance stored", instance=12, origin="form"))

    assert line["event"] == "instance stored"
    assert line["level"] == "WARNING"
    assert line["instance"] == 12
    assert line["origin"] == "form"
    assert str(line["ts"]).endswith("Z")
    assert "request" not in line


def test_a_line_within_a_request_carries_its_id() -> None:
    token = logs.request_id.set("5f0c")
    try:
        assert line_of(record("dicomgallery.web", "served"))["request"] == "5f0c"
    finally:
        logs.request_id.reset(token)


def test_an_exception_is_its_type_its_causes_and_its_place_never_its_words() -> None:
    line = line_of(record("dicomgallery.web", "a request failed", error=caught()))

    assert NAME not in json.dumps(line, ensure_ascii=False)
    error = line["error"]
    assert isinstance(error, dict)
    assert error["type"] == "ValueError"
    assert error["causes"] == ["KeyError"]
    assert error["frames"][-1].startswith("tests/running/test_logs.py:")
    assert error["frames"][-1].endswith(" fail")


def test_another_librarys_words_stay_out() -> None:
    line = line_of(record("pydicom", f"Invalid value for PN: {NAME}"))

    assert NAME not in json.dumps(line, ensure_ascii=False)
    assert "test_logs.py:7" in str(line["event"])


def test_a_value_that_is_no_plain_number_or_word_is_named_by_its_type_only() -> None:
    line = line_of(record("dicomgallery.ingest", "odd", dataset={"PatientName": NAME}))

    assert line["dataset"] == "dict"


def test_flasks_path_in_its_exception_message_stays_out() -> None:
    line = line_of(record("dicomgallery", "Exception on %s [%s]", f"/files/{NAME}", "GET", error=caught()))

    assert NAME not in json.dumps(line, ensure_ascii=False)


def test_a_line_stays_below_what_a_pipe_writes_at_once() -> None:
    line = line_of(record("dicomgallery.x", "w" * 9000, error=caught(200), **{f"n{i}": "v" * 200 for i in range(50)}))

    assert str(line["event"]).startswith("www")
    assert isinstance(line["error"], dict)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (f"raise ValueError({NAME!r})", "this process ends by an exception"),
        (f"import warnings; warnings.warn({NAME!r})", "a library warned"),
        (
            f"import threading as t\ndef f(): raise ValueError({NAME!r})\nx = t.Thread(target=f); x.start(); x.join()",
            "a thread ends by an exception",
        ),
        (
            f"class A:\n def __del__(self): raise ValueError({NAME!r})\na = A(); del a",
            "an exception nobody could catch",
        ),
        (f"import logging; logging.getLogger('x').error('to %s', {NAME!r})", "said something at <string>:2 <module>"),
    ],
    ids=["uncaught", "warning", "thread", "destructor", "foreign"],
)
def test_whatever_way_a_process_complains_it_is_one_json_line(code: str, expected: str) -> None:
    program = f"from dicomgallery import logs; logs.configure('INFO')\n{code}"
    done = subprocess.run([sys.executable, "-c", program], cwd=HOME, capture_output=True, text=True, check=False)

    (line,) = done.stderr.splitlines()
    assert json.loads(line)["event"] == expected
    assert "山田" not in line
    assert "Yamada" not in line


def test_configuring_twice_writes_once() -> None:
    program = (
        "import logging; from dicomgallery import logs; logs.configure('INFO'); logs.configure('INFO')\n"
        "logging.getLogger('dicomgallery.x').info('once')"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=HOME, capture_output=True, text=True, check=True)

    assert len(done.stderr.splitlines()) == 1
