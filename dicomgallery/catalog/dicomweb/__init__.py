"""What DICOMweb asks of the catalog: searches (QIDO-RS), and the headers behind metadata."""
