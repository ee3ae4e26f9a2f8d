"""Waveforms on the page of their object, as sound and as numbers."""

import csv
import html
import io
import re
import wave
from array import array
from pathlib import Path

import pytest
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as ItemSequence
from sqlalchemy import select

from dicomgallery.dicom import synthetic
from dicomgallery.ingest.outcome import Accepted
from dicomgallery.models import Instance, db
from dicomgallery.services import recordings
from tests.conftest import Gallery
from tests.waveforms import AMBULATORY, brain, channel, ecg, group, note, pressures, recording, voice
from tests.web.conftest import HOSTILE, Browser

PACKAGED = Path(str(get_testdata_file("waveform_ecg.dcm", download=False)))


def taken_in(gallery: Gallery, file: Dataset | bytes) -> int:
    (outcome,) = gallery.ingest(file)
    assert isinstance(outcome, Accepted), outcome
    return outcome.instance_id


def page_of(browser: Browser, image: int) -> str:
    answer = browser.get(f"/images/{image}/detail")
    assert answer.status_code == 200
    return html.unescape(answer.text)


def test_an_electrocardiogram_is_drawn_on_its_paper_in_place_of_a_picture(browser: Browser, gallery: Gallery) -> None:
    image = taken_in(gallery, PACKAGED.read_bytes())

    page = page_of(browser, image)

    assert "12-lead ECG</h2>" in page
    assert "25 mm/s · 10 mm/mV" in page
    assert page.count('class="label-lead"') == 13 + 12 + 12
    assert "RITMO SINUSALE" in page
    assert "QTc Interval" in page
    assert "66 marks in time" in page
    assert "0.05 Hz to 300 Hz" in page
    assert "Every lead at full length" in page
    assert "data-stage-image" not in page
    assert "<audio" not in page
    assert " style=" not in page.partition('class="story')[2].partition("</article>")[0]


def test_its_card_is_ready_once_it_is_prepared(browser: Browser, gallery: Gallery) -> None:
    image = taken_in(gallery, ecg(3))
    gallery.work()

    state = db.session.scalar(select(Instance.render_state).where(Instance.id == image))

    assert state == "ready"
    assert f"/pictures/{image}-" in browser.get("/?level=images").text


def test_pressures_are_traces_with_names_and_units(browser: Browser, gallery: Gallery) -> None:
    page = page_of(browser, taken_in(gallery, pressures()))

    assert "Hemodynamic</h2>" in page
    assert "Aortic pressure (mmHg)</text>" in page
    assert "200 Hz" in page
    assert "mm/mV" not in page


def test_a_recording_longer_than_the_paper_is_drawn_whole_below_it(browser: Browser, gallery: Gallery) -> None:
    page = page_of(browser, taken_in(gallery, ecg(75, 50, leads=("V1",))))

    assert "Every lead over the first 60 s." in page
    assert "Lead V1 (µV)</text>" in page
    assert "75 s" in page


def test_a_voice_can_be_heard(browser: Browser, gallery: Gallery) -> None:
    image = taken_in(gallery, voice(0.5))
    page = page_of(browser, image)
    assert f'<audio controls preload="none" src="/images/{image}/audio.wav?group=1"' in page

    answer = browser.get(f"/images/{image}/audio.wav?group=1")

    assert answer.mimetype == "audio/wav"
    with wave.open(io.BytesIO(answer.data)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate(), file.getnframes()) == (1, 2, 8000, 4000)
        heard = array("h", file.readframes(4000))
    assert max(heard) > 20_000
    assert min(heard) < -20_000


def test_a_player_may_ask_for_a_part_of_the_sound(browser: Browser, gallery: Gallery) -> None:
    image = taken_in(gallery, voice(0.5))
    whole = browser.get(f"/images/{image}/audio.wav").data

    answer = browser.client.get(f"/images/{image}/audio.wav", headers={"Range": "bytes=44-143"})

    assert answer.status_code == 206
    assert answer.data == whole[44:144]
    assert answer.headers["Content-Range"] == f"bytes 44-143/{len(whole)}"


def test_a_sound_of_two_channels_is_left_and_right_and_a_long_one_is_cut(
    browser: Browser, gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recordings, "MOST_AUDIO_SECONDS", 1)
    both = group([channel("Left"), channel("Right")], [[5] * 9000, [-7] * 9000], 8000)
    image = taken_in(gallery, recording(AMBULATORY, "ECG", both))

    with wave.open(io.BytesIO(browser.get(f"/images/{image}/audio.wav").data)) as file:
        assert (file.getnchannels(), file.getnframes()) == (2, 8000)
        assert list(array("h", file.readframes(2))) == [5, -7, 5, -7]


