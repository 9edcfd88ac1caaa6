"""How steps are carried out, over HTTPX."""
