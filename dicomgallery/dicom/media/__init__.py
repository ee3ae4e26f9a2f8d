"""The directory of a medium, written (PS3.10 8, PS3.3 F); `dicom/directory.py` reads one.

kinds     which record an object has
keys      what a record says of it
writing   the file, record by record
"""
