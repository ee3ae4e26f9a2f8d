"""Where the sandbox server listens: a Unix socket in the data folder that only its owner can reach."""

import os
import socket
import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from dicomgallery.errors import SettingError, UnavailableError
from dicomgallery.settings import Settings

_NAME: Final = "sandbox.sock"
_LONGEST_ADDRESS_BYTES: Final = 100
"""The kernel takes 107 on Linux and 103 on macOS."""


def path_of(settings: Settings) -> Path:
    """Where the socket of this data folder stands while a server runs."""
    return settings.run.resolve() / _NAME


def connect(settings: Settings) -> socket.socket:
    """A connection to the server, or OSError."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with _short(path_of(settings)) as address:
            sock.connect(address)
    except BaseException:
        sock.close()
        raise
    return sock


def listen(settings: Settings) -> socket.socket:
    """Listen in the data folder, or UnavailableError when another server does."""
    path = path_of(settings)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        connect(settings).close()
    except OSError:
        pass
    else:
        raise UnavailableError("Another sandbox already serves this data folder.")
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    # Bound under another name first: nobody sees it before it is closed to others and listens.
    new = path.with_name(f"{_NAME}.{os.getpid()}")
    new.unlink(missing_ok=True)
    with _short(new) as address:
        listener.bind(address)
    new.chmod(0o600)
    listener.listen(128)
    new.replace(path)
    return listener


def is_ours(sock: socket.socket) -> bool:
    """Say whether the other side runs as the same user (where the kernel tells; the folder's rights hold anyway)."""
    if not hasattr(socket, "SO_PEERCRED"):
        return True
    credentials = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return struct.unpack("3i", credentials)[1] in {os.getuid(), 0}


@contextmanager
def _short(path: Path) -> Iterator[str]:
    """An address for `path` that the kernel takes, however deep the folder lies."""
    if len(os.fsencode(path)) <= _LONGEST_ADDRESS_BYTES:
        yield str(path)
        return
    if sys.platform != "linux":
        raise SettingError("The path of DICOMGALLERY_DATA is too long for a socket in it; choose a shorter one.")
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
