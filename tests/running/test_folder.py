"""The data folder: its shape, its rights, and that one gallery has it to itself."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from dicomgallery.errors import ConflictError, SettingError
from dicomgallery.settings import Settings
from dicomgallery.supervisor import folder

HOME = Path(__file__).resolve().parents[2]

MOUNTS = """\
/dev/vda / ext4 rw 0 0
tmpfs /tmp tmpfs rw 0 0
server:/x /mnt/scans\\040of\\040all nfs4 rw 0 0
/dev/vdb /mnt/scans\\040of\\040all/local xfs rw 0 0
//nas/share /mnt/scans cifs rw 0 0
"""


def test_the_tree_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    data = tmp_path / "data of mine"
    data.mkdir(mode=0o755)

    folder.prepare(Settings(data=data))

    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    for name in ("blobs", "tmp", "cache/pictures", "cache/volumes", "exports", "run"):
        assert (data / name).is_dir()


def test_preparing_again_changes_nothing(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data")
    folder.prepare(settings)
    (settings.data / "blobs" / "kept").write_bytes(b"x")

    folder.prepare(settings)

    assert (settings.data / "blobs" / "kept").read_bytes() == b"x"


def test_a_folder_that_cannot_be_made_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(SettingError, match="cannot be the data folder: Not a directory"):
        folder.prepare(Settings(data=tmp_path / "file" / "data"))


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/srv/data", "ext4"),
        ("/tmp/data", "tmpfs"),
        ("/mnt/scans of all/2026", "nfs4"),
        ("/mnt/scans of all/local/2026", "xfs"),
        ("/mnt/scans/2026", "cifs"),
        ("/mnt/scansandmore", "ext4"),
    ],
)
def test_the_deepest_mount_decides_the_file_system(path: str, kind: str) -> None:
    assert folder.file_system_of(Path(path), MOUNTS) == kind


def test_a_network_file_system_is_refused_for_sqlite_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder, "NETWORK", frozenset({folder.file_system_of(tmp_path)}))

    with pytest.raises(SettingError, match="network file system"):
        folder.prepare(Settings(data=tmp_path / "data"))
    folder.prepare(Settings(data=tmp_path / "data", database_url="postgresql+psycopg://host/name"))


def test_a_second_gallery_is_told_who_has_the_folder(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data")
    folder.prepare(settings)
    held = folder.lock(settings)
    try:
        with pytest.raises(ConflictError, match=rf"in use by another gallery \(process {os.getpid()}\)"):
            folder.lock(settings)
    finally:
        os.close(held)
    os.close(folder.lock(settings))


def test_the_lock_ends_with_a_killed_process(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data")
    folder.prepare(settings)
    program = (
        "import sys, time\nfrom pathlib import Path\n"
        "from dicomgallery.settings import Settings\nfrom dicomgallery.supervisor import folder\n"
        "folder.lock(Settings(data=Path(sys.argv[1])))\nprint('held', flush=True)\ntime.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(settings.data)], cwd=HOME, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(ConflictError, match=f"process {other.pid}"):
            folder.lock(settings)
        other.kill()

    os.close(folder.lock(settings))
