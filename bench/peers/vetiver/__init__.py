"""vetiver: a model with a prototype of its input, on FastAPI."""
