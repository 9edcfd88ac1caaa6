"""Our own scikit-learn classes, and how to look into others'."""
