"""The same questions to the gallery and to Orthanc by turns: a machine's speed drifts, for both of them alike."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPConnection

from bench.peers import Orthanc
from bench.server import Server


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a server, some times in a row."""

    path: str
    accept: str = "*/*"
    least_bytes: int = 1
    """A shorter answer cannot hold what was asked for."""
    times: int = 1

    def ask(self, connection: HTTPConnection) -> None:
        """Read each answer to its end, no more than a piece of it held."""
        piece = bytearray(1 << 20)
        for _ in range(self.times):
            connection.request("GET", self.path, headers={"Accept": self.accept})
            response = connection.getresponse()
            size = 0
            while got := response.readinto(piece):
                size += got
            if response.status != 200 or size < self.least_bytes:
                raise RuntimeError(f"{self.path} was answered {response.status} with {size} bytes.")

    def seconds(self, asked: Server | Orthanc) -> float:
        """How long one answer takes, over a connection of its own."""
        connection = asked.connect()
        began = time.perf_counter()
        self.ask(connection)
        return (time.perf_counter() - began) / self.times


@dataclass(frozen=True, slots=True)
class Turns:
    """Both servers; `peer` is None where Orthanc is not installed."""

    server: Server
    peer: Orthanc | None

    def take(
        self,
        ours: Question,
        theirs: Question,
        rounds: int,
        *,
        warm: int = 1,
        before: Callable[[], object] = lambda: None,
    ) -> dict[str, float]:
        """Median seconds of either, our processor time, the median of Orthanc's time over ours; `warm` do not count."""
        our, their, busy = list[float](), list[float](), list[float]()
        for _ in range(warm + rounds):
            if self.peer is not None:
                their.append(theirs.seconds(self.peer))
            before()
            begun = self.server.cpu_seconds()
            our.append(ours.seconds(self.server))
            busy.append((self.server.cpu_seconds() - begun) / ours.times)
        figures = {"s": round(statistics.median(our[warm:]), 4), "cpu_s": round(statistics.median(busy[warm:]), 4)}
        if their:
            figures["orthanc_s"] = round(statistics.median(their[warm:]), 4)
            pairs = zip(our[warm:], their[warm:], strict=True)
            figures["ratio"] = round(statistics.median(slow / fast for fast, slow in pairs), 2)
        return figures
