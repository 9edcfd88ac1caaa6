"""From a table to a fitted pipeline."""
