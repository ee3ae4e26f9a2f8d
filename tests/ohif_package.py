"""A package as npm's registry sends it, made up: a page, what it loads, and what a browser has no need of."""

import base64
import gzip
import hashlib
import io
import tarfile
from collections.abc import Mapping
from typing import Final

SCRIPT: Final = "window.PUBLIC_URL = '/'"
PAGE: Final = f"<!doctype html><title>Made up</title><script>{SCRIPT}</script><script src=/app.js></script>".encode()
FILES: Final = {
    "package/LICENSE": b"The MIT License",
    "package/README.md": b"Read me",
    "package/dist/index.html": PAGE,
    "package/dist/app.js": b"export const word = 'calm';\n" * 1000,
    "package/dist/app.js.map": b"{}",
    "package/dist/12.bundle.0f6159c501addfe9.js": b"onmessage = null;",
    "package/dist/34b1e6b1deb5828e.wasm": b"\0asm",
    "package/dist/assets/mark.svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    "package/dist/ort/ort.wasm": b"\0asm",
}
SERVED: Final = {
    "LICENSE",
    "index.html",
    "app.js",
    "12.bundle.0f6159c501addfe9.js",
    "34b1e6b1deb5828e.wasm",
    "assets/mark.svg",
}


def package(files: Mapping[str, bytes] = FILES, *others: tarfile.TarInfo) -> bytes:
    """A tarball of these files, and of members that are none."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
        for member in others:
            archive.addfile(member)
    # Without the time, so that it is the same whenever it is made.
    return gzip.compress(packed.getvalue(), mtime=0)


def integrity(content: bytes) -> str:
    """The hash of a package in the form that npm locks have."""
    return f"sha512-{base64.b64encode(hashlib.sha512(content).digest()).decode()}"
