"""The model of this project: its input and its recipe."""
