"""From the bytes of a request to a reply. Knows HTTP and no web framework.

Imports nothing on purpose: a server program prepares its environment before NumPy is imported, because NumPy reads its
number of threads only then.
"""
