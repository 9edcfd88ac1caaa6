"""Many rows: tables of any size in, their answers out, in memory that does not grow with the rows."""
