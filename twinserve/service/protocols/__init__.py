"""The forms that requests and answers may have: our own JSON, and whatever other protocols clients speak."""
