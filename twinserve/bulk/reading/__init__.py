"""Bytes in one of the forms into rows, and rows into the columns of a model."""
