"""The version of a model that answers requests, and the watch that swaps in a new champion."""
