"""Authentication and authorization: `guard.py` decides, with the keys, tokens and issuers of the other files.

Imports nothing on purpose: what only OAuth needs is imported only if OAuth is on.
"""
