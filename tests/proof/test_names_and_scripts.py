"""What files say is shown as they mean it, in every script of the world, and nothing of it is ever run."""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import quote, urlsplit

import pytest
from flask import Flask
from pydicom import Dataset
from werkzeug.test import TestResponse

from dicomgallery.catalog.selection import Selection
from dicomgallery.dicom import synthetic
from dicomgallery.dicom.values import person_name
from dicomgallery.ingest.outcome import Accepted
from dicomgallery.services import removal
from dicomgallery.serving.headers import CONTENT_SECURITY_POLICY
from tests.conftest import Gallery
from tests.web.conftest import PAGE, Browser

SCRIPTS = {
    "Japanese": (
        "\\ISO 2022 IR 87",
        "Yamada^Tarou=山田^太郎=やまだ^たろう",
        "腹部検査",
        ["山田", "やまだ", "yamada", "太郎"],
    ),
    "Korean": ("\\ISO 2022 IR 149", "Hong^Gildong=洪^吉洞=홍^길동", "복부", ["길동", "洪", "hong gildong"]),
    "Chinese, GB18030": ("GB18030", "Wang^XiaoDong=王^小东", "腹部检查", ["小东", "xiaodong"]),
    "Chinese, UTF-8": ("ISO_IR 192", "Zhang^DaWei=張^大偉", "胸部檢查", ["大偉", "張"]),
    "Arabic": ("ISO_IR 127", "قباني^لنزار", "فحص الصدر", ["قباني", "لنزار"]),
    "Cyrillic": ("ISO_IR 144", "Люксембург^Роза", "Грудная клетка", ["люксембург", "РОЗА"]),
    "Greek": ("ISO_IR 126", "Διονύσιος^Νίκος", "Θώρακας", ["διονυσιος", "Νίκος"]),
    "Hebrew": ("ISO_IR 138", "שרון^דבורה", "חזה", ["שרון", "דבורה"]),
}

HOSTILE = {
    "markup": """<script>alert(1)</script>"><img src=x onerror=alert(1)>'><svg onload=alert(1)>""",
    "templates and ends": "{{ 7*191 }}{% if 1 %}${7*191}#{7*191}&lt;script&gt;</title></textarea></bdi><iframe src=x>",
}


def named(number: int, charset: str, name: str, words: str) -> Dataset:
    """Two texts and a name in one character set."""
    dataset = synthetic.secondary_capture(16, 16, seed=900 + number)
    dataset.SpecificCharacterSet = charset.split("\\") if "\\" in charset else charset
    dataset.PatientName = name
    dataset.PatientID = f"SCRIPT-{number}"
    dataset.StudyDescription = dataset.SeriesDescription = words
    dataset.InstitutionName = words
    return dataset


@pytest.mark.parametrize("script", SCRIPTS)
def test_names_of_every_script_read_right_on_every_page_and_are_found(
    gallery: Gallery, browser: Browser, script: str
) -> None:
    charset, name, words, wanted = SCRIPTS[script]
    shown = person_name(name)
    others = [named(number, *SCRIPTS[other][:3]) for number, other in enumerate(SCRIPTS) if other != script][::3]
    # As the file's bytes say it, not as pydicom's object in memory does.
    data = synthetic.as_bytes(named(99, charset, name, words))
    assert name.encode() not in data or charset == "ISO_IR 192"
    report = gallery.receive(*others, (f"{words}/{shown}.dcm", data), collection=words)
    gallery.work()
    (instance_id,) = [one.instance_id for one in report.accepted if shown in one.name]
    found = {level: browser.get(f"/?level={level}&q={quote(wanted[0])}").text for level in ("images", "series")}
    home = {level: browser.get(f"/?level={level}").text for level in ("images", "series", "studies", "patients")}

    for level, text in home.items():
        assert shown in text, level
    for level, text in found.items():
        assert cards(text) == 1, level
        assert shown in text
    for text in wanted:
        assert cards(browser.get(f"/?q={quote(text)}").text) == 1, text
    one = rows_of(home, words)
    assert words in home["series"]
    detail = browser.get(f"/images/{instance_id}/detail").text
    for path in one | links(detail, "series", "studies", "patients"):
        page = browser.get(path).text
        assert shown in page, path
    assert words in detail
    assert f"PN: {name!r}" in html.unescape(browser.get(f"/images/{instance_id}/detail?tab=text").text)
    assert f"PN: {name!r}" in browser.get(f"/images/{instance_id}/text").text
    for path in ("/collections", f"/receipts/{report.receipt_id}"):
        assert words in browser.get(path).text, path
    assert f"{words}/{shown}.dcm" in browser.get(f"/receipts/{report.receipt_id}").text
    deed = removal.to_bin(Selection(images=(instance_id,)), actor=gallery.actor)
    assert shown in browser.get(f"/bin/{deed.id}").text
    assert f"/bin/{deed.id}" in browser.get("/bin").text
    assert cards(browser.get(f"/?q={quote(wanted[0])}").text) == 0


