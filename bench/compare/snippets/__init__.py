"""What people write for other tasks than the endpoint, a file for each task and framework; `checks` runs them."""
