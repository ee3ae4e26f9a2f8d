"""Texts as cells of tables that leave for spreadsheets and programs."""

from typing import Final

_RUNS: Final = "=+-@\t\r"
"""A cell that begins with one of these is run as a formula by a spreadsheet."""


def cell(text: str) -> str:
    """A text as a CSV cell (RFC 4180), always in quotes, and never a formula."""
    safe = f"'{text}" if text and text[0] in _RUNS else text
    return f'"{safe.replace(chr(34), chr(34) * 2)}"'
