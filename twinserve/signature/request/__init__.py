"""From a body's bytes to columns."""
