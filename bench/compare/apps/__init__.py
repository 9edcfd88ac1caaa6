"""The same endpoint as people write it in each framework, a folder each; and what users of a door write."""
