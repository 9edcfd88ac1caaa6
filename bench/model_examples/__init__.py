"""The models that `bench/models.py` tries, each with a small table to fit it on."""
