"""Runs imaging and unpacking in capped child processes."""
