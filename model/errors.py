"""What can go wrong with a model, each error carrying one sentence that says what to do."""


class ModelError(Exception):
    """The base of every refusal in this room; its text is one sentence for a person."""


class AskedWrongly(ModelError):
    """The question names something that is not there; asking again as the text says may help."""


class CannotCompile(ModelError):
    """This pipeline has no exact graph; the text names the class or the reason."""


class UnsupportedInput(ModelError):
    """A declared input type or a table holds what a signature cannot carry; the text names the field."""


class ArtifactRefused(ModelError):
    """A version on disk is incomplete, altered, foreign or not allowed; it was not opened."""


class RegistryError(ModelError):
    """The store of versions cannot do what was asked."""
