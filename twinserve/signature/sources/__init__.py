"""Where a signature comes from: a Pydantic class or a table."""
