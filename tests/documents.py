"""Small documents written by hand, and DICOM objects that carry them."""

import struct
from collections.abc import Sequence

import numpy as np
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as ItemSequence
from pydicom.uid import generate_uid

from dicomgallery.dicom import synthetic

CLASSES = {"pdf": "1", "cda": "2", "stl": "3", "obj": "4", "mtl": "5"}
TYPES = {
    "pdf": "application/pdf", "cda": "text/XML", "stl": "model/stl", "obj": "model/obj", "mtl": "model/mtl",
}  # fmt: skip


def encapsulated(kind: str, data: bytes, *, title: str = "Discharge letter", **values: object) -> Dataset:
    """An object that carries a document (PS3.3 A.45)."""
    dataset = synthetic.basic_report()
    for keyword in ("ContentSequence", "ValueType", "ContinuityOfContent", "CompletionFlag", "ConceptNameCodeSequence"):
        del dataset[keyword]
    dataset.SOPClassUID = f"1.2.840.10008.5.1.4.1.1.104.{CLASSES[kind]}"
    dataset.SOPInstanceUID, dataset.SeriesInstanceUID = generate_uid(), generate_uid()
    dataset.Modality = "M3D" if kind in {"stl", "obj", "mtl"} else "DOC"
    dataset.SeriesDescription = "Documents"
    dataset.BurnedInAnnotation = "YES"
    dataset.DocumentTitle = title
    dataset.MIMETypeOfEncapsulatedDocument = TYPES[kind]
    dataset.EncapsulatedDocument = data + b"\0" * (len(data) % 2)
    dataset.EncapsulatedDocumentLength = len(data)
    if kind in {"stl", "obj"}:
        unit = Dataset()
        unit.CodeValue, unit.CodingSchemeDesignator, unit.CodeMeaning = "mm", "UCUM", "mm"
        dataset.MeasurementUnitsCodeSequence = ItemSequence([unit])
    for keyword, value in values.items():
        if value is None:
            del dataset[keyword]
        else:
            setattr(dataset, keyword, value)
    return dataset


def pdf(*pages: Sequence[str], encrypted: bool = False, size: tuple[int, int] = (595, 842)) -> bytes:
    """A PDF of pages of lines, with a program in it that must not run."""
    kids = " ".join(f"{5 + 2 * at} 0 R" for at in range(len(pages)))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R/OpenAction 4 0 R>>",
        f"<</Type/Pages/Kids[{kids}]/Count {len(pages)}>>".encode(),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        b"<</S/JavaScript/JS(app.alert\\(1\\))>>",
    ]
    for at, lines in enumerate(pages):
        box = f"/MediaBox[0 0 {size[0]} {size[1]}]"
        objects.append(
            f"<</Type/Page/Parent 2 0 R{box}/Contents {6 + 2 * at} 0 R/Resources<</Font<</F 3 0 R>>>>>>".encode()
        )
        text = " ".join(f"({line}) Tj T*" for line in lines)
        stream = f"BT /F 14 Tf 20 TL 60 {size[1] - 80} Td {text} ET".encode("latin-1")
        objects.append(b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream))
    written, places = bytearray(b"%PDF-1.7\n"), []
    for number, one in enumerate(objects, start=1):
        places.append(len(written))
        written += b"%d 0 obj%s\nendobj\n" % (number, one)
    end = len(written)
    written += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    written += b"".join(b"%010d 00000 n \n" % place for place in places)
    locked = b""
    if encrypted:
        key = b"<" + b"41" * 32 + b">"
        locked = b"/ID[<00><00>]/Encrypt<</Filter/Standard/V 1/R 2/P -4/O%s/U%s>>" % (key, key)
    written += b"trailer<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, locked, end)
    return bytes(written)


CDA = b"""<?xml version="1.0" encoding="UTF-8"?>
<ClinicalDocument xmlns="urn:hl7-org:v3">
 <title>Discharge Summary</title>
 <recordTarget><patientRole><patient><name>Not narrative</name></patient></patientRole></recordTarget>
 <component><structuredBody>
  <component><section><title>Reason for stay</title>
   <text>Chest pain,<br/>since <content styleCode="Bold">two days</content>.
    <paragraph>Referred by the <content revised="delete">dentist</content> family doctor.</paragraph></text>
   <component><section><title>Before</title><text><paragraph>Well so far.</paragraph></text></section></component>
  </section></component>
  <component><section><title>Medication</title>
   <text><list listType="ordered"><item>Aspirin 100 mg</item>
     <item>Atorvastatin<list><item>20 mg at night</item></list></item></list></text>
  </section></component>
  <component><section><title>Laboratory</title>
   <text><table><caption>Blood</caption><thead><tr><th>Test</th><th>Value</th></tr></thead>
    <tbody><tr><td>Troponin</td><td>12 ng/L</td></tr>
     <tr><td>Potassium</td><td>&lt;b&gt;4.1 mmol/L</td></tr></tbody></table></text>
  </section></component>
 </structuredBody></component>
</ClinicalDocument>
"""

BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a0 "ha">'
    + b"".join(b'<!ENTITY a%d "%s">' % (at, b"&a%d;" % (at - 1) * 10) for at in range(1, 12))
    + b']><ClinicalDocument xmlns="urn:hl7-org:v3"><title>&a11;</title></ClinicalDocument>'
)


def ball(rings: int = 24, radius: float = 20.0) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """The triangles of a ball."""
    polar, around = np.meshgrid(np.linspace(0, np.pi, rings), np.linspace(0, 2 * np.pi, 2 * rings), indexing="ij")
    points = radius * np.stack([np.sin(polar) * np.cos(around), np.sin(polar) * np.sin(around), np.cos(polar)], axis=-1)
    a, b, c, d = points[:-1, :-1], points[1:, :-1], points[1:, 1:], points[:-1, 1:]
    faces = [np.stack([a, b, c], axis=2), np.stack([a, c, d], axis=2)]
    return np.concatenate([face.reshape(-1, 3, 3) for face in faces]).astype(np.float32)


def stl(triangles: object = None, *, claimed: int | None = None) -> bytes:
    """A binary STL."""
    shape = np.asarray(ball() if triangles is None else triangles, np.float32)
    count = len(shape) if claimed is None else claimed
    body = b"".join(struct.pack("<12fH", 0, 0, 0, *one.reshape(-1), 0) for one in shape)
    return b"made by hand".ljust(80) + struct.pack("<I", count) + body


def ascii_stl() -> bytes:
    """An STL in words: one triangle, 10 wide, 20 high."""
    corners = "".join(f"   vertex {corner}\n" for corner in ("0 0 0", "1e1 0 0", "0 0 20.0"))
    return f"solid one\n facet normal 0 1 0\n  outer loop\n{corners}  endloop\n endfacet\nendsolid one\n".encode()


OBJ = b"""# a cube of four sided faces
mtllib cube.mtl
v 0 0 0
v 10 0 0
v 10 20 0
v 0 20 0
v 0 0 30
v 10 0 30
v 10 20 30
v 0 20 30
usemtl red
f 1 2 3 4
f 5/1/1 6/2/1 7/3/1 8/4/1
f 1 2 6 5
f 2 3 7 6
f 3 4 8 7
f -5 -8 -4 -1
"""
MTL = b"newmtl red\nKd 0.8 0.1 0.1\nnewmtl blue\nKd 0.1 0.1 0.8\n"
