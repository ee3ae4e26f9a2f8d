"""What the application of every test would compile anew, compiled once a process: its pages and its addresses."""

from collections.abc import Callable
from types import CodeType

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from werkzeug.routing import Rule

Builder = Callable[..., tuple[str, str]]


class Pages(BytecodeCache):
    """Templates by their source."""

    def __init__(self) -> None:
        self.code: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give what an earlier application compiled of the same source."""
        bucket.code = self.code.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled."""
        if bucket.code is not None:
            self.code[bucket.key, bucket.checksum] = bucket.code


class Address(Rule):
    """A rule whose builders, functions of the rule's text alone, are written once."""

    built: dict[tuple[str, bool], Builder] = {}  # noqa: RUF012 - all rules share it

    def _compile_builder(self, append_unknown: bool = True) -> Builder:
        if self.defaults:
            return super()._compile_builder(append_unknown)
        key = (self.rule, append_unknown)
        return self.built.get(key) or self.built.setdefault(key, super()._compile_builder(append_unknown))


PAGES = Pages()


def use() -> None:
    """Let every application made from now on have them."""
    Flask.url_rule_class = Address
