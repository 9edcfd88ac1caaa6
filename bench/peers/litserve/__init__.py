"""LitServe: a class with four methods."""
