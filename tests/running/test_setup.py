"""`run.sh` on all kinds of machines: each has its own PATH and a Python that notes what it is asked."""

import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

HOME = Path(__file__).resolve().parents[2]
NEEDED = ("bash", "dirname", "cat", "cksum", "rm", "mkdir", "cp", "env")

# A Python as far as run.sh can tell. It notes its arguments; `-m venv DIR` puts a copy of it there.
PYTHON = """#!/usr/bin/env bash
printf '%s\\n' "$*" >> "{notes}"
case "$*" in
    *"import venv"*) exit {venv_lacks} ;;
    *"-m venv"*) mkdir -p "${{@: -1}}/bin"; cp "$0" "${{@: -1}}/bin/python" ;;
    *"-m pip"*) exit {pip_fails} ;;
esac
"""


class Machine:
    """A checkout in a folder with spaces, and a PATH with nothing but what is put there."""

    def __init__(self, folder: Path) -> None:
        self.checkout = folder / "my check out"
        self.path = folder / "bin"
        self.notes = folder / "notes"
        self.path.mkdir()
        (self.checkout / "tools").mkdir(parents=True)
        for name in ("run.sh", "tools/venv.sh", "requirements.txt", "app.py"):
            shutil.copy(HOME / name, self.checkout / name)
        for name in NEEDED:
            found = shutil.which(name)
            assert found
            (self.path / name).symlink_to(found)

    def has_python(self, name: str = "python3", *, venv_lacks: int = 0, pip_fails: int = 0) -> None:
        file = self.path / name
        file.write_text(PYTHON.format(notes=self.notes, venv_lacks=venv_lacks, pip_fails=pip_fails))
        file.chmod(0o755)

    def has_hollow_shim(self, name: str) -> None:
        file = self.path / name
        file.write_text("#!/usr/bin/env bash\necho 'command not found' >&2; exit 127\n")
        file.chmod(0o755)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.checkout / "run.sh", *arguments],
            cwd="/",
            env={"PATH": str(self.path)},
            capture_output=True,
            text=True,
            check=False,
        )

    def asked(self) -> list[str]:
        """What Python was asked since the last time."""
        told = self.notes.read_text().splitlines() if self.notes.exists() else []
        self.notes.unlink(missing_ok=True)
        return told


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_without_python_it_says_what_is_needed(machine: Machine) -> None:
    machine.has_hollow_shim("python3")

    done = machine.run()

    assert done.returncode != 0
    assert "needs Python 3.11 or newer" in done.stderr
    assert "Traceback" not in done.stderr


def test_without_the_venv_module_it_names_the_package(machine: Machine) -> None:
    machine.has_python(venv_lacks=1)

    done = machine.run()

    assert done.returncode != 0
    assert "apt install python3-venv" in done.stderr


def test_the_first_start_makes_the_environment_installs_and_starts(machine: Machine) -> None:
    machine.has_hollow_shim("python3.12")
    machine.has_python("python3.11")

    done = machine.run("--port", "5001")

    asked = machine.asked()
    assert done.returncode == 0, done.stderr
    assert f"-m venv {machine.checkout}/.venv" in asked
    assert any(f"--requirement {machine.checkout}/requirements.txt" in line for line in asked)
    assert asked[-1] == f"{machine.checkout}/app.py --port 5001"


def test_a_warm_start_asks_nothing_but_to_start(machine: Machine) -> None:
    machine.has_python()
    machine.run()
    machine.asked()

    machine.run()

    assert machine.asked() == [f"{machine.checkout}/app.py"]


def test_changed_pins_are_installed_into_the_same_environment(machine: Machine) -> None:
    machine.has_python()
    machine.run()
    machine.asked()
    with (machine.checkout / "requirements.txt").open("a") as pins:
        pins.write("more==1.0\n")

    machine.run()

    asked = machine.asked()
    assert any("-m pip install" in line for line in asked)
    assert not any("-m venv" in line for line in asked)


def test_a_failed_installation_is_not_taken_for_a_finished_one(machine: Machine) -> None:
    machine.has_python(pip_fails=1)
    assert machine.run().returncode != 0
    machine.asked()

    done = machine.run()

    assert "could not be installed" in done.stderr
    asked = machine.asked()
    assert any("-m pip install" in line for line in asked)
    assert not any(line.endswith("app.py") for line in asked)


@pytest.mark.parametrize("name", ["run.sh", "test.sh", ".ci/run"])
def test_the_commands_can_be_executed(name: str) -> None:
    assert (HOME / name).stat().st_mode & stat.S_IXUSR
    subprocess.run(["bash", "-n", str(HOME / name)], check=True)
    assert os.access(HOME / name, os.X_OK)


def test_every_check_is_a_step_of_the_tests() -> None:
    script = (HOME / "test.sh").read_text(encoding="utf-8")
    for command in (
        "ruff check",
        "ruff format --check",
        " mypy",
        "lint-imports",
        "djlint --lint",
        "codespell",
        "pytest -n 2",
        "pytest -m long",
        "bench gates",
    ):
        assert command in script, command
    assert "./test.sh" in (HOME / ".ci" / "run").read_text(encoding="utf-8")
