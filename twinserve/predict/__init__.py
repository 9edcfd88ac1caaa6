"""Columns in, predictions out."""
