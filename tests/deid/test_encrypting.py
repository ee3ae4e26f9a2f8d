"""Attributes encrypted instead of removed, and put back."""

import io
import shutil
import subprocess
from pathlib import Path

import pytest
from flask import Flask
from pydicom import Dataset, dcmread
from pydicom.data import get_testdata_file
from pydicom.uid import ImplicitVRLittleEndian, RLELossless

from dicomgallery.deid.decrypting import (
    Decrypted,
    KeyPair,
    NotARecipientError,
    NothingEncryptedError,
    PasswordError,
    TamperedError,
    WrongKeyError,
    decrypted,
)
from dicomgallery.deid.encrypting import Cipher, certificates_in, encoded, encrypted, sealed
from dicomgallery.deid.restoring import restored
from dicomgallery.dicom import reader, rewriting, synthetic
from dicomgallery.dicom.differences import differences
from dicomgallery.dicom.prescan import Prescanned, prescan
from dicomgallery.dicom.told import summed
from dicomgallery.errors import RefusedError
from tests.deid.keys import Person, person


def _originals() -> Dataset:
    found = Dataset()
    found.SpecificCharacterSet = "ISO_IR 192"
    found.PatientName = "Жук^Анна"
    found.PatientID = "X-1"
    found.SOPInstanceUID = "1.2.826.0.1.3680043.8.498.1"
    found.add_new(0x00190010, "LO", "ACME")
    found.add_new(0x00191001, "OB", b"\1\2\3\4")
    item = Dataset()
    item.OperatorsName = "Ärztin"
    found.RequestAttributesSequence = [item]
    return found


def _deidentified(*recipients: Person, cipher: Cipher = Cipher.AES_256) -> Dataset:
    dataset = synthetic.ct_slice(1, of=1, rows=16, columns=16)
    dataset.PatientName, dataset.PatientID, dataset.SOPInstanceUID = "", "SUBJ-1", "2.25.1"
    dataset.PatientIdentityRemoved, dataset.DeidentificationMethod = "YES", "Basic"
    dataset.LongitudinalTemporalInformationModified = "REMOVED"
    dataset.EncryptedAttributesSequence = [encrypted(_originals(), [one.certificate for one in recipients], cipher)]
    return dataset


def _file(dataset: Dataset) -> bytes:
    return synthetic.as_bytes(dataset)


def _back(data: bytes, pair: KeyPair) -> bytes:
    found = restored(data, pair)
    return found.before + data[slice(*found.copied)] + found.after


def _opened(dataset: Dataset, one: Person) -> Decrypted:
    return decrypted(dcmread(io.BytesIO(_file(dataset))), one.pair)


@pytest.mark.parametrize("cipher", list(Cipher))
def test_each_recipient_gets_every_attribute_back(cipher: Cipher) -> None:
    dataset = _deidentified(person("a"), person("b"), cipher=cipher)

    for name in ("a", "b"):
        found = _opened(dataset, person(name)).attributes
        assert found.PatientName == "Жук^Анна"
        assert found.RequestAttributesSequence[0].OperatorsName == "Ärztin"
        assert found[0x00191001].value == b"\1\2\3\4"


def test_nothing_of_the_originals_can_be_read_in_the_file() -> None:
    data = _file(_deidentified(person("a")))

    for told in ("Жук".encode(), b"X-1", b"1.2.826.0.1.3680043.8.498.1", "Ärztin".encode()):
        assert told in encoded(_originals())
        assert told not in data


def test_the_content_has_an_even_length_and_its_padding_is_no_part_of_the_message() -> None:
    for size in range(1, 40):
        attributes = Dataset()
        attributes.PatientComments = "x" * size
        item = encrypted(attributes, [person("a").certificate])
        assert len(item.EncryptedContent) % 2 == 0
        holder = Dataset()
        holder.EncryptedAttributesSequence = [item]
        assert len(decrypted(holder, person("a").pair).attributes.PatientComments) == size


def test_a_file_comes_back_with_identity_in_its_places_and_no_marks_of_removal() -> None:
    dataset = _deidentified(person("a"))
    data = _file(dataset)

    found = dcmread(io.BytesIO(_back(data, person("a").pair)))

    assert (found.PatientName, found.PatientID) == ("Жук^Анна", "X-1")
    assert found.SOPInstanceUID == found.file_meta.MediaStorageSOPInstanceUID == "1.2.826.0.1.3680043.8.498.1"
    assert found.PixelData == dataset.PixelData
    for gone in ("EncryptedAttributesSequence", "PatientIdentityRemoved", "DeidentificationMethod"):
        assert gone not in found
    assert "LongitudinalTemporalInformationModified" not in found
    assert found.StudyInstanceUID == dataset.StudyInstanceUID
    assert list(found.keys()) == sorted(found.keys())


