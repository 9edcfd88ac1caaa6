"""The entry point of the container image, and the configuration of an nginx in front of the doors."""
