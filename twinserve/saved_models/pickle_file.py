"""A model in a joblib or pickle file, which only a caller that trusts pickles may open."""

from __future__ import annotations

import io
import re
import sys
import warnings
from typing import Any, Final, NoReturn

from twinserve.saved_models.recorded_version import is_compressed, versions_in_pickle
from twinserve.saved_models.unreadable import Unreadable, other_version

PROTOCOL: Final = b"\x80"
"""The first byte of a pickle since protocol 2."""
OLDER: Final = re.compile(rb"c(?:copy_reg|__builtin__|numpy|sklearn|joblib)[\w.]*\n|ccopy_reg\n")
"""The start of an estimator's pickle in protocol 0 or 1."""
MISSING: Final = re.compile(r"Can't get attribute '([^']+)' on <module '([^']+)'")


def is_pickle(content: bytes) -> bool:
    """Does the file begin as a pickle or as one of joblib's compressed ones?"""
    return content.startswith(PROTOCOL) or is_compressed(content) or OLDER.match(content) is not None


def load(name: str, content: bytes, *, trust_pickles: bool, most: int) -> tuple[Any, str | None]:
    """The object in a pickle, and the version of scikit-learn that it names; raises `Unreadable`."""
    import sklearn

    if not trust_pickles:
        raise Unreadable(
            f"{name} is a pickle, which may run any code when opened; give --trust-pickles if you made it yourself."
        )
    versions = versions_in_pickle(content, most)
    for version in versions:
        if version != sklearn.__version__:
            raise other_version(name, version, sklearn.__version__)
    return _unpickled(name, content), versions[0] if versions else None


def _unpickled(name: str, content: bytes) -> Any:
    import joblib
    import sklearn
    from sklearn.exceptions import InconsistentVersionWarning

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", InconsistentVersionWarning)
            return joblib.load(io.BytesIO(content))
    except InconsistentVersionWarning as error:
        raise other_version(name, error.original_sklearn_version, sklearn.__version__) from None
    except ModuleNotFoundError as error:
        _needs_module(name, error.name or "?")
    except (Exception, SystemExit) as error:  # A pickle may raise anything.
        missing = MISSING.search(str(error))
        if missing is not None:
            _needs_name(name, *missing.groups())
        raise Unreadable(
            f"{name} cannot be opened ({type(error).__name__}): it is damaged or incomplete, or its classes have "
            "changed since; save the model again."
        ) from None


def _needs_module(name: str, module: str) -> NoReturn:
    if module.partition(".")[0] in ("cloudpickle", "xgboost", "lightgbm", "lz4"):
        raise Unreadable(f"{name} needs {module.partition('.')[0]}: install it into this environment.")
    raise Unreadable(
        f"{name} needs the module {module!r}, which cannot be imported; run the command in the folder that holds it, "
        "or install it."
    )


def _needs_name(name: str, attribute: str, module: str) -> NoReturn:
    if repr(sys.modules["__main__"]).startswith(f"<module '{module}'"):  # Under `python -m` it has another name.
        raise Unreadable(
            f"{name} needs {attribute!r} of the script that saved it; move it into a module that can be imported from "
            "the current folder, and save the model again."
        )
    raise Unreadable(
        f"{name} needs {attribute!r} of the module {module!r}, which has no such name; bring it back, or save the "
        "model again."
    )
