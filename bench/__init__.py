"""Measures the gallery on synthetic data of its own; `python -m bench` prints JSON."""
