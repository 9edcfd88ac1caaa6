"""Validation: from the bytes of a body to columns."""
