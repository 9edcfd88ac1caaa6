"""What an answer is: bytes in, reply out. Knows HTTP, no framework.

Empty on purpose: a server program reads its settings before anything imports NumPy, which takes its number of threads
from the environment once and for all.
"""
