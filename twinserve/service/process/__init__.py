"""How a serving process starts, works and stops."""
