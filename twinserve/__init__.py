"""A machine-learning model, from its table to predictions over HTTP or in a program of one's own.

Training, compiling with a proof, a store of versions, the service that answers requests, the commands, and the contract
as a test suite. The names below are loaded when they are first used.
"""

from twinserve.own_version import __version__ as __version__

TYPE_CHECKING = False  # Type checkers take it for true. Importing `typing` would take most of the time of this module.

if TYPE_CHECKING:
    from twinserve.errors import ModelError
    from twinserve.inprocess.fitting import TrainingWarning, fit
    from twinserve.inprocess.model import Model
    from twinserve.inprocess.opening import open_model, promote
    from twinserve.release.from_estimator import held_out, package
    from twinserve.signature.request.diagnosis import InvalidInput

__all__ = [
    "InvalidInput",
    "Model",
    "ModelError",
    "TrainingWarning",
    "fit",
    "held_out",
    "open_model",
    "package",
    "promote",
]

_HOMES = {
    "InvalidInput": "twinserve.signature.request.diagnosis",
    "Model": "twinserve.inprocess.model",
    "ModelError": "twinserve.errors",
    "TrainingWarning": "twinserve.inprocess.fitting",
    "fit": "twinserve.inprocess.fitting",
    "held_out": "twinserve.release.from_estimator",
    "open_model": "twinserve.inprocess.opening",
    "package": "twinserve.release.from_estimator",
    "promote": "twinserve.inprocess.opening",
}


if not TYPE_CHECKING:  # A type checker sees the imports above, and refuses any other name.

    def __getattr__(name: str) -> object:
        """A name of `__all__`, from the module that defines it."""
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        value = globals()[name] = getattr(import_module(_HOMES[name]), name)
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