def rows_of(home: dict[str, str], words: str) -> set[str]:
    """Where the cards of these words lead."""
    cards_of = re.findall(r'<li class="card".*?</li>', "".join(home.values()), re.DOTALL)
    return {re.findall(r'href="([^"]+)"', card)[0] for card in cards_of if f"<bdi>{words}</bdi>" in card}


def links(text: str, *rooms: str) -> set[str]:
    """The pages of these kinds that a page leads to."""
    return {path for path in re.findall(r'href="([^"?]+)"', text) if re.fullmatch(rf"/({'|'.join(rooms)})/\d+", path)}


def cards(text: str) -> int:
    """How many cards a page shows."""
    return text.count('<li class="card"')


@dataclass
class Seen(HTMLParser):
    """What a browser would make of a page: what it would run or load, and all its text."""

    text: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.text += given.values()
        if tag == "script" and not given.get("src", "").startswith("/static/"):
            self.wrong.append("script")
        if tag in {"iframe", "object", "embed", "base", "frame"}:
            self.wrong.append(tag)
        self.wrong += [name for name in given if name.startswith("on") or name in {"style", "srcdoc"}]
        for name in ("src", "href", "action", "formaction", "data", "xlink:href"):
            if given.get(name) and not given[name].startswith(
                ("/", "#", "?", "https://dicom.nema.org/", "data:image/")
            ):
                self.wrong.append(f"{tag} {name}={given[name][:60]}")

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def crawled(browser: Browser, start: list[str], most: int = 250) -> Iterator[tuple[str, TestResponse]]:
    """Every page that pages lead to, each kind of question asked of it once."""
    waiting, asked = list(start), set()
    while waiting:
        path = waiting.pop()
        parts = urlsplit(path)
        # The same page with another value of the same parameter is the same page; one explanation an image will do.
        kind = (
            re.sub(r"/(explain/|pictures/\d+-)[^/]+.*", r"/\1", parts.path),
            tuple(sorted(re.findall(r"(?:^|&)([^=&]+)=", parts.query))),
        )
        if kind in asked or len(kind[1]) > 1 or parts.path.startswith("/static/"):
            continue
        asked.add(kind)
        assert len(asked) < most
        answer = browser.get(path)
        yield path, answer
        if answer.mimetype == "text/html":
            here = [html.unescape(link) for link in re.findall(r'(?:href|src)="([^"]+)"', answer.text)]
            waiting += [link for link in here if link.startswith("/")]
            waiting += [f"{parts.path}{link}" for link in here if link.startswith("?")]


@pytest.mark.parametrize("kind", HOSTILE)
def test_whatever_a_file_says_it_is_text_on_every_page(gallery: Gallery, browser: Browser, kind: str) -> None:
    hostile = HOSTILE[kind]
    seen_hostile = 0
    pages = 0
    for path, answer in crawled(browser, hostile_gallery(gallery, hostile)):
        assert answer.status_code < 500, path
        assert answer.status_code in {200, 302, 303, 304, 422}, (path, answer.status_code)
        assert answer.headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY, path
        assert answer.headers["X-Content-Type-Options"] == "nosniff", path
        assert "X-Evil" not in answer.headers, path
        if answer.mimetype != "text/html":
            assert answer.mimetype in {
                "application/json", "application/zip", "application/dicom", "image/jpeg", "image/png", "image/svg+xml",
                "text/plain", "text/csv",
            }, (path, answer.mimetype)  # fmt: skip
            continue
        seen = Seen()
        seen.feed(answer.text)
        assert seen.wrong == [], path
        assert "1337" not in answer.text, path
        seen_hostile += sum(hostile in text for text in seen.text)
        pages += 1

    assert pages > 25
    assert seen_hostile > 50


