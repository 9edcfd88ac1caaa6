"""Which versions are open, and which of them serves."""
