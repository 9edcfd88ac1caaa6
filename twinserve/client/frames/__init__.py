"""DataFrames of the caller."""
