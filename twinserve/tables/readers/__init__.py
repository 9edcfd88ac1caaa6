"""Reading a table: a module for each format."""
