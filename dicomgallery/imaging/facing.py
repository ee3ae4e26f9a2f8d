"""Which way round a picture is shown: flipped, then turned by quarters of a circle, as the viewer's stage does."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dicomgallery.dicom.annotations import Point

_AROUND: Final = ("top", "right", "bottom", "left")


@dataclass(frozen=True, slots=True)
class Facing:
    """Flips and turns of a finished picture."""

    turns: int = 0
    """Quarters of a circle, clockwise, after flipping."""
    across: bool = False
    """Left becomes right."""
    down: bool = False
    """Above becomes below."""

    def shown(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The picture this way round."""
        picture = picture[:, ::-1] if self.across else picture
        picture = picture[::-1] if self.down else picture
        return np.ascontiguousarray(np.rot90(picture, -self.turns))

    def place(self, point: Point, size: tuple[int, int]) -> Point:
        """Where a point of a picture of this width and height comes to lie."""
        (x, y), (width, height) = point, size
        x = width - x if self.across else x
        y = height - y if self.down else y
        for _ in range(self.turns % 4):
            (x, y), (width, height) = (height - y, x), (height, width)
        return x, y

    def sides(self, letters: Mapping[str, str]) -> dict[str, str]:
        """What stands at the four sides of a picture: top, right, bottom and left."""
        around = [letters.get(side, "") for side in _AROUND]
        if self.across:
            around[1], around[3] = around[3], around[1]
        if self.down:
            around[0], around[2] = around[2], around[0]
        return {side: around[(place - self.turns) % 4] for place, side in enumerate(_AROUND)}


UPRIGHT: Final = Facing()
