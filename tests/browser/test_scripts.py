"""The pure parts of the scripts, run where they run: in a browser."""

import base64
import io
import itertools
import os
import tarfile

import pytest
from playwright.sync_api import Page

pytestmark = pytest.mark.browser

PACK = """
async (files) => {
  const { pack } = await import("/js/upload/tar.js");
  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const blob = pack(files.map(([name, content]) => ({ name, file: new Blob([bytes(content)]) })));
  const whole = new Uint8Array(await blob.arrayBuffer());
  let text = "";
  for (let at = 0; at < whole.length; at += 8192) text += String.fromCharCode(...whole.subarray(at, at + 8192));
  return btoa(text);
}
"""


def packed(page: Page, files: dict[str, bytes]) -> tarfile.TarFile:
    """What Python's tarfile makes of the tar that the browser packed."""
    sent = [[name, base64.b64encode(content).decode()] for name, content in files.items()]
    data = base64.b64decode(page.evaluate(PACK, sent))
    assert len(data) % 512 == 0
    return tarfile.open(fileobj=io.BytesIO(data), mode="r:", encoding="utf-8", errors="strict")


@pytest.mark.parametrize(
    "name",
    [
        "IM0001",
        "folder/sub folder/IM-0001.dcm",
        "研究/画像-1.dcm",
        "é" * 60,
        "a" * 100,
        "a" * 101,
        "deep/" * 60 + "slice.dcm",
        "日" * 300,
        "emoji 🫀.dcm",
        "line\nbreak=and %20.dcm",
    ],
)
def test_a_packed_file_has_its_name_and_its_bytes_again(scripts: Page, name: str) -> None:
    content = os.urandom(1234)

    with packed(scripts, {name: content}) as tar:
        (member,) = tar.getmembers()
        read = tar.extractfile(member)
        assert read is not None
        assert (member.name, read.read()) == (name, content)


def test_many_files_of_awkward_sizes_stay_whole_and_in_order(scripts: Page) -> None:
    files = {
        f"{'long/' * (size % 40)}{size}.dcm": os.urandom(size) for size in (0, 1, 511, 512, 513, 1024, 70_000, 0x1FFFF)
    }

    with packed(scripts, files) as tar:
        read = {member.name: tar.extractfile(member).read() for member in tar.getmembers()}  # type: ignore[union-attr]

    assert list(read.items()) == list(files.items())


@pytest.mark.parametrize("length", range(88, 112))
def test_a_pax_record_counts_itself_right_around_every_change_of_its_digits(scripts: Page, length: int) -> None:
    # "99 path=..." and "101 path=..." are neighbours: there is no record of 100 bytes for some lengths.
    name = "ü" + "x" * length

    with packed(scripts, {name: b"x"}) as tar:
        assert tar.getnames() == [name]


def test_a_name_that_is_no_text_is_sent_as_text(scripts: Page) -> None:
    names = scripts.evaluate(
        """async () => {
          const { wellFormed } = await import("/js/upload/tar.js");
          return ["a\\0b", "\\ud800x", "x\\udc00", "\\ud83e\\udec0"].map(wellFormed);
        }"""
    )

    assert names == ["a\ufffdb", "\ufffdx", "x\ufffd", "🫀"]


def test_groups_keep_the_order_fill_up_to_the_limit_and_let_a_giant_go_alone(scripts: Page) -> None:
    sizes = [30_000, 30_000, 30_000, 500_000, 10, 10]

    groups = scripts.evaluate(
        """async (sizes) => {
          const { groups } = await import("/js/upload/tar.js");
          const entries = sizes.map((size) => ({ name: "x", file: { size } }));
          return groups(entries, 70_000).map((group) => group.map(({ file }) => file.size));
        }""",
        sizes,
    )

    assert groups == [[30_000, 30_000], [30_000], [500_000], [10, 10]]


