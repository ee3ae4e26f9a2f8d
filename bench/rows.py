"""Writes a great catalog straight into a database: skewed as a hospital's is, without any file behind it."""

import hashlib
import random
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Table, insert
from sqlalchemy.orm import Session

from dicomgallery.catalog import counters, texts, words
from dicomgallery.dicom.values import fold
from dicomgallery.dicom.words import tokens_for
from dicomgallery.models import (
    Collection,
    CollectionMember,
    Header,
    Instance,
    Patient,
    Series,
    Study,
    transaction,
)

BATCH = 20_000
START = datetime(2015, 1, 1, tzinfo=UTC)
FAMILIES = ["Smith", "Johnson", "Müller", "Garcia", "Nguyen", "Kim", "Ivanov", "Dvořák", "Rossi", "Novák"]
SCRIPTS = ["=山田^太郎=やまだ^たろう", "=洪^吉洞=홍^길동", "=王^小东"]
SYLLABLES = ["ba", "den", "ko", "lin", "mar", "no", "ros", "ser", "ta", "vel", "wi", "zan"]
MODALITIES = {"CT": (36, 220), "MR": (30, 120), "CR": (9, 2), "DX": (8, 2), "US": (8, 25), "MG": (4, 4), "PT": (3, 260)}
MAKERS = {"SIEMENS": 34, "GE MEDICAL SYSTEMS": 27, "Philips": 18, "TOSHIBA": 8, "Canon": 4, "FUJIFILM": 3, "": 1}
PARTS = {"CHEST": 26, "ABDOMEN": 20, "HEAD": 18, "BRAIN": 12, "KNEE": 7, "LSPINE": 6, "": 8, "ANKLE": 1}
SYNTAXES = {
    "1.2.840.10008.1.2.1": 70,
    "1.2.840.10008.1.2.4.70": 18,
    "1.2.840.10008.1.2.4.90": 9,
    "1.2.840.10008.1.2": 3,
}
DESCRIPTIONS = ["Thorax venous 1.0", "T2 TSE sag", "T1 MPRAGE", "Scout", "DWI b1000", "PA erect", "Abdomen 5.0 B30f"]
KERNELS = ["B30f", "B70f", "H31s", "FC08", "STANDARD", "LUNG"]


