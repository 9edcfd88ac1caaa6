"""From texts to the numbers that a compiled model reads."""
