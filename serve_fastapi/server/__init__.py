"""What this door adds to uvicorn."""
