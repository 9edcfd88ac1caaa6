"""What a WSGI door adds to gunicorn."""
