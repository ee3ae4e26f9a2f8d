"""What the parts of an address may be."""

from flask import Flask
from werkzeug.routing import IntegerConverter, Map

LARGEST = (1 << 63) - 1
"""What any database keeps as the id of a row."""


class RowIdConverter(IntegerConverter):
    """`<int:...>` in a route: plain digits that a row id can have; anything else is no address of ours."""

    regex = "[0-9]{1,19}"

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, max=LARGEST)


def init_app(app: Flask) -> None:
    """Read the numbers in this application's addresses as row ids."""
    app.url_map.converters["int"] = RowIdConverter
