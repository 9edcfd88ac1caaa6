"""The model card: what a version is, drawn and told."""
