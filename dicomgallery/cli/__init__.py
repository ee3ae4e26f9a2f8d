"""The command-line door."""

from flask import Flask


def register(app: Flask) -> None:
    """Add the gallery's commands to `flask`."""
