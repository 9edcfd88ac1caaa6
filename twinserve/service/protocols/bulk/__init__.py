"""Many rows in one request: tables and lines in, answers out, piece by piece."""
