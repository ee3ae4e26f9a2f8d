"""Edits of a data set: what a person asks for, what it comes to in one file, and the bytes of the new file.

typed      texts as the bytes of a value, by VR (PS3.5 6.2)
edits      what is asked for: set, delete, add or remove an item, by path
trees      a data set as levels of elements whose bytes stay as they are
characters the character set, and how it is raised to UTF-8
applying   edits brought to a tree
judging    what is mandatory, and what makes pixels unreadable
provenance what the new file says of where it comes from
changes    before and after, element by element
making     the new file, its pixel data copied
"""
