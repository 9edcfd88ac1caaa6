"""Answers as bytes in one of the forms."""
