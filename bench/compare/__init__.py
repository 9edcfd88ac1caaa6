"""The comparison: Flask, FastAPI and Django as people write them and as this project's doors."""
