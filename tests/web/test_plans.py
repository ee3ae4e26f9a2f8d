"""Radiotherapy plans on the page of their image."""

import html
import io
import re
from pathlib import Path

import numpy as np
from PIL import Image
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset

from dicomgallery.ingest.outcome import Accepted
from tests.conftest import Gallery
from tests.radiotherapy import STRUCTURES, beam, contour, item, plan, square, structure_set
from tests.web.conftest import HOSTILE, Browser

ARC = beam(1, "Arc", (181, "CW"), (0, "CW"), (170, "NONE"))
FIELD = beam(2, "Field", (90, "NONE"), (90, "NONE"))


def _ingest(gallery: Gallery, *files: Dataset | bytes) -> list[int]:
    outcomes = gallery.ingest(*files)
    assert all(isinstance(one, Accepted) for one in outcomes), outcomes
    return [one.instance_id for one in outcomes if isinstance(one, Accepted)]


def _shown(browser: Browser, image: int) -> str:
    answer = browser.get(f"/images/{image}/detail")
    assert answer.status_code == 200
    return html.unescape(answer.text)


def test_a_plan_is_read_as_a_sheet_in_place_of_a_picture(browser: Browser, gallery: Gallery) -> None:
    target = item(
        DoseReferenceNumber=1, DoseReferenceType="TARGET", DoseReferenceDescription="PTV", TargetPrescriptionDose="50"
    )
    (shown,) = _ingest(gallery, plan(ARC, FIELD, DoseReferenceSequence=[target], ApprovalStatus="APPROVED"))

    page = " ".join(_shown(browser, shown).split())

    assert "<b>50 Gy</b> prescribed" in page
    assert "<b>25</b> fractions" in page
    assert "181° – 170°<small>clockwise</small>" in page
    assert "100 MU" in page
    assert "approved" in page
    assert "style=" not in page
    assert "data-stage-image" not in page


def test_beams_stand_around_the_patient_where_their_gantry_does(browser: Browser, gallery: Gallery) -> None:
    (shown,) = _ingest(gallery, plan(ARC, FIELD))

    page = _shown(browser, shown)

    # 90 degrees is on the right of who stands at the foot of the couch (IEC 61217).
    assert re.search(r'<line x1="100.0" y1="-?0.0" x2="0" y2="0"', page)
    # From 181 clockwise to 170: the long way round.
    assert re.search(r'<path d="M-1.75 99.98A100 100 0 1 1 17.36 98.48"', page)


def test_what_a_plan_refers_to_is_a_link_where_it_is_here(browser: Browser, gallery: Gallery) -> None:
    structures = structure_set({"Heart": [contour(square(0, 9, 0))]})
    referenced = item(ReferencedSOPClassUID=STRUCTURES, ReferencedSOPInstanceUID=structures.SOPInstanceUID)
    dose = item(ReferencedSOPClassUID="1.2.840.10008.5.1.4.1.1.481.2", ReferencedSOPInstanceUID="1.2.3.4")
    here, shown = _ingest(
        gallery, structures, plan(FIELD, ReferencedStructureSetSequence=[referenced], ReferencedDoseSequence=[dose])
    )

    page = _shown(browser, shown)

    assert f'<a href="/images/{here}/detail"><bdi>Chest</bdi></a>' in page
    assert "not in this gallery" in page


def test_brachytherapy_has_its_setups_and_no_gantry(browser: Browser, gallery: Gallery) -> None:
    setup = item(ApplicationSetupNumber=1, ApplicationSetupType="VAGINAL", ApplicationSetupName="Cylinder")
    group = item(
        FractionGroupNumber=1,
        NumberOfFractionsPlanned=4,
        ReferencedBrachyApplicationSetupSequence=[
            item(ReferencedBrachyApplicationSetupNumber=1, BrachyApplicationSetupDose="7")
        ],
    )
    (shown,) = _ingest(gallery, plan(ApplicationSetupSequence=[setup], FractionGroupSequence=[group]))

    page = _shown(browser, shown)

    assert "<bdi>Cylinder</bdi>" in page
    assert "7 Gy" in page
    assert 'class="gantry"' not in page


def test_what_a_plan_says_is_text_everywhere(browser: Browser, gallery: Gallery) -> None:
    hostile = beam(1, HOSTILE, (0, "NONE"), TreatmentMachineName=HOSTILE[:16], BeamType=HOSTILE[:16])
    (shown,) = _ingest(gallery, plan(hostile, RTPlanLabel=HOSTILE[:16], RTPlanName=HOSTILE, ReviewerName=HOSTILE))

    assert "<script>alert" not in browser.get(f"/images/{shown}/detail").text


def test_its_card_shows_its_beams(browser: Browser, gallery: Gallery) -> None:
    (shown,) = _ingest(gallery, plan(ARC, FIELD))
    gallery.work()

    src = re.search(rf'src="(/pictures/{shown}-[^"]+)"', browser.get("/").text)

    assert src
    with Image.open(io.BytesIO(browser.get(src[1]).data)) as picture:
        pixels = np.asarray(picture.convert("RGB"), int)
    # The field comes from the right, in the second of our colors; nothing comes from the left but the arc's way.
    assert pixels[128, 200].argmax() == 2
    assert pixels[128, 60].max() < 80


def test_the_packaged_plan_has_its_page(browser: Browser, gallery: Gallery) -> None:
    (shown,) = _ingest(gallery, Path(str(get_testdata_file("rtplan.dcm", download=False))).read_bytes())

    assert "30.83 Gy" in _shown(browser, shown)
