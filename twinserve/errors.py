"""The errors of the library; the message of each is one sentence that says what to do."""


class ModelError(Exception):
    """The base class of the library's errors."""


class AskedWrongly(ModelError):
    """An argument, an option or a file cannot be used; the message says how to correct it."""


class CannotTrain(AskedWrongly):
    """The recipe or its data does not allow training."""


class CannotCompile(ModelError):
    """A pipeline has no exact ONNX graph; the message names the class or the reason."""


class UnsupportedInput(AskedWrongly):
    """A Pydantic class or a table cannot be expressed as a signature; the message names the field."""


class ArtifactRefused(ModelError):
    """A version on disk was not opened: it is incomplete, altered, of another format or not allowed."""


class RegistryError(ModelError):
    """The registry cannot carry out an operation, such as promoting a version that does not exist."""


class StoreUnreadable(RegistryError, ArtifactRefused):
    """The system does not let the store be read, for example with too many open files; no file is known to be bad."""


class CannotPackage(ModelError):
    """An estimator cannot be served; the message says why."""
