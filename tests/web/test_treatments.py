"""Treatment records on the page of their image."""

import html

from pydicom.dataset import Dataset

from dicomgallery.ingest.outcome import Accepted
from tests.conftest import Gallery
from tests.radiotherapy import beam, plan
from tests.treatments import brachy_session, given, session, summary
from tests.web.conftest import HOSTILE, Browser


def _ingest(gallery: Gallery, *files: Dataset) -> list[int]:
    outcomes = gallery.ingest(*files)
    assert all(isinstance(one, Accepted) for one in outcomes), outcomes
    return [one.instance_id for one in outcomes if isinstance(one, Accepted)]


def _shown(browser: Browser, image: int) -> str:
    answer = browser.get(f"/images/{image}/detail")
    assert answer.status_code == 200
    return " ".join(html.unescape(answer.text).split())


def test_a_session_is_read_as_a_sheet_that_leads_to_its_plan(browser: Browser, gallery: Gallery) -> None:
    planned = plan(beam(1, "Field 1", (0, "NONE")))
    record = session(given(1, "116", "116"), given(2, "90", "41.5", "MACHINE"), plan_uid=planned.SOPInstanceUID)
    here, shown = _ingest(gallery, planned, record)

    page = _shown(browser, shown)

    assert "Treatment session" in page
    assert "41.5 MU" in page
    assert "by the machine" in page
    assert "1 of 2 beams did not end as specified." in page
    assert f'<a href="/images/{here}/detail"><bdi data-identity>Boost</bdi></a>' in page
    assert "data-stage-image" not in page
    assert "style=" not in page


def test_a_session_whose_plan_is_elsewhere_says_so(browser: Browser, gallery: Gallery) -> None:
    (shown,) = _ingest(gallery, session(given(1, "116", "116"), plan_uid="1.2.3.4"))

    page = _shown(browser, shown)

    assert "not in this gallery" in page
    assert "did not end" not in page


def test_brachytherapy_is_told_by_setups_and_seconds(browser: Browser, gallery: Gallery) -> None:
    (shown,) = _ingest(gallery, brachy_session())

    page = _shown(browser, shown)

    assert "Application setups" in page
    assert "90 s" in page
    assert "1 of 1 setups did not end as specified." in page


def test_a_summary_tells_fractions_and_doses_so_far(browser: Browser, gallery: Gallery) -> None:
    (shown,) = _ingest(gallery, summary())

    page = _shown(browser, shown)

    assert "<b>2</b> of 25 fractions delivered, external beam" in page
    assert "<b>4.02 Gy</b> so far" in page


def test_what_a_record_says_is_text_everywhere(browser: Browser, gallery: Gallery) -> None:
    hostile = given(1, "1", "1", HOSTILE[:16])
    hostile.BeamName, hostile.TreatmentTerminationCode = HOSTILE, HOSTILE[:16]
    (shown,) = _ingest(gallery, session(hostile, TreatmentStatusComment=HOSTILE))

    assert "<script>alert" not in browser.get(f"/images/{shown}/detail").text
