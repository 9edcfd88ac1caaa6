"""A machine-learning model, from its table to predictions over HTTP.

Training, compiling with a proof, a store of versions, the service that answers requests, the commands, and the contract
as a test suite.
"""

__version__ = "0.1.0"
