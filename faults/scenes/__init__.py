"""The scenarios, by what is done."""
