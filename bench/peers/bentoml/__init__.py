"""BentoML: a class with an API method."""
