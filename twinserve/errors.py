"""What can go wrong with a model, each error carrying one sentence that says what to do."""


class ModelError(Exception):
    """The base of every refusal in this room; its text is one sentence for a person."""


class AskedWrongly(ModelError):
    """What was asked for or given cannot be used as it is; asking again as the text says may help."""


class CannotTrain(AskedWrongly):
    """The data or the recipe does not allow a training."""


class CannotCompile(ModelError):
    """This pipeline has no exact graph; the text names the class or the reason."""


class UnsupportedInput(AskedWrongly):
    """A declared input type or a table holds what a signature cannot carry; the text names the field."""


class ArtifactRefused(ModelError):
    """A version on disk is incomplete, altered, foreign or not allowed; it was not opened."""


class RegistryError(ModelError):
    """The store of versions cannot do what was asked."""


class CannotPackage(ModelError):
    """This estimator cannot be served as it is; the text says why."""
