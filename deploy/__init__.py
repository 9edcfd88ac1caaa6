"""What the image and a proxy in front of it run with."""
