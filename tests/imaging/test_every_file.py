"""Every real file gives a picture or a sentence, and nothing else."""

from pathlib import Path

import pytest
from pydicom.data import get_testdata_file, get_testdata_files

from dicomgallery.imaging.refusals import RenderReason
from dicomgallery.imaging.render import render
from dicomgallery.imaging.spec import FULL, THUMBNAIL, RenderSpec
from tests.imaging.making import attempt, pixels

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus"
PACKAGED = sorted(Path(name) for name in get_testdata_files() if Path(name).is_file())

# Of pydicom's packaged files that carry pixels, these alone have no picture.
WITHOUT_A_PICTURE = {
    "JPEG2000-embedded-sequence-delimiter.dcm",
    "MR_truncated.dcm",
    "meta_missing_tsyntax.dcm",
    "nested_priv_SQ.dcm",
    "rtplan_truncated.dcm",
}


def outcome(path: Path, spec: RenderSpec) -> RenderReason | None:
    """Render, check what came, and give the reason if there was no picture."""
    rendered, refused = attempt(path, spec)
    if refused is not None:
        assert refused.detail.endswith(".")
        return refused.reason
    assert rendered is not None
    assert pixels(rendered).size > 0
    return None


@pytest.mark.parametrize("path", PACKAGED, ids=lambda path: path.name)
def test_every_packaged_file_that_carries_pixels_has_a_thumbnail(path: Path) -> None:
    reason = outcome(path, THUMBNAIL)

    nothing_to_see = (RenderReason.NOT_AN_IMAGE, RenderReason.UNREADABLE, RenderReason.TRUNCATED)
    assert reason is None or reason in nothing_to_see or path.name in WITHOUT_A_PICTURE


def test_every_file_of_the_corpus_has_a_thumbnail_and_a_full_picture_or_a_reason() -> None:
    if not CORPUS.is_dir():
        pytest.skip("the corpus is not beside this checkout")
    files = [path for path in sorted(CORPUS.rglob("*")) if path.is_file()]

    reasons = {path: (outcome(path, THUMBNAIL), outcome(path, FULL)) for path in files}

    assert all(small is full for small, full in reasons.values())
    assert sum(small is None for small, _ in reasons.values()) >= 365
    assert not [path.name for path, (small, _) in reasons.items() if small is RenderReason.UNSUPPORTED]


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("CT_small.dcm", (128, 128)),
        ("MR_small_RLE.dcm", (64, 64)),
        ("JPEG2000.dcm", (256, 1024)),
        ("SC_rgb_rle_16bit_2frame.dcm", (100, 100)),
        ("examples_ybr_color.dcm", (320, 240)),
    ],
)
def test_a_full_picture_has_the_size_of_the_object(name: str, size: tuple[int, int]) -> None:
    path = get_testdata_file(name, download=False)

    rendered = render(Path(str(path)), FULL)

    assert (rendered.width, rendered.height) == size


def test_a_thumbnail_is_a_square_of_256_whatever_the_object_is() -> None:
    for name in ("CT_small.dcm", "JPEG2000.dcm", "examples_ybr_color.dcm", "SC_rgb_small_odd.dcm"):
        rendered = render(Path(str(get_testdata_file(name, download=False))), THUMBNAIL)

        assert (rendered.width, rendered.height, rendered.media_type) == (256, 256, "image/jpeg")
