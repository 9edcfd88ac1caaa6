"""Faults, done to running servers: `python -m faults`."""