@dataclass(frozen=True, slots=True)
class Shape:
    """How many rows of each kind."""

    instances: int = 1_000_000
    series: int = 10_000
    studies: int = 5_000
    patients: int = 3_000
    seed: int = 7

    @classmethod
    def of(cls, instances: int) -> "Shape":
        """The usual proportions for so many instances."""
        return cls(instances, max(20, instances // 100), max(10, instances // 200), max(6, instances // 333))


def write(shape: Shape) -> None:
    """Fill an empty, migrated catalog; call inside an application context."""
    noise = random.Random(shape.seed)
    with transaction() as session:
        _put(session, Patient, _patients(shape, noise))
    with transaction() as session:
        _put(session, Study, _studies(shape, noise))
    rows = list(_series(shape, noise))
    with transaction() as session:
        _put(session, Series, iter(rows))
        texts.add(session, range(1, shape.series + 1))
        _words(session, rows)
        counters.recount(session)
    with transaction() as session:
        _put(session, Instance, _instances(rows))
    with transaction() as session:
        _put(session, Header, _headers(rows))
        _put(
            session,
            Collection,
            ({"id": n, "workspace_id": 1, "name": f"Set {n}", "created_at": START} for n in (1, 2, 3)),
        )
        _put(session, CollectionMember, _members(rows, noise))
        _sum_up(session)


def _put(session: Session, model: Any, rows: Iterator[dict[str, Any]]) -> None:
    table: Table = model.__table__
    batch: list[dict[str, Any]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH:
            session.connection().execute(insert(table), batch)
            batch = []
    if batch:
        session.connection().execute(insert(table), batch)


def _pick(noise: random.Random, weights: dict[str, int]) -> str:
    return noise.choices(list(weights), list(weights.values()))[0]


def _patients(shape: Shape, noise: random.Random) -> Iterator[dict[str, Any]]:
    for n in range(1, shape.patients + 1):
        family = noise.choice(FAMILIES) if noise.random() < 0.4 else "".join(noise.choices(SYLLABLES, k=4)).title()
        name = (
            f"{family}^{''.join(noise.choices(SYLLABLES, k=2)).title()}{noise.choice(SCRIPTS) if n % 50 == 0 else ''}"
        )
        yield {
            "id": n,
            "workspace_id": 1,
            "patient_id": f"PAT{n:07}",
            "name": name,
            "name_key": fold(name),
            "sex": noise.choice("MF"),
            "birth_date": f"{noise.randint(1930, 2010)}0615",
            "received_at": START + timedelta(hours=n),
        }


def _studies(shape: Shape, noise: random.Random) -> Iterator[dict[str, Any]]:
    for n in range(1, shape.studies + 1):
        date = (START + timedelta(days=int(3600 * n / shape.studies) - noise.randint(0, 400))).strftime("%Y%m%d")
        yield {
            "id": n,
            "patient_key": n if n <= shape.patients else noise.randint(1, shape.patients),
            "workspace_id": 1,
            "owner_id": "owner",
            "study_uid": f"1.2.826.0.1.3680043.8.498.{n}.{noise.getrandbits(60)}",
            "date": date,
            "date_key": date,
            "accession": f"ACC{n:08}",
            "description": noise.choice(["CT Thorax", "MR Knee", "Chest PA", "Whole body"]),
            "institution": f"Hospital {min(39, int(noise.expovariate(0.15))):02}",
            "received_at": START + timedelta(hours=n),
        }


def _series(shape: Shape, noise: random.Random) -> Iterator[dict[str, Any]]:
    kinds = [_pick(noise, {name: weight for name, (weight, _) in MODALITIES.items()}) for _ in range(shape.series)]
    weights = [MODALITIES[kind][1] * noise.lognormvariate(0, 0.6) for kind in kinds]
    scale = (shape.instances - shape.series) / sum(weights)
    sizes = [1 + int(weight * scale) for weight in weights]
    sizes[0] += shape.instances - sum(sizes)
    first = 1
    for n, (kind, size) in enumerate(zip(kinds, sizes, strict=True), 1):
        study = min(n, shape.studies) if n <= shape.studies else noise.randint(1, shape.studies)
        year = 2015 + int(10 * study / shape.studies) if noise.random() < 0.97 else 2001
        yield {
            "id": n,
            "study_key": study,
            "workspace_id": 1,
            "series_uid": f"1.2.826.0.1.3680043.8.499.{n}.{noise.getrandbits(60)}",
            "modality": kind,
            "number": n % 12 + 1,
            "description": noise.choice(DESCRIPTIONS),
            "body_part": _pick(noise, PARTS),
            "manufacturer": _pick(noise, MAKERS),
            "model": f"Model {noise.randint(1, 30)}",
            "institution": f"Hospital {min(39, int(noise.expovariate(0.15))):02}",
            "date_key": f"{min(year, 2024)}{noise.randint(1, 12):02}{noise.randint(1, 28):02}",
            "transfer_syntax": _pick(noise, SYNTAXES),
            "deidentified": noise.choices(["no", "yes", "profile"], [80, 15, 5])[0],
            "instance_count": size,
            "frame_count": size,
            "size_bytes": size * 525_000,
            "cover_id": first + size // 2,
            "received_at": START + timedelta(hours=study, seconds=n),
            "name_key": "",
        }
        first += size


def _instances(series: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    row_id = 0
    for row in series:
        for place in range(row["instance_count"]):
            row_id += 1
            yield {
                "id": row_id,
                "series_key": row["id"],
                "workspace_id": 1,
                "sop_uid": f"{row['series_uid']}.{place}",
                "sop_class_uid": "1.2.840.10008.5.1.4.1.1.2",
                "blob_sha256": hashlib.sha256(str(row_id).encode()).hexdigest(),
                "size_bytes": 525_000,
                "transfer_syntax": row["transfer_syntax"],
                "file_name": f"IM{place:05}",
                "label": f"{row['modality']} {place}",
                "number": place + 1,
                "position_mm": place * 1.25,
                "frames": 1,
                "rows": 512,
                "columns": 512,
                "bits_allocated": 16,
                "bits_stored": 12,
                "photometric": "MONOCHROME2",
                "image_type": "ORIGINAL\\PRIMARY\\AXIAL",
                "has_pixels": True,
                "is_current": True,
                "received_at": row["received_at"],
                "render_state": "ready",
            }


def _words(session: Session, series: list[dict[str, Any]]) -> None:
    """About a hundred tokens a series: some shared by all, some rare."""
    common = [f"attribute{n}:value" for n in range(70)]
    for start in range(0, len(series), 200):
        pairs: list[tuple[str, int]] = []
        for row in series[start : start + 200]:
            said = {
                "Modality": row["modality"],
                "Manufacturer": row["manufacturer"],
                "ConvolutionKernel": KERNELS[row["id"] % len(KERNELS)],
                "SeriesDescription": row["description"],
                "KVP": str(80 + row["id"] % 5 * 10),
                "DeviceSerialNumber": f"SN{row['id'] % 997:05}",
                "SeriesInstanceUID": row["series_uid"],
            }
            tokens = [token for keyword, text in said.items() for token in tokens_for(keyword, text)]
            pairs += [(token, row["id"]) for token in [*common, *tokens, f"imagecomments:note{row['id'] % 400}"]]
        words.enter(session, pairs)


def _headers(series: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Headers for the images of the series that `ImageComments=note7` finds; every tenth image has the word."""
    first = 1
    for row in series:
        if row["id"] % 400 == 7:
            for place in range(row["instance_count"]):
                header = {f"0018{n:04X}": {"vr": "LO", "Value": [f"filler {n}"]} for n in range(80)}
                header["00204000"] = {"vr": "LT", "Value": ["note7" if place % 10 == 0 else "nothing"]}
                yield {"instance_id": first + place, "json_zlib": zlib.compress(orjson.dumps(header), 6)}
        first += row["instance_count"]


def _members(series: list[dict[str, Any]], noise: random.Random) -> Iterator[dict[str, Any]]:
    """One collection of a tenth of all images, two small ones."""
    first = 1
    for row in series:
        collection = 1 if row["id"] % 10 == 0 else 2 if row["id"] % 1000 == 1 else 3 if row["id"] % 333 == 1 else 0
        if collection:
            for place in range(row["instance_count"]):
                yield {
                    "collection_id": collection,
                    "file_name": f"{row['id']:06}/IM{place:05}",
                    "instance_id": first + place,
                    "added_at": START,
                }
        first += row["instance_count"]


def _sum_up(session: Session) -> None:
    """Bring the counts of studies and patients, and the names of series, in line with the series."""
    for statement in (
        """UPDATE study SET
           series_count = (SELECT count(*) FROM series WHERE study_key = study.id),
           instance_count = (SELECT coalesce(sum(instance_count), 0) FROM series WHERE study_key = study.id),
           size_bytes = (SELECT coalesce(sum(size_bytes), 0) FROM series WHERE study_key = study.id),
           modalities = coalesce((SELECT min(modality) FROM series WHERE study_key = study.id), '')""",
        """UPDATE patient SET
           study_count = (SELECT count(*) FROM study WHERE patient_key = patient.id),
           series_count = (SELECT coalesce(sum(series_count), 0) FROM study WHERE patient_key = patient.id),
           instance_count = (SELECT coalesce(sum(instance_count), 0) FROM study WHERE patient_key = patient.id)""",
        """UPDATE series SET name_key = (SELECT patient.name_key FROM patient
           JOIN study ON study.patient_key = patient.id WHERE study.id = series.study_key)""",
    ):
        session.connection().exec_driver_sql(statement)
