"""Shared by the HTTP doors."""
