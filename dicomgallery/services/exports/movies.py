"""Movies and contact sheets: the pictures are drawn into a folder, and made one file of in the sandbox."""

from contextlib import closing

from dicomgallery.imaging.exports.frames import FOLDER, name_of
from dicomgallery.imaging.exports.sheets import TILE
from dicomgallery.imaging.exports.weave import RESULT, Form, Weave
from dicomgallery.imaging.spec import Format
from dicomgallery.sandbox.opening import sandbox
from dicomgallery.services.exports.asked import SHEETS
from dicomgallery.services.exports.sources import open_source
from dicomgallery.services.exports.workshop import Made, Workshop


def make(work: Workshop) -> Made:
    """The movie or the sheet of the pictures asked for."""
    asked = work.asked
    side = TILE if asked.kind in SHEETS else asked.longest_side
    source = open_source(work.series_id, asked, work.tell)
    numbers = asked.numbers(source.count)
    work.passes = 2
    frames = work.folder / FOLDER
    frames.mkdir()
    for number, data in work.drawn(source, numbers, Format.PNG, side):
        (frames / name_of(number)).write_bytes(data)
    work.pass_number = 1
    # Closed at once when it is called off: a child must not write into a folder that is gone.
    with closing(sandbox().weave(work.folder, Weave(Form(asked.kind.value), side, asked.fps))) as steps:
        for done, total in steps:
            work.tell(done, total)
    return Made(work.folder / RESULT, source.remarks)
