"""A model in the caller's own process, without HTTP."""
