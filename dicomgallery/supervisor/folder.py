"""The data folder: its shape, who may read it, and that one gallery has it to itself."""

import fcntl
import os
from pathlib import Path

from dicomgallery.errors import ConflictError, SettingError
from dicomgallery.settings import PREFIX, Settings

TREE = ("blobs", "tmp", "cache/pictures", "cache/volumes", "exports", "run")

NETWORK = frozenset(
    "nfs nfs4 cifs smb3 smbfs ncpfs afs ceph glusterfs lustre gpfs beegfs ocfs2 gfs2 "
    "fuse.sshfs fuse.glusterfs fuse.rclone fuse.s3fs fuse.davfs2 davfs".split()
)
"""Several machines can mount these, and their locks do not hold what SQLite needs.

9p and virtiofs are not among them: a virtual machine or container mounts a local folder by them.
"""


def prepare(settings: Settings) -> None:
    """Make the folder with its tree, readable by its owner alone, or raise SettingError."""
    data = settings.data
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        if data.stat().st_mode & 0o077:
            data.chmod(0o700)
        for name in TREE:
            (data / name).mkdir(mode=0o700, parents=True, exist_ok=True)
        probe = data / "tmp" / f".probe-{os.getpid()}"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise SettingError(f"{data} cannot be the data folder: {error.strerror}. Choose another with --data.") from None
    kind = file_system_of(data)
    if settings.database.startswith("sqlite") and kind in NETWORK:
        raise SettingError(
            f"{data} lies on a network file system ({kind}), where SQLite would lose data. "
            f"Choose a local folder ({PREFIX}DATA or --data), or keep the catalog in PostgreSQL (DATABASE_URL)."
        )


def file_system_of(folder: Path, mounts: str | None = None) -> str:
    """Name the kind of file system that `folder` lies on, as /proc/mounts does; empty where that is not known."""
    if mounts is None:
        try:
            mounts = Path("/proc/mounts").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""
    real = folder.resolve()
    best, found = -1, ""
    for line in mounts.splitlines():
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        point = Path(_unescaped(fields[1]))
        # A later line hides an earlier one at the same place.
        if real.is_relative_to(point) and len(point.parts) >= best:
            best, found = len(point.parts), fields[2]
    return found


def lock(settings: Settings) -> int:
    """Take the folder for this process and return the descriptor that holds it, or raise ConflictError.

    The lock ends with the process, however it ends.
    """
    held = os.open(settings.run / "supervisor.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        owner = os.pread(held, 20, 0).decode(errors="replace").strip() or "unknown"
        os.close(held)
        raise ConflictError(
            f"This folder is already in use by another gallery (process {owner}): {settings.data}"
        ) from None
    os.ftruncate(held, 0)
    os.pwrite(held, f"{os.getpid()}\n".encode(), 0)
    return held


def _unescaped(field: str) -> str:
    """/proc/mounts writes space, tab, newline and backslash as three octal digits."""
    for code, char in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        field = field.replace(code, char)
    return field
