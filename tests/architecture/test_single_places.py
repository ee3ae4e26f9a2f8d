"""Things that are done in one place only. Layers are import-linter's, see pyproject.toml; both run in ./test.sh."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

HOME = Path(__file__).resolve().parents[2]
CODE = sorted((HOME / "dicomgallery").rglob("*.py"))


def trees(*words: str) -> Iterator[tuple[str, ast.Module]]:
    """The syntax of every file that says one of these words; without any of them nothing can be done in it."""
    for path in CODE:
        text = path.read_text(encoding="utf-8")
        if any(word in text for word in words):
            yield path.relative_to(HOME / "dicomgallery").as_posix(), ast.parse(text)


def test_there_is_one_commit_site() -> None:
    sites = {
        name
        for name, tree in trees("commit")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "commit"
    }

    assert sites == {"models/base.py"}


def test_there_is_one_dcmread() -> None:
    readers = {
        name
        for name, tree in trees("dcmread")
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and any(alias.name == "dcmread" for alias in node.names)
    }

    assert readers == {"dicom/reader.py"}


def test_the_environment_is_read_by_settings_and_handed_on_by_the_supervisor() -> None:
    readers = {
        name
        for name, tree in trees("environ", "getenv")
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "environb", "getenv"} and is_os(node.value)
    }

    assert readers == {"settings.py", "supervisor/__init__.py"}


def is_os(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "os"


def test_exceptions_of_every_kind_are_kept_from_rising_at_four_borders_only() -> None:
    """The HTTP error handler, the job runner, the sandbox's child, and the group commit, whose waiters raise them."""
    swallowing = {
        name
        for name, tree in trees("except Exception", "except BaseException", "except:")
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler) and catches_all(node) and not raises(node)
    }

    assert swallowing <= {"serving/errors.py", "jobs/runner.py", "sandbox/child.py", "ingest/commit.py"}


def catches_all(handler: ast.ExceptHandler) -> bool:
    return handler.type is None or (
        isinstance(handler.type, ast.Name) and handler.type.id in {"Exception", "BaseException"}
    )


def raises(handler: ast.ExceptHandler) -> bool:
    return any(isinstance(node, ast.Raise) for node in ast.walk(handler))


def test_the_supervisor_loads_neither_flask_nor_a_database_nor_dicom() -> None:
    program = (
        "import sys, app, dicomgallery.supervisor\n"
        "print([m for m in ('flask', 'sqlalchemy', 'pydicom', 'numpy', 'PIL') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=HOME, capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"


def test_no_file_names_an_absolute_place_of_a_machine() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=HOME, capture_output=True, text=True, check=False).stdout
    for name in tracked.splitlines():
        path = HOME / name
        if path.suffix in {".py", ".sh", ".md", ".toml", ".yml", ".html", ".js", ".css", ".txt"} and path.exists():
            text = path.read_text(encoding="utf-8", errors="replace")
            assert f"{HOME}/" not in text, name
