"""Every setting, read once from the environment; a wrong one fails with its name."""

import os
from collections.abc import Mapping
from contextvars import ContextVar, Token
from dataclasses import dataclass, field
from pathlib import Path

from dicomgallery.errors import SettingError

MIB = 1 << 20
GIB = 1 << 30
PREFIX = "DICOMGALLERY_"


@dataclass(frozen=True, slots=True)
class Settings:
    """What the operator chose."""

    host: str = "127.0.0.1"
    port: int = 5000
    data: Path = Path("instance")
    database_url: str = ""
    workers: int = 2
    """HTTP worker processes, and children of the sandbox."""
    job_workers: int = 1
    """Processes that do later work (pictures, indexing)."""
    owner_password: str = field(default="", repr=False)
    trusted_hosts: tuple[str, ...] = ()
    """Host names the gallery answers to, beside those of loopback."""
    max_form_bytes: int = 500_000_000
    """The limit of DESIGN.md is decimal, as peers count it."""
    max_stream_bytes: int = 8 * GIB
    max_file_bytes: int = 4 * GIB
    max_archive_entries: int = 20_000
    max_archive_bytes: int = 4 * GIB
    max_archive_ratio: int = 200
    picture_cache_bytes: int = 5 * GIB
    volume_cache_bytes: int = 4 * GIB
    metadata_cache_bytes: int = 1 * GIB
    export_bytes: int = 10 * GIB
    bin_days: int = 30
    """Days until the bin is emptied by itself; 0 never does."""
    keep_days: int = 0
    """Days until an old study moves to the bin by itself; 0 never does."""
    sandbox_seconds: int = 20
    """The longest one picture may take."""
    sandbox_memory_bytes: int = 1 * GIB
    log_level: str = "INFO"
    build_stage: bool = True
    """Build the browser's part of the viewer at the first start, from packages of npm."""
    ohif_port: int = 0
    """Where OHIF is served, fetched from npm at the first start; 0 does without."""

    @property
    def database(self) -> str:
        """The SQLAlchemy URL of the catalog."""
        return self.database_url or f"sqlite:///{self.data.resolve() / 'gallery.db'}"

    @property
    def run(self) -> Path:
        """The folder of sockets and locks."""
        return self.data / "run"

    @property
    def staging(self) -> Path:
        """The folder of bytes on their way in."""
        return self.data / "tmp"

    @property
    def exports(self) -> Path:
        """The folder of files made for somebody to take away."""
        return self.data / "exports"

    @property
    def is_loopback(self) -> bool:
        """Say whether only this machine can connect."""
        return self.host in {"127.0.0.1", "::1", "localhost"}


def load(env: Mapping[str, str] | None = None) -> Settings:
    """Read the settings, or raise SettingError naming the variable that is wrong."""
    env = os.environ if env is None else env
    base = Settings()

    def text(name: str, default: str) -> str:
        return env.get(PREFIX + name, "").strip() or default

    def whole(name: str, default: int, *, least: int = 1) -> int:
        return _whole(env, PREFIX + name, default, least)

    settings = Settings(
        host=text("HOST", base.host),
        port=whole("PORT", base.port),
        data=Path(text("DATA", str(base.data))).expanduser(),
        database_url=_database_url(env.get("DATABASE_URL", "").strip()),
        workers=whole("WORKERS", max(1, min(os.cpu_count() or 1, 8))),
        job_workers=whole("JOB_WORKERS", base.job_workers),
        owner_password=env.get(PREFIX + "OWNER_PASSWORD", ""),
        trusted_hosts=tuple(name.strip() for name in text("TRUSTED_HOSTS", "").split(",") if name.strip()),
        max_form_bytes=whole("MAX_FORM_BYTES", base.max_form_bytes),
        max_stream_bytes=whole("MAX_STREAM_BYTES", base.max_stream_bytes),
        max_file_bytes=whole("MAX_FILE_BYTES", base.max_file_bytes),
        max_archive_entries=whole("MAX_ARCHIVE_ENTRIES", base.max_archive_entries),
        max_archive_bytes=whole("MAX_ARCHIVE_BYTES", base.max_archive_bytes),
        max_archive_ratio=whole("MAX_ARCHIVE_RATIO", base.max_archive_ratio),
        picture_cache_bytes=whole("PICTURE_CACHE_BYTES", base.picture_cache_bytes),
        volume_cache_bytes=whole("VOLUME_CACHE_BYTES", base.volume_cache_bytes),
        metadata_cache_bytes=whole("METADATA_CACHE_BYTES", base.metadata_cache_bytes),
        export_bytes=whole("EXPORT_BYTES", base.export_bytes),
        bin_days=whole("BIN_DAYS", base.bin_days, least=0),
        keep_days=whole("KEEP_DAYS", base.keep_days, least=0),
        sandbox_seconds=whole("SANDBOX_SECONDS", base.sandbox_seconds),
        sandbox_memory_bytes=whole("SANDBOX_MEMORY_BYTES", base.sandbox_memory_bytes),
        log_level=_level(text("LOG_LEVEL", base.log_level)),
        build_stage=whole("BUILD_STAGE", int(base.build_stage), least=0) > 0,
        ohif_port=whole("OHIF_PORT", base.ohif_port, least=0),
    )
    if not settings.is_loopback and not settings.owner_password:
        raise SettingError(
            f"{PREFIX}HOST={settings.host} would let other machines in. "
            f"Set {PREFIX}OWNER_PASSWORD first, or stay on 127.0.0.1."
        )
    if settings.ohif_port == settings.port:
        raise SettingError(f"{PREFIX}OHIF_PORT must be another than the gallery's own, {settings.port}.")
    return settings


def _whole(env: Mapping[str, str], name: str, default: int, least: int) -> int:
    text = env.get(name, "").strip() or str(default)
    if not text.isdecimal() or int(text) < least:
        raise SettingError(f"{name} must be a whole number of at least {least}, not {text!r}.")
    return int(text)


def _level(text: str) -> str:
    if text.upper() not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
        raise SettingError(f"{PREFIX}LOG_LEVEL must be DEBUG, INFO, WARNING or ERROR, not {text!r}.")
    return text.upper()


def _database_url(url: str) -> str:
    if not url or url.startswith("sqlite:///"):
        return url
    if url.startswith(("postgresql://", "postgres://")):
        return "postgresql+psycopg://" + url.split("://", 1)[1]
    if url.startswith("postgresql+psycopg://"):
        return url
    raise SettingError("DATABASE_URL must start with postgresql:// or sqlite:///.")


_current: ContextVar[Settings] = ContextVar("dicomgallery_settings")


def current() -> Settings:
    """The settings of the application that is at work in this context."""
    return _current.get()


def use(settings: Settings) -> Token[Settings]:
    """Make these the current settings of this context; the token goes to `done_with`."""
    return _current.set(settings)


def done_with(token: Token[Settings]) -> None:
    """Bring back what was current before `use`."""
    _current.reset(token)