def hostile_gallery(gallery: Gallery, hostile: str) -> list[str]:
    """Fill a gallery with hostile words everywhere a file or a person can say some; where to begin to look."""
    files = [*synthetic.ct_series(2, 16, 16, seed=7), synthetic.us_cine(2, 16, 16), synthetic.basic_report(hostile)]
    for dataset in files:
        dataset.PatientName = f"{hostile}^{hostile}"
        dataset.PatientID = hostile[:64]
        for keyword in (
            "StudyDescription", "SeriesDescription", "InstitutionName", "Manufacturer", "BodyPartExamined",
            "AccessionNumber", "ProtocolName", "StationName", "ReferringPhysicianName", "StudyID",
            "ManufacturerModelName", "PatientAge",
        ):  # fmt: skip
            if keyword in dataset or keyword in {"BodyPartExamined", "ProtocolName"}:
                setattr(dataset, keyword, hostile)
        block = dataset.private_block(0x0099, hostile[:64], create=True)
        block.add_new(0x01, "LO", hostile)
        block.add_new(0x02, "UT", hostile * 20)
    # What a picture cannot be made of says so in words, which must not be the file's.
    broken = synthetic.secondary_capture(16, 16, seed=8)
    broken.PhotometricInterpretation = hostile[:16]
    broken.SOPClassUID = "1.2.3.4.5"
    broken.Modality = hostile[:16]
    files.append(broken)
    evil = [(f"{hostile}/{number}\r\nX-Evil: 1.dcm", file) for number, file in enumerate(files)]
    report = gallery.receive(*evil, (f"{hostile}\r\nX-Evil: 1.txt", b"no DICOM"), collection=hostile)
    gone = gallery.receive((f"{hostile}.gone", synthetic.dx_image(16, 16)), collection=hostile)
    gallery.work()
    assert len(report.accepted) == len(files)
    (one,) = gone.outcomes
    assert isinstance(one, Accepted)
    removal.to_bin(Selection(images=(one.instance_id,)), actor=gallery.actor)
    asked = quote(hostile)
    return [
        *("/", f"/?q={asked}", f"/?q=PatientName%3D{asked}", f"/?modality={asked}", f"/?from={asked}"),
        *(f"/?collection={asked}", f"/?cursor={asked}", f"/?level={asked}", f"/?sort={asked}"),
        *("/bin", "/receipts", "/collections", "/upload", "/about/patterns", "/files"),
        *(f"/images/{one.instance_id}/{what}" for one in report.accepted for what in ("detail", "text", "original")),
    ]


@pytest.mark.parametrize(
    "path", ["/nothing", "/images/0/detail", "/static/nothing", "/files/x/y/tag", "/healthz", "/api/v1/changes"]
)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "OPTIONS", "HEAD"])
def test_every_answer_carries_the_policy_failures_too(app: Flask, path: str, method: str) -> None:
    for headers in (PAGE, {}):
        answer = app.test_client().open(path, method=method, headers=headers)

        assert answer.status_code < 500
        assert answer.headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_name_in_the_address_is_text_in_the_answer_that_it_is_unknown(app: Flask) -> None:
    for hostile in HOSTILE.values():
        for path in (f"/{quote(hostile)}", f"/files/{quote(hostile)}", f"/images/1/explain/{quote(hostile)}"):
            answer = app.test_client().get(path, headers=PAGE)

            assert answer.status_code == 404, path
            if answer.mimetype == "text/html":
                seen = Seen()
                seen.feed(answer.text)
                assert seen.wrong == []
