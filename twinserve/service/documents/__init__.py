"""The documents: OpenAPI, and what the other paths that are only read answer."""
