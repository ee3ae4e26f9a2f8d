"""What DICOM means: tags, values, transfer syntaxes; pure."""

from dicomgallery.dicom.quiet import silence_pydicom

silence_pydicom()
