"""Objects with a name burned into their pixels, and a run that sets them apart."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from pydicom import Dataset
from pydicom.uid import MultiFrameTrueColorSecondaryCaptureImageStorage

from dicomgallery.catalog import deid as catalog
from dicomgallery.catalog.selection import Selection
from dicomgallery.dicom import synthetic
from dicomgallery.models import db
from dicomgallery.services import deid_runs
from dicomgallery.services.deidentifying import BurnedIn
from tests.conftest import Gallery

NAME = "QVISTGAARD, THORA"


def burned(*places: tuple[int, int], rows: int = 160, columns: int = 320, number: int = 1, frames: int = 0) -> Dataset:
    """A picture of a screen with a name at each of the places; of several frames, in the last one."""
    dataset = synthetic.secondary_capture(rows, columns, seed=number)
    picture = Image.new("L", (columns, rows), 6)
    for place in places:
        ImageDraw.Draw(picture).text(place, NAME, fill=250, font=ImageFont.load_default(size=20))
    pixels = np.repeat(np.asarray(picture)[..., None], 3, axis=2)
    if frames:
        dataset.NumberOfFrames = frames
        dataset.SOPClassUID = MultiFrameTrueColorSecondaryCaptureImageStorage
        pixels = np.stack([np.full_like(pixels, 6)] * (frames - 1) + [pixels])
    dataset.PixelData = pixels.tobytes()
    dataset.PatientName, dataset.PatientID = "Qvistgaard^Thora", "QX-7731-05"
    return dataset


def waiting(gallery: Gallery, *files: Dataset, burned_in: BurnedIn = BurnedIn.QUARANTINE) -> int:
    """A run that is done but for what waits for a person."""
    report = gallery.ingest(*files)
    gallery.work()
    chosen = Selection(images=tuple(one.instance_id for one in report))  # type: ignore[union-attr]
    run_id = deid_runs.draft(chosen, actor=gallery.actor, burned_in=burned_in)
    done(gallery, run_id)
    return run_id


def done(gallery: Gallery, run_id: int) -> catalog.Account:
    """The run after all its jobs, started where it was not."""
    if deid_runs.of(run_id, actor=gallery.actor).stage == "draft":
        deid_runs.start(run_id, actor=gallery.actor)
    gallery.work()
    db.session.rollback()
    return deid_runs.of(run_id, actor=gallery.actor)