def test_a_browser_hashes_as_everybody_does(scripts: Page) -> None:
    hashed = scripts.evaluate(
        """async () => (await import("/js/upload/hash.js")).sha256(new Blob(["abc"]))""",
    )

    assert hashed == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def kept(page: Page, rows: list[tuple[int, str]], text: str) -> tuple[list[str], int]:
    """Which rows a filter leaves, and how many hits it counts."""
    stays, count = page.evaluate(
        """async ([rows, text]) => {
          const { fold, kept } = await import("/js/tags.js");
          const { stays, count } = kept(rows.map(([depth, text]) => ({ depth, text: fold(text) })), text);
          return [stays, count];
        }""",
        [rows, text],
    )
    return [words for (_, words), stay in zip(rows, stays, strict=True) if stay], count


ROWS = [
    (0, "0008,0060 Modality CT"),
    (0, "0008,1140 Referenced Image Sequence"),
    (1, "Item 1"),
    (2, "0008,1155 Referenced SOP Instance UID 1.2.3"),
    (1, "Item 2"),
    (2, "0008,1155 Referenced SOP Instance UID 4.5.6"),
    (0, "0010,0010 Patient's Name Müller"),
]


def test_a_nested_hit_keeps_its_own_parents_and_no_other(scripts: Page) -> None:
    assert kept(scripts, ROWS, "4.5.6") == (
        ["0008,1140 Referenced Image Sequence", "Item 2", "0008,1155 Referenced SOP Instance UID 4.5.6"],
        1,
    )


def test_the_filter_wants_every_word_and_minds_neither_case_nor_accents(scripts: Page) -> None:
    assert kept(scripts, ROWS, "  NAME muller ") == (["0010,0010 Patient's Name Müller"], 1)
    assert kept(scripts, ROWS, "name 1.2.3") == ([], 0)


def test_an_empty_filter_shows_everything(scripts: Page) -> None:
    assert kept(scripts, ROWS, "  ") == ([words for _, words in ROWS], len(ROWS))


def test_scrubbing_loads_an_even_spread_that_has_both_ends(scripts: Page) -> None:
    few, many = scripts.evaluate(
        """async () => {
          const { spread } = await import("/js/stack.js");
          return [spread(5, 24), spread(1000, 24)];
        }"""
    )

    assert few == [0, 1, 2, 3, 4]
    assert (len(many), many[0], many[-1]) == (24, 0, 999)
    assert max(b - a for a, b in itertools.pairwise(many)) <= 44


@pytest.mark.parametrize(
    ("at", "key", "to"),
    [
        (0, "ArrowLeft", 0),
        (0, "ArrowRight", 1),
        (4, "ArrowRight", 5),
        (1, "ArrowDown", 6),
        (6, "ArrowUp", 1),
        (3, "ArrowUp", 3),
        (9, "ArrowDown", 11),
        (11, "ArrowDown", 11),
    ],
)
def test_arrows_move_as_the_cards_lie_on_screen(scripts: Page, at: int, key: str, to: int) -> None:
    moved = scripts.evaluate("""async ([at, key]) => (await import("/js/grid.js")).moved(at, key, 5, 12)""", [at, key])

    assert moved == to


@pytest.mark.parametrize(
    ("bytes_", "text"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (999_960, "1.0 MB"),
        (123_456_789, "123 MB"),
        (8.59e9, "8.6 GB"),
    ],
)
def test_sizes_are_written_as_people_read_them(scripts: Page, bytes_: float, text: str) -> None:
    said = scripts.evaluate("""async (bytes) => (await import("/js/upload/panel.js")).size(bytes)""", bytes_)

    assert said.replace("\u202f", " ") == text


def test_what_systems_leave_in_folders_is_not_sent_and_archives_are_told_by_their_names(scripts: Page) -> None:
    debris, archives = scripts.evaluate(
        """async () => {
          const { isArchive, isDebris } = await import("/js/upload/collect.js");
          const names = ["a/.DS_Store", "Thumbs.db", "__MACOSX/a", "a/._b.dcm",
            "IM1", "a.dcm", "x.ZIP", "x.tar.gz", "x.tgz", "x.zip.dcm"];
          return [names.filter((name) => isDebris({ name })), names.filter((name) => isArchive({ name }))];
        }"""
    )

    assert debris == ["a/.DS_Store", "Thumbs.db", "__MACOSX/a", "a/._b.dcm"]
    assert archives == ["x.ZIP", "x.tar.gz", "x.tgz"]
