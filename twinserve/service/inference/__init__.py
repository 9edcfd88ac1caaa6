"""A version that answers, and the watch that exchanges it."""
