"""The text a series is found by: names in every script, IDs, descriptions, UIDs, folded.

Three letters in a row are found by the trigram index. Shorter words go another way: as tokens
under `~` in the word index, for the first letters of names, for whole short words ("T2"), and for
Chinese and Japanese, where one or two signs are a word.
"""

import re
from collections.abc import Collection, Iterator
from typing import Final

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from dicomgallery.catalog import words
from dicomgallery.catalog.batches import batches
from dicomgallery.dicom.values import fold
from dicomgallery.models import Patient, Series, SeriesText, SeriesWord, Study

LONGEST: Final = 4000
SHORT: Final = "~:"
"""Begins the tokens of short words; no tag's keyword can."""
SHORT_END: Final = "~;"

_WORD: Final = re.compile(r"\w+")
# Han, kana and hangul: PS3.5 annexes H, I, J, K name patients in them.
_SIGNS: Final = re.compile(r"[\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]+")


def plain(text: str) -> str:
    """Fold text for searching; the carets and equals signs of person names become spaces."""
    return " ".join(fold(text.replace("\0", " ").replace("^", " ").replace("=", " ")).split())


def text_of(patient: Patient, study: Study, series: Series) -> str:
    """The folded text of a series, one line a value, so that no match runs from one into the next."""
    values = (
        patient.name,
        patient.patient_id,
        study.accession,
        study.study_id,
        study.description,
        study.referring,
        study.institution,
        series.modality,
        series.description,
        series.body_part,
        series.protocol,
        series.manufacturer,
        series.model,
        series.station,
        study.study_uid,
        series.series_uid,
    )
    return "\n".join(dict.fromkeys(folded for value in values if (folded := plain(value))))[:LONGEST]


def short_words(name: str, text: str) -> frozenset[str]:
    """The tokens by which one or two letters find a series: of its patient's name and of its whole text."""
    found = {part[:length] for part in _WORD.findall(plain(name)) for length in (1, 2)}
    # UIDs and numbers would give every pair of digits.
    found.update(word for word in _WORD.findall(text) if len(word) <= 2 and not word.isdecimal())
    found.update(_signs(text))
    return frozenset(SHORT + word for word in found)


def _signs(text: str) -> Iterator[str]:
    for run in _SIGNS.findall(text):
        for length in (1, 2):
            yield from (run[start : start + length] for start in range(len(run) - length + 1))


def add(session: Session, series_ids: Collection[int]) -> None:
    """Make series findable by their text; their rows and those above them are in the session's transaction."""
    for ids in batches(sorted(series_ids)):
        query = (
            select(Patient, Study, Series)
            .select_from(Series)
            .join(Study, Series.study_key == Study.id)
            .join(Patient, Study.patient_key == Patient.id)
            .where(Series.id.in_(ids))
        )
        texts, tokens = [], []
        for patient, study, series in session.execute(query, execution_options={"populate_existing": True}):
            text = text_of(patient, study, series)
            texts.append({"series_key": series.id, "text": text})
            tokens += [(token, series.id) for token in short_words(patient.name, text)]
        if texts:
            session.execute(insert(SeriesText), texts)
            words.enter(session, tokens)


def refresh(session: Session, series_ids: Collection[int]) -> None:
    """Write the text of series anew, after a name or a description changed."""
    for ids in batches(sorted(series_ids)):
        session.execute(delete(SeriesText).where(SeriesText.series_key.in_(ids)))
        short = SeriesWord.token.between(SHORT, SHORT_END)
        session.execute(delete(SeriesWord).where(SeriesWord.series_key.in_(ids), short))
    add(session, series_ids)


def remove(session: Session, series_ids: Collection[int]) -> None:
    """Forget the text and the words of series whose rows go for good."""
    for ids in batches(sorted(series_ids)):
        session.execute(delete(SeriesText).where(SeriesText.series_key.in_(ids)))
        session.execute(delete(SeriesWord).where(SeriesWord.series_key.in_(ids)))