def test_the_numbers_come_as_a_table_with_units(browser: Browser, gallery: Gallery) -> None:
    image = taken_in(gallery, pressures(5, 200))

    answer = browser.get(f"/images/{image}/waveform.csv")

    rows = list(csv.reader(io.StringIO(answer.text)))
    assert answer.mimetype == "text/csv"
    assert f"image-{image}-waveform.csv" in answer.headers["Content-Disposition"]
    assert rows[0] == ["time (s)", "Aortic pressure (mm[Hg])", "Central venous pressure (mm[Hg])"]
    assert rows[1] == ["0", "80", "7.68"]
    assert len(rows) == 1 + 1000
    assert [float(row[0]) for row in rows[1:4]] == [0, 0.005, 0.01]
    assert rows[1 + 750] == ["3.75", "80", ""]


def test_a_table_longer_than_a_chunk_is_whole_and_each_group_has_its_own(browser: Browser, gallery: Gallery) -> None:
    image = taken_in(gallery, PACKAGED.read_bytes())

    first = browser.get(f"/images/{image}/waveform.csv").text.splitlines()
    second = browser.get(f"/images/{image}/waveform.csv?group=2").text.splitlines()

    assert (len(first), len(second)) == (10_001, 1_201)
    assert first[0].startswith('"time (s)","Lead I (Einthoven) (uV)"')
    assert first[10_000].startswith("9.999,")


def test_no_cell_of_the_table_is_a_formula(browser: Browser, gallery: Gallery) -> None:
    image = taken_in(gallery, recording(AMBULATORY, "ECG", group([channel('=cmd("x")')], [[1]], 10)))

    assert browser.get(f"/images/{image}/waveform.csv").text == '"time (s)","\'=cmd(""x"") (uV)"\n0,1\n'


def test_what_is_no_waveform_has_neither_sound_nor_numbers(browser: Browser, gallery: Gallery) -> None:
    ct, heart = taken_in(gallery, synthetic.ct_slice(rows=32, columns=32)), taken_in(gallery, ecg(1))

    missing = (
        *(f"/images/{image}/{name}" for image in (ct, 999) for name in ("audio.wav", "waveform.csv")),
        *(f"/images/{heart}/{name}" for name in ("audio.wav", "waveform.csv?group=9")),
    )

    assert [browser.get(path).status_code for path in missing] == [404] * len(missing)


def test_what_cannot_be_drawn_says_so(browser: Browser, gallery: Gallery) -> None:
    odd = ecg(1)
    odd.WaveformSequence[0].WaveformSampleInterpretation = "XX"
    short = pressures(1)
    short.WaveformSequence[0].NumberOfWaveformSamples = 5000

    assert "None of its samples can be read (16 bit XX)." in page_of(browser, taken_in(gallery, odd))
    assert "5\u202f000 samples a channel; 200 are read." in page_of(browser, taken_in(gallery, short))


def test_an_object_of_this_kind_without_any_waveform_shows_why(browser: Browser, gallery: Gallery) -> None:
    empty = ecg(1)
    del empty.WaveformSequence

    assert "holds no picture" in page_of(browser, taken_in(gallery, empty))


def test_what_a_waveform_says_is_text_everywhere(browser: Browser, gallery: Gallery) -> None:
    one = group([channel(HOSTILE)], [[1, 2, 3]], 10, MultiplexGroupLabel=HOSTILE[:16])
    image = taken_in(gallery, recording(AMBULATORY, "ECG", one, notes=[note(name=HOSTILE, text=HOSTILE)]))

    page = browser.get(f"/images/{image}/detail").text

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page.partition('class="story')[2]


def test_free_text_on_a_recording_can_be_hidden(browser: Browser, gallery: Gallery) -> None:
    dataset = ecg(1)
    dataset.WaveformAnnotationSequence = [note(text="Seen by Dr. Doe")]

    page = page_of(browser, taken_in(gallery, dataset))

    assert "<bdi data-identity>Seen by Dr. Doe</bdi>" in page


def test_what_is_noted_at_a_moment_is_marked_by_its_number_in_drawing_and_list(
    browser: Browser, gallery: Gallery
) -> None:
    dataset = brain(seconds=4, channels=2)
    dataset.WaveformAnnotationSequence = ItemSequence(
        [note(text="Eyes open", ReferencedWaveformChannels=[1, 0], ReferencedTimeOffsets=["2"])]
    )

    page = page_of(browser, taken_in(gallery, dataset))

    assert 'class="line-mark"' in page
    assert re.search(r'<text class="label-mark"[^>]*>1</text>', page)
    assert re.search(r'<b class="note-number"[^>]*>1</b> <bdi>Noted</bdi>', page)
