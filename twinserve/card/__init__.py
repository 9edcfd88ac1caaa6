"""The model card: text, tables and figures about a version."""
