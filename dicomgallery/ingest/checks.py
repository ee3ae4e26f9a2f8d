"""From staged bytes to facts, or to the reason why not."""

from dataclasses import replace

from dicomgallery.dicom.facts import Facts, facts_in
from dicomgallery.dicom.prescan import Flaw, Flawed, prescan
from dicomgallery.dicom.reader import UnreadableError
from dicomgallery.dicom.uids import stable_uid
from dicomgallery.ingest.outcome import Reason, Rejected
from dicomgallery.ingest.record import Prepared
from dicomgallery.storage.staging import StagedFile

REASON_OF: dict[Flaw, Reason] = {
    Flaw.EMPTY: Reason.INVALID_TYPE,
    Flaw.NOT_DICOM: Reason.INVALID_TYPE,
    Flaw.TRUNCATED: Reason.TRUNCATED,
    Flaw.MALFORMED: Reason.UNREADABLE,
    Flaw.TOO_DEEP: Reason.UNSAFE,
    Flaw.TOO_MANY_ELEMENTS: Reason.UNSAFE,
    Flaw.INFLATES_TOO_FAR: Reason.UNSAFE,
}


_OTHER_STUDY = "It belongs to another study than the one it was sent to."


def prepare(name: str, staged: StagedFile, *, study_uid: str | None = None) -> Prepared | Rejected:
    """Pre-scan and parse a staged file; nothing is read beyond its header but the frame of its pixel data.

    With `study_uid`, a file of another study is refused.
    """
    if not staged.size_bytes:
        return Rejected(name, Reason.INVALID_TYPE, "The file is empty.")
    with staged.mapped() as data:
        scanned = prescan(data)
        if isinstance(scanned, Flawed):
            return Rejected(name, REASON_OF[scanned.flaw], scanned.detail)
        try:
            facts = facts_in(data, scanned)
        except UnreadableError as error:
            return Rejected(name, REASON_OF[error.flaw], error.message)
    if study_uid is not None and facts.study.study_uid != study_uid:
        return Rejected(name, Reason.OTHER_STUDY, _OTHER_STUDY, facts.instance.sop_uids)
    filed = _with_uids(facts, staged.sha256)
    return Prepared(name, staged, filed, uids_made=filed is not facts)


def _with_uids(facts: Facts, sha256: str) -> Facts:
    """Give the UIDs that are missing, the same ones whenever the same content comes again."""
    study, series, instance = facts.study, facts.series, facts.instance
    if study.study_uid and series.series_uid and instance.sop_uid:
        return facts
    if not study.study_uid:
        patient = facts.patient
        told = (patient.patient_id, patient.issuer, patient.name, study.date, study.study_id, study.accession)
        study = replace(study, study_uid=stable_uid(_seed("study", *(told if any(told) else (sha256,)))))
    if not series.series_uid:
        kind = (study.study_uid, series.modality, str(series.number), series.description)
        series = replace(series, series_uid=stable_uid(_seed("series", *kind)))
    if not instance.sop_uid:
        instance = replace(instance, sop_uid=stable_uid(_seed("instance", sha256)))
    return replace(facts, study=study, series=series, instance=instance)


def _seed(*parts: str) -> bytes:
    return "\0".join(parts).encode()
