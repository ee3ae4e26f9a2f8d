"""The pages about the gallery itself."""

from dicomgallery.imaging.specimens import BY_FILE
from tests.web.conftest import Browser


def test_the_codecs_are_tried_when_their_page_is_asked_for(browser: Browser) -> None:
    page = browser.get("/about/codecs").text

    assert page.count(">pass<") == len(BY_FILE)
    assert ">fail<" not in page
    assert "Retired from the standard" in page
    assert "1.2.840.10008.1.2.4.110" in page
