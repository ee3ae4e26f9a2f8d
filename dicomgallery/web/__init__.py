"""The browser door."""

from flask import Flask


def register(app: Flask) -> None:
    """Hang this door's routes into the application."""
