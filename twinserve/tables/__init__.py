"""Tables in files: which formats are known, and what their cells hold."""
