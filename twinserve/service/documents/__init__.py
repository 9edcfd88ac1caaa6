"""The OpenAPI document, and the replies of the other routes of the kind `read`."""
