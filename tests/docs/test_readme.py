"""The README says what the code does."""

import re
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from dicomgallery import settings
from dicomgallery.settings import Settings

HOME = Path(__file__).resolve().parents[2]
README = (HOME / "README.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| `(\w+)` \| (.+?) \| (.+?) \|$", README, re.MULTILINE)
SETTINGS = {name: default for name, default, _ in ROWS if name.isupper()}

OTHER = {
    "HOST": "::1",
    "PORT": "5001",
    "DATA": "elsewhere",
    "WORKERS": "17",
    "OWNER_PASSWORD": "secret",
    "TRUSTED_HOSTS": "gallery.example",
    "LOG_LEVEL": "DEBUG",
    "DATABASE_URL": "sqlite:////tmp/other.db",
    "BUILD_STAGE": "0",
}
"""A value for each setting that is not its default; numbers need none."""


def variable_of(field: str) -> str:
    return "DATABASE_URL" if field == "database_url" else settings.PREFIX + field.upper()


def test_every_setting_has_a_row_and_every_row_a_setting() -> None:
    assert set(SETTINGS) == {variable_of(field.name) for field in fields(Settings)}


@pytest.mark.parametrize("name", [field.name for field in fields(Settings)])
def test_the_variable_in_the_table_sets_the_setting(name: str) -> None:
    usual = settings.load({})
    value = OTHER.get(variable_of(name).removeprefix(settings.PREFIX)) or str(getattr(usual, name) + 1)

    changed = settings.load({variable_of(name): value})

    assert [field.name for field in fields(Settings) if getattr(changed, field.name) != getattr(usual, field.name)] == [
        name
    ]


@pytest.mark.parametrize("name", [field.name for field in fields(Settings)])
def test_the_default_in_the_table_is_the_default(name: str) -> None:
    said = SETTINGS[variable_of(name)]
    usual = getattr(settings.load({}), name)
    if said == "none":
        assert not usual
    elif said == "one a core, at most 8":
        assert 1 <= usual <= 8
    else:
        assert said == f"`{int(usual) if isinstance(usual, bool) else usual}`"


def test_the_map_of_rooms_is_the_list_of_layers() -> None:
    part = README.split("## Map of the rooms")[1].split("\n## ")[0]
    told = [set(re.findall(r"`(\w+)`", cell)) for cell in re.findall(r"^\| (`.+?`) \|", part, re.MULTILINE)]

    project = tomllib.loads((HOME / "pyproject.toml").read_text(encoding="utf-8"))
    layers = project["tool"]["importlinter"]["contracts"][0]["layers"]
    built = [{room for room in re.findall(r"\w+", layer) if (exists(room))} for layer in layers]

    assert told == [layer for layer in built if layer]


def exists(room: str) -> bool:
    return (HOME / "dicomgallery" / room).is_dir() or (HOME / "dicomgallery" / f"{room}.py").is_file()


def test_every_command_line_option_in_the_readme_exists() -> None:
    from dicomgallery.supervisor import options

    source = Path(options.__file__).read_text(encoding="utf-8")
    for option in re.findall(r"\(`(--[\w-]+)`\)", README):
        assert f'"{option}"' in source, option
