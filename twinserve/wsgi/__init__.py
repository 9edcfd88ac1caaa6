"""What every door that speaks WSGI (PEP 3333) shares: the answers, and in `server/` the server."""
