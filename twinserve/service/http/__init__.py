"""HTTP without a framework: routes, bodies, replies and problems."""
