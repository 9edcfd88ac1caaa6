"""Is the compiled model equal to the pipeline? Rows that could tell, and the comparison."""
