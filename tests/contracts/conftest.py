"""A running gallery for the contracts that are about how paths and bodies travel."""

from collections.abc import Iterator

import pytest

from bench.server import Server, serving


@pytest.fixture(scope="package")
def server() -> Iterator[Server]:
    """One for all of them: each test looks at what it has sent itself."""
    with serving() as running:
        yield running
