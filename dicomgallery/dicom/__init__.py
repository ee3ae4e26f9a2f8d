"""What DICOM means: tags, values, transfer syntaxes; pure."""
