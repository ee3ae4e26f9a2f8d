"""Volumes: a series as one array on the disk, and planes through it."""
