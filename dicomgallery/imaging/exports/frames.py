"""Pictures in a folder as the frames of one movie: all of one size, one in memory at a time."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from PIL import Image

from dicomgallery.imaging.refusals import CannotRenderError, RenderReason

FOLDER: Final = "frames"
_DAMAGED: Final = CannotRenderError(RenderReason.DAMAGED, "A picture on its way into the file came out damaged.")
_FORMATS: Final = ("PNG",)


def name_of(number: int) -> str:
    """The name of the file that holds a picture, by its number in the series."""
    return f"{number:06d}.png"


class Frames:
    """The frames of a folder, in the middle of a black ground that is as large as the largest of them."""

    def __init__(self, folder: Path, longest_side: int, *, even: bool = False) -> None:
        self._paths = sorted((folder / FOLDER).glob("[0-9]*.png"))
        if not self._paths:
            raise CannotRenderError(RenderReason.UNREADABLE, "None of its pictures can be drawn.")
        self._longest = longest_side
        sizes = set()
        modes = set()
        for path in self._paths:
            with _opened(path) as image:
                sizes.add(self._fitted(image.size))
                modes.add(image.mode)
        self.is_gray = modes <= {"L"}
        width, height = (max(size[axis] for size in sizes) for axis in (0, 1))
        self.size = (width + width % 2, height + height % 2) if even else (width, height)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._paths)

    def __iter__(self) -> Iterator[Image.Image]:
        """Each in turn."""
        return (self.at(place) for place in range(len(self._paths)))

    def at(self, place: int) -> Image.Image:
        """One of them, by its place from 0, in gray where all are."""
        mode = "L" if self.is_gray else "RGB"
        with _opened(self._paths[place]) as image:
            size = self._fitted(image.size)
            drawn = image.convert(mode)
        if drawn.size != size:
            drawn = drawn.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)
        if size == self.size:
            return drawn
        ground = Image.new(mode, self.size)
        ground.paste(drawn, ((self.size[0] - size[0]) // 2, (self.size[1] - size[1]) // 2))
        return ground

    def numbers(self) -> Iterator[int]:
        """What each is called: its number in the series."""
        return (int(path.stem) for path in self._paths)

    def _fitted(self, size: tuple[int, int]) -> tuple[int, int]:
        """A size made to fit into the longest side; never made larger."""
        scale = min(1.0, self._longest / max(size))
        return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _opened(path: Path) -> Image.Image:
    try:
        return Image.open(path, formats=_FORMATS)
    except (OSError, ValueError, Image.DecompressionBombError):
        raise _DAMAGED from None
