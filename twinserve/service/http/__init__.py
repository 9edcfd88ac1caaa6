"""HTTP without a web framework: routes, request heads and bodies, replies, problems."""