def test_compressed_pixel_data_are_not_touched() -> None:
    dataset = _deidentified(person("a"))
    _file(dataset)
    dataset.compress(RLELossless, generate_instance_uid=False)
    data = _file(dataset)

    found = dcmread(io.BytesIO(_back(data, person("a").pair)))

    assert found.file_meta.TransferSyntaxUID == RLELossless
    assert found.PixelData == dataset.PixelData


def test_an_implicit_file_becomes_explicit_with_the_same_pixel_data() -> None:
    dataset = _deidentified(person("a"))
    _file(dataset)
    dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    out = io.BytesIO()
    dataset.save_as(out, implicit_vr=True, little_endian=True, enforce_file_format=True)

    found = dcmread(io.BytesIO(_back(out.getvalue(), person("a").pair)))

    assert found.PatientName == "Жук^Анна"
    assert found.PixelData == dataset.PixelData
    assert found.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.1"


def test_pixels_of_an_icon_come_back_with_it() -> None:
    attributes, icon = Dataset(), Dataset()
    icon.Rows = icon.Columns = 2
    icon.add_new(0x7FE00010, "OB", b"\1\2\3\4")
    attributes.IconImageSequence = [icon]
    holder = Dataset()
    holder.EncryptedAttributesSequence = [encrypted(attributes, [person("a").certificate])]

    found = _opened_in_memory(holder)

    assert found.IconImageSequence[0].PixelData == b"\1\2\3\4"


def _opened_in_memory(holder: Dataset) -> Dataset:
    return decrypted(holder, person("a").pair).attributes


def test_what_is_for_others_stays_closed_and_the_marks_stay_with_it() -> None:
    dataset = _deidentified(person("a"))
    other = Dataset()
    other.PatientBirthDate = "19700101"
    dataset.EncryptedAttributesSequence.append(encrypted(other, [person("b").certificate]))

    data = _back(_file(dataset), person("a").pair)
    found = dcmread(io.BytesIO(data))

    assert found.PatientID == "X-1"
    assert found.PatientIdentityRemoved == "YES"
    assert len(found.EncryptedAttributesSequence) == 1
    assert dcmread(io.BytesIO(_back(data, person("b").pair))).PatientBirthDate == "19700101"


def test_a_certificate_it_is_not_for_is_told() -> None:
    with pytest.raises(NotARecipientError, match="encrypted for others"):
        restored(_file(_deidentified(person("a"))), person("b").pair)


def test_a_key_of_another_certificate_is_told() -> None:
    with pytest.raises(WrongKeyError, match="does not belong to the certificate"):
        KeyPair.read(person("b").key_pem(), person("a").certificate_pem)


def test_a_file_without_encrypted_attributes_is_told() -> None:
    with pytest.raises(NothingEncryptedError):
        restored(_file(synthetic.ct_slice(1, of=1, rows=16, columns=16)), person("a").pair)


def test_a_locked_key_needs_its_password() -> None:
    one = person("a")
    locked = one.key_pem(b"secret")

    assert KeyPair.read(locked, one.certificate_pem, b"secret").certificate == one.certificate
    with pytest.raises(PasswordError, match="locked"):
        KeyPair.read(locked, one.certificate_pem)
    with pytest.raises(PasswordError, match="does not open"):
        KeyPair.read(locked, one.certificate_pem, b"wrong")


