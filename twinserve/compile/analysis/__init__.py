"""What is known of a graph's numbers: where they come from, and which values they can have."""
