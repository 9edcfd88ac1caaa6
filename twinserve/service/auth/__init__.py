"""Who may do what: `guard.py` decides, the files beside it know keys, tokens and issuers.

Empty on purpose: what only OAuth needs is imported only where OAuth is on.
"""
