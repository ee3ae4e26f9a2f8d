"""Values of a frame as another program reads and draws them, written from the description alone."""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Read:
    """A body of values, taken apart."""

    told: dict[str, Any]
    pixels: NDArray[Any]


def read(data: bytes) -> Read:
    """Take a body apart."""
    length = int.from_bytes(data[:4], "little")
    told = json.loads(data[4 : 4 + length])
    assert (4 + length) % 8 == 0
    samples = np.frombuffer(data, np.dtype(told["type"]).newbyteorder("<"), offset=4 + length)
    shape = (told["rows"], told["columns"], 3)[: 3 if told["samples"] == 3 else 2]
    return Read(told, samples.reshape(shape))


def drawn(found: Read) -> NDArray[np.float64]:
    """The picture of 0 to 255 that the header says how to draw."""
    told, pixels = found.told, found.pixels.astype(np.float64)
    if told["samples"] == 3:
        return pixels
    values = pixels * told["slope"] + told["intercept"]
    share = np.nan_to_num((values - told["black"]) / (told["white"] - told["black"]), nan=0.0)
    share = np.clip(share, 0, 1)
    return 255 * (1 - share if told["invert"] else share)
