"""Fault injection into running servers: `python -m faults`."""
