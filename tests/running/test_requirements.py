"""What is pinned, where, and that it is the same everywhere."""

import re
from importlib.metadata import distribution
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

HOME = Path(__file__).resolve().parents[2]
RUNTIME = HOME / "requirements.txt"


def pins_of(path: Path) -> dict[str, Requirement]:
    """The requirements of one file by canonical name."""
    lines = [line.split("  #")[0].split(" #")[0].strip() for line in path.read_text(encoding="utf-8").splitlines()]
    found = [Requirement(line) for line in lines if line and not line.startswith(("#", "-r"))]
    return {canonicalize_name(each.name): each for each in found}


def test_the_conda_environment_is_python_and_the_pinned_requirements() -> None:
    environment = yaml.safe_load((HOME / "environment.yml").read_text(encoding="utf-8"))

    *conda, pip = environment["dependencies"]

    assert environment["name"] == "dicomenv"
    assert [re.split(r"[<>=]", name)[0] for name in conda] == ["python", "pip"]
    assert ">=3.11" in conda[0]
    assert pip == {"pip": ["-r requirements.txt"]}


@pytest.mark.parametrize(
    "name", ["requirements.txt", "requirements-dev.txt", "requirements-postgres.txt", "requirements-client.txt"]
)
def test_everything_is_pinned_to_one_version(name: str) -> None:
    for pin in pins_of(HOME / name).values():
        assert re.fullmatch(r"==[\w.]+", str(pin.specifier)), pin


def test_this_environment_is_the_pinned_one() -> None:
    for name, pin in pins_of(RUNTIME).items():
        if pin.marker is None or pin.marker.evaluate():
            assert pin.specifier.contains(distribution(name).version, prereleases=True), name


@pytest.mark.parametrize(
    "files",
    [
        ("requirements.txt",),
        ("requirements.txt", "requirements-client.txt"),
        ("requirements.txt", "requirements-client.txt", "requirements-dev.txt"),
    ],
    ids=["runtime", "client", "tests"],
)
def test_the_pins_are_the_whole_closure(files: tuple[str, ...]) -> None:
    pins = {name: pin for file in files for name, pin in pins_of(HOME / file).items()}
    for name, pin in pins.items():
        if pin.marker is not None and not pin.marker.evaluate():
            continue
        for line in distribution(name).requires or []:
            needed = Requirement(line)
            if needed.marker is None or needed.marker.evaluate({"extra": ""}):
                assert canonicalize_name(needed.name) in pins, f"{name} needs {needed.name}"


def test_every_direct_dependency_says_why_and_under_which_licence() -> None:
    direct = RUNTIME.read_text(encoding="utf-8").split("# What those need")[0]
    lines = [line for line in direct.splitlines() if "==" in line]
    assert len(lines) >= 15
    for line in lines:
        assert re.search(r"# .{5,}; .*(MIT|BSD|MPL|PSF|LGPL|Apache)", line), line


def test_every_direct_dependency_is_in_the_notice() -> None:
    direct = RUNTIME.read_text(encoding="utf-8").split("# What those need")[0]
    notice = (HOME / "NOTICE").read_text(encoding="utf-8")
    for name in re.findall(r"^([\w-]+)==", direct, re.MULTILINE):
        assert re.search(rf"^  {name} ", notice, re.MULTILINE), name
