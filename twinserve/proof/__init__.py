"""The proof that a compiled model is equal to the pipeline: rows that could show a difference, and the comparison."""
