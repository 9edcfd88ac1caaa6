"""What a model predicts of a row: each kind of target is one file."""
