"""What the client finds."""

import pytest
from pydicom import Dataset

from dicomgallery.client import Gallery, NotFoundError, RefusedError, searching
from tests.client.making import ct


def sent(gallery: Gallery, *files: Dataset) -> list[int]:
    """Send these and wait until they are found by what they say; their ids."""
    ids = gallery.upload(*files).ids
    gallery.wait_until_prepared()
    return ids


def test_a_list_goes_on_over_its_pages_until_the_end(gallery: Gallery, monkeypatch: pytest.MonkeyPatch) -> None:
    slices = ct(5)
    sent(gallery, *slices)
    monkeypatch.setattr(searching, "_PAGE", 2)

    found = list(gallery.instances(series=slices[0].SeriesInstanceUID))

    assert {one["sop_uid"] for one in found} == {one.SOPInstanceUID for one in slices}
    assert len(found) == 5


def test_every_level_is_found_by_the_same_words(gallery: Gallery) -> None:
    slices = ct(2)
    ids = sent(gallery, *slices)
    wanted = {"patient_id": slices[0].PatientID}

    patient, study, series = (
        next(gallery.patients(**wanted)),
        next(gallery.studies(**wanted)),
        next(gallery.series(**wanted)),
    )

    assert patient["name"] == slices[0].PatientName
    assert study["study_uid"] == slices[0].StudyInstanceUID
    assert series["series_uid"] == slices[0].SeriesInstanceUID
    assert {one["id"] for one in gallery.instances(**wanted)} == set(ids)
    assert gallery.row("patients", patient["id"]) == patient
    assert gallery.row("series", series["series_uid"]) == gallery.row("series", series["id"]) == series


def test_dates_and_several_values_of_a_facet_narrow_a_search(gallery: Gallery) -> None:
    one = ct(1)[0]
    sent(gallery, one)
    day = one.StudyDate

    def count(**search: object) -> int:
        return len(list(gallery.series(patient_id=one.PatientID, **search)))

    assert count(modality=["MR", "CT"], date_from=day[:4], date_to=f"{day[:4]}-{day[4:6]}-{day[6:]}") == 1
    assert count(modality="MR") == 0
    assert count(date_from=str(int(day[:4]) + 1)) == 0


def test_only_the_fields_asked_for_are_told(gallery: Gallery) -> None:
    gallery.upload(*ct(1))

    assert all(set(one) == {"id", "modality"} for one in gallery.series(fields=["id", "modality"]))


def test_a_word_that_no_search_knows_is_no_search_for_everything(gallery: Gallery) -> None:
    with pytest.raises(TypeError, match="does not know modalty"):
        gallery.series(modalty="CT")


def test_failures_carry_the_sentence_of_the_gallery(gallery: Gallery) -> None:
    with pytest.raises(NotFoundError, match=r"^There is no such study here\.$") as missing:
        gallery.row("studies", 10**9)
    with pytest.raises(RefusedError, match="sort") as refused:
        next(gallery.series(sort="sideways"))

    assert (missing.value.status, missing.value.title) == (404, "Not found")
    assert missing.value.request_id
    assert refused.value.status == 422


def test_a_search_becomes_a_table(gallery: Gallery) -> None:
    slices = ct(3)
    ids = sent(gallery, *slices)

    table = gallery.to_pandas("instances", series=slices[0].SeriesInstanceUID, fields=["id", "rows", "study"])

    assert list(table.columns) == ["id", "rows", "study.id", "study.study_uid", "study.date", "study.description"]
    assert set(table["id"]) == set(ids)
    assert set(table["study.study_uid"]) == {slices[0].StudyInstanceUID}


def test_elements_become_a_table_in_which_ids_stay_texts_and_nothing_stays_empty(gallery: Gallery) -> None:
    slices = ct(2)
    for one in slices:
        one.PatientID = "007"
        one.StudyDescription = 'With "quotes", commas\nand =lines'
        one.ImageComments = "=1+1"
    slices[1].ImageComments = ""
    ids = sent(gallery, *slices)

    table = gallery.tags_to_pandas(
        ["PatientID", "Rows", "StudyDescription", "ImageComments", "SliceThickness", "Laterality"],
        series=slices[0].SeriesInstanceUID,
    )

    first, second = table.loc[ids[0]], table.loc[ids[1]]
    assert (first["PatientID"], first["Rows"]) == ("007", 32)
    assert first["StudyDescription"] == 'With "quotes", commas\nand =lines'
    assert first["ImageComments"] == "=1+1"
    assert float(first["SliceThickness"]) == float(slices[0].SliceThickness)
    assert table["Laterality"].isna().all()
    assert second.isna()["ImageComments"]


def test_tags_come_as_dicom_json_and_as_a_dataset(gallery: Gallery) -> None:
    one = ct(1)[0]
    key = gallery.upload(one).ids[0]

    assert gallery.tags(key)["00100020"] == {"vr": "LO", "Value": [one.PatientID]}
    dataset = gallery.dataset(one.SOPInstanceUID)
    assert (dataset.PatientName, dataset.Rows) == (one.PatientName, 32)
    assert [float(part) for part in dataset.PixelSpacing] == [float(part) for part in one.PixelSpacing]