@pytest.mark.parametrize("pem", [b"", b"nonsense", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_what_is_no_key_and_no_certificate_is_told_in_words(pem: bytes) -> None:
    with pytest.raises(RefusedError, match="no certificate"):
        KeyPair.read(person("a").key_pem(), pem)
    with pytest.raises(RefusedError, match="no private key"):
        KeyPair.read(pem, person("a").certificate_pem)
    with pytest.raises(RefusedError, match="no certificate"):
        certificates_in(pem)


def test_nobody_to_decrypt_it_is_refused() -> None:
    with pytest.raises(RefusedError, match="at least one certificate"):
        encrypted(_originals(), [])


def test_any_changed_byte_of_the_encrypted_attributes_is_noticed() -> None:
    one = person("a")
    item = encrypted(_originals(), [one.certificate])
    content = bytes(item.EncryptedContent)
    begin = len(content) - len(sealed(encoded(_originals())))
    noticed = 0
    for at in (*range(begin, len(content) - 1, 37), 0, 30, 60):
        changed = bytearray(content)
        changed[at] ^= 0x10
        item.EncryptedContent = bytes(changed)
        holder = Dataset()
        holder.EncryptedAttributesSequence = [item]
        with pytest.raises((TamperedError, NotARecipientError)):
            decrypted(holder, one.pair)
        noticed += 1
    assert noticed > 10


def test_what_has_no_hash_inside_is_taken_on_trust_only_when_asked(tmp_path: Path, openssl: str) -> None:
    one = person("a")
    (tmp_path / "plain").write_bytes(encoded(_originals()))
    (tmp_path / "a.pem").write_bytes(one.certificate_pem)
    command = ["cms", "-encrypt", "-binary", "-outform", "DER", "-aes-128-cbc", "-in", "plain", "-out", "cms", "a.pem"]
    subprocess.run([openssl, *command], cwd=tmp_path, check=True, capture_output=True)
    item = encrypted(_originals(), [one.certificate])
    item.EncryptedContent = (tmp_path / "cms").read_bytes()
    holder = Dataset()
    holder.EncryptedAttributesSequence = [item]

    with pytest.raises(TamperedError):
        decrypted(holder, one.pair)
    assert decrypted(holder, one.pair, without_seal=True).attributes.PatientID == "X-1"


@pytest.fixture
def openssl() -> str:
    """The openssl of this machine."""
    found = shutil.which("openssl")
    if found is None:
        pytest.skip("openssl is not on this machine")
    return found


@pytest.mark.parametrize("cipher", list(Cipher))
def test_openssl_decrypts_it_too(cipher: Cipher, tmp_path: Path, openssl: str) -> None:
    names = ("a", "b")
    item = encrypted(_originals(), [person(name).certificate for name in names], cipher)
    content = bytes(item.EncryptedContent)
    # The DER length stands in two bytes behind 30 82.
    (tmp_path / "content").write_bytes(content[: 4 + int.from_bytes(content[2:4], "big")])
    for name in names:
        (tmp_path / "key").write_bytes(person(name).key_pem())
        (tmp_path / "certificate").write_bytes(person(name).certificate_pem)
        command = ["cms", "-decrypt", "-binary", "-inform", "DER", "-in", "content", "-inkey", "key"]
        done = subprocess.run(
            [openssl, *command, "-recip", "certificate"], cwd=tmp_path, check=True, capture_output=True
        )
        assert done.stdout == sealed(encoded(_originals()))


def _folder(tmp_path: Path) -> Path:
    source = tmp_path / "in"
    (source / "deep").mkdir(parents=True)
    (source / "deep" / "one.dcm").write_bytes(_file(_deidentified(person("a"))))
    (source / "other.dcm").write_bytes(_file(_deidentified(person("b"))))
    (source / "note.txt").write_text("not DICOM")
    (tmp_path / "key.pem").write_bytes(person("a").key_pem())
    (tmp_path / "certificate.pem").write_bytes(person("a").certificate_pem)
    return source


def test_a_folder_is_reidentified_file_by_file_and_what_fails_says_why(app: Flask, tmp_path: Path) -> None:
    source, target = _folder(tmp_path), tmp_path / "out"
    keys = ["--key", str(tmp_path / "key.pem"), "--certificate", str(tmp_path / "certificate.pem")]

    done = app.test_cli_runner().invoke(args=["reidentify", str(source), str(target), *keys])

    assert done.exit_code == 1
    assert "1 file restored, 7 attributes put back; 1 failed, 1 left out as no DICOM files." in done.output
    assert "encrypted for others" in done.output
    assert [path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file()] == ["deep/one.dcm"]
    assert dcmread(target / "deep" / "one.dcm").PatientID == "X-1"
    assert (target / "deep" / "one.dcm").stat().st_mode & 0o777 == 0o600
    again = app.test_cli_runner().invoke(args=["reidentify", str(source), str(target), *keys])
    assert "nothing is written over" in again.output


def test_the_key_leaves_no_trace_in_the_gallery(app: Flask, tmp_path: Path) -> None:
    source, locked = _folder(tmp_path), person("a").key_pem(b"secret")
    (tmp_path / "key.pem").write_bytes(locked)
    keys = ["--key", str(tmp_path / "key.pem"), "--certificate", str(tmp_path / "certificate.pem")]
    one, out = str(source / "deep" / "one.dcm"), str(tmp_path / "one.dcm")

    done = app.test_cli_runner().invoke(args=["reidentify", one, out, *keys], input="secret\n")

    assert done.exit_code == 0, done.output
    kept = [path for path in (tmp_path / "gallery").rglob("*") if path.is_file()]
    assert kept
    assert not any(b"PRIVATE KEY" in path.read_bytes() or b"X-1" in path.read_bytes() for path in kept)


def test_a_wrong_key_ends_the_command_before_any_file(app: Flask, tmp_path: Path) -> None:
    source = _folder(tmp_path)
    (tmp_path / "key.pem").write_bytes(person("b").key_pem())
    keys = ["--key", str(tmp_path / "key.pem"), "--certificate", str(tmp_path / "certificate.pem")]

    done = app.test_cli_runner().invoke(args=["reidentify", str(source), str(tmp_path / "out"), *keys])

    assert done.exit_code == 2
    assert "does not belong to the certificate" in done.output
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "name", ["CT_small.dcm", "MR_small.dcm", "JPEG2000.dcm", "test-SR.dcm", "SC_rgb_jpeg_dcmtk.dcm"]
)
def test_a_real_file_whose_private_and_patient_elements_were_encrypted_comes_back_whole(name: str) -> None:
    data = Path(str(get_testdata_file(name, download=False))).read_bytes()
    scanned = prescan(data)
    assert isinstance(scanned, Prescanned)
    assert scanned.transfer_syntax != ImplicitVRLittleEndian
    original = reader.parse(data, scanned)
    taken = [tag for tag in original.keys() if tag.group == 0x0010 or tag.is_private]  # noqa: SIM118 - no values are made
    item = encrypted(Dataset({tag: original.get_item(tag) for tag in taken}), [person("a").certificate])
    edits: dict[int, tuple[str, bytes] | None] = dict.fromkeys(map(int, taken))
    edits[0x04000500] = ("SQ", rewriting.in_item(rewriting.anew(item, {})))
    header = rewriting.head(original, scanned.transfer_syntax) + rewriting.header(data, scanned, edits)
    removed = header + (b"" if scanned.pixel_offset is None else data[scanned.pixel_offset :])

    back = _back(removed, person("a").pair)

    assert taken
    assert len(differences(summed(reader.read_whole(data)), summed(reader.read_whole(removed)))) >= len(taken)
    assert differences(summed(reader.read_whole(data)), summed(reader.read_whole(back))) == []


def test_what_deidentify_removes_goes_along_encrypted_and_reidentify_puts_it_back(app: Flask, tmp_path: Path) -> None:
    source, run = tmp_path / "in", app.test_cli_runner().invoke
    source.mkdir()
    names = ("CT_small.dcm", "test-SR.dcm", "rtplan.dcm", "JPEG2000.dcm")
    originals = {}
    for name in names:
        data = Path(str(get_testdata_file(name, download=False))).read_bytes()
        (source / name).write_bytes(data)
        originals[dcmread(io.BytesIO(data)).SOPInstanceUID] = data
    (tmp_path / "key.pem").write_bytes(person("a").key_pem())
    (tmp_path / "certificate.pem").write_bytes(person("a").certificate_pem)
    (tmp_path / "both.pem").write_bytes(person("b").certificate_pem + person("a").certificate_pem)
    removed, back = tmp_path / "removed", tmp_path / "back"

    encrypt = ["--burned-in", "keep", "--encrypt-for", str(tmp_path / "both.pem"), "--cipher", "aes-128-cbc"]
    done = run(args=["deidentify", str(source), str(removed), *encrypt])
    keys = ["--key", str(tmp_path / "key.pem"), "--certificate", str(tmp_path / "certificate.pem")]
    undone = run(args=["reidentify", str(removed), str(back), *keys])

    assert done.exit_code == 0, done.output
    assert undone.exit_code == 0, undone.output
    for path in removed.rglob("*.dcm"):
        assert dcmread(path).PatientIdentityRemoved == "YES"
        assert dcmread(path).SOPInstanceUID not in originals
    found = list(back.rglob("*.dcm"))
    assert len(found) == len(names)
    for path in found:
        data = originals[dcmread(path).SOPInstanceUID]
        left = differences(summed(reader.read_whole(data)), summed(reader.read_whole(path)))
        assert [one for one in left if one.tag & 0xFFFF] == [], path
