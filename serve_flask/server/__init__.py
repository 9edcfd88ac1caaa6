"""What this door adds to gunicorn."""
