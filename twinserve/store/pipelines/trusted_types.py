"""The types that a skops file may hold beside those that skops itself trusts, by their exact names.

skops makes an object without calling its class, and sets its attributes or its state. So a type may be on the list if
neither that nor the use of such an object can call what a file chose freely: a function, a module or a name to import.
The reason stands over each group. What a class calls, it calls on objects of the file, whose types are on a list, too.

Not on it: partial functions and bound functions of others, distances and kernels that hold a function of their own
(`PyFuncDistance`, `PairwiseKernel`), and every type of a library that is neither scikit-learn, NumPy nor ours, but for
SciPy's splines.

Not on it either, because compiled code trusts sizes that a file could choose:

- `MahalanobisDistance64` writes as many differences as a row has columns into a buffer as long as its matrix, and
  `SEuclideanDistance64` reads as many variances as that.
- `csr_matrix` (`SparseRandomProjection`, neighbours of a sparse table): SciPy does not check that its indices are
  within its shape, and products write where these point.
- `_kmeans_single_lloyd`, which `BisectingKMeans` holds, writes to centres of as many columns as its rows have, whatever
  the centres have.

`numpy.mean` (`FeatureAgglomeration`) calls the `mean` of whatever it gets. skops itself does not take `Birch`.
"""

from __future__ import annotations

from typing import Final

# Ours. Each holds texts, numbers, and an estimator.
_OURS: Final = (
    "twinserve.estimators.calendar.Calendar",
    "twinserve.estimators.categories.Categories",
    "twinserve.estimators.label_encoded.Coded",
    "twinserve.estimators.quantiles.Quantiles",
    "twinserve.estimators.words.Words",
)

# A description of numbers: its name and size.
_NUMPY: Final = ("numpy.dtype",)

# Formulas of a loss: the Python classes hold numbers, a link and the compiled formula; links and intervals hold
# numbers.
_LOSSES: Final = (
    "sklearn._loss.link.Interval",
    "sklearn._loss.link.IdentityLink",
    "sklearn._loss.link.LogLink",
    "sklearn._loss.link.LogitLink",
    "sklearn._loss.link.MultinomialLogit",
    "sklearn._loss.loss.HalfBinomialLoss",
    "sklearn._loss.loss.HalfMultinomialLoss",
    "sklearn._loss.loss.HalfSquaredError",
    "sklearn._loss.loss.HalfPoissonLoss",
    "sklearn._loss.loss.HalfGammaLoss",
    "sklearn._loss.loss.HalfTweedieLoss",
    "sklearn._loss.loss.HalfTweedieLossIdentity",
    "sklearn._loss.loss.AbsoluteError",
)

# The compiled formulas hold at most one number, and their class has no attribute that could be set to something else.
_FORMULAS: Final = (
    "sklearn._loss._loss.CyHalfBinomialLoss",
    "sklearn._loss._loss.CyHalfMultinomialLoss",
    "sklearn._loss._loss.CyHalfSquaredError",
    "sklearn._loss._loss.CyHalfPoissonLoss",
    "sklearn._loss._loss.CyHalfGammaLoss",
    "sklearn._loss._loss.CyHalfTweedieLoss",
    "sklearn._loss._loss.CyHalfTweedieLossIdentity",
    "sklearn._loss._loss.CyAbsoluteError",
)

# Parts of fitted estimators and estimators that skops's own list lacks. Like the estimators on that list they are
# plain Python: no `__setstate__`, no `__getattr__`, no `__del__` of their own that calls an attribute; their methods
# call scikit-learn's and NumPy's functions and the methods of the estimators that they hold.
_PARTS: Final = (
    "scipy.interpolate._bsplines.BSpline",
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
    "sklearn.calibration._TemperatureScaling",
    "sklearn.compose._column_transformer.make_column_selector",
    "sklearn.ensemble._hist_gradient_boosting.binning._BinMapper",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.gaussian_process._gpc._BinaryGaussianProcessClassifierLaplace",
    "sklearn.impute._iterative.IterativeImputer",
    "sklearn.impute._iterative._ImputerTriplet",
    "sklearn.model_selection._search_successive_halving.HalvingGridSearchCV",
    "sklearn.model_selection._search_successive_halving.HalvingRandomSearchCV",
    "sklearn.multiclass._ConstantPredictor",
    "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
    "sklearn.neural_network._stochastic_optimizers.SGDOptimizer",
    "sklearn.preprocessing._label.LabelBinarizer",
    "sklearn.utils._bunch.Bunch",
)

# What a selector of columns, which is called with a table when it is fitted, may name as a kind: `number` cannot be
# made, and an `object` has neither attributes nor methods of its own.
_KINDS: Final = (
    "builtins.object",
    "numpy.number",
)

# Kernels of Gaussian processes: numbers and other kernels. Without `PairwiseKernel`, which calls its `metric`.
_KERNELS: Final = (
    "sklearn.gaussian_process.kernels.ConstantKernel",
    "sklearn.gaussian_process.kernels.DotProduct",
    "sklearn.gaussian_process.kernels.ExpSineSquared",
    "sklearn.gaussian_process.kernels.Exponentiation",
    "sklearn.gaussian_process.kernels.Matern",
    "sklearn.gaussian_process.kernels.Product",
    "sklearn.gaussian_process.kernels.RBF",
    "sklearn.gaussian_process.kernels.RationalQuadratic",
    "sklearn.gaussian_process.kernels.Sum",
    "sklearn.gaussian_process.kernels.WhiteKernel",
)

# How a search divided its rows: numbers. Nothing divides rows at predict.
_SPLITTERS: Final = (
    "sklearn.model_selection._split.GroupKFold",
    "sklearn.model_selection._split.KFold",
    "sklearn.model_selection._split.ShuffleSplit",
    "sklearn.model_selection._split.StratifiedGroupKFold",
    "sklearn.model_selection._split.StratifiedKFold",
    "sklearn.model_selection._split.StratifiedShuffleSplit",
    "sklearn.model_selection._split.TimeSeriesSplit",
)

# How a search or a threshold was judged: a scorer holds a function (those below are the only ones), its arguments, and
# which of them it asks for. A threshold's scorer is asked for its positive label; nothing is scored at predict.
_SCORERS: Final = (
    "sklearn.metrics._scorer._CurveScorer",
    "sklearn.metrics._scorer._PassthroughScorer",
    "sklearn.metrics._scorer._Scorer",
    "sklearn.utils._metadata_requests.MetadataRequest",
    "sklearn.utils._metadata_requests.MethodMetadataRequest",
)

# Functions of arrays that compute numbers, whoever calls them with whatever: no file, no name, no other function in
# their arguments is used.
FUNCTIONS: Final = (
    "sklearn.metrics._classification.accuracy_score",
    "sklearn.metrics._classification.balanced_accuracy_score",
    "sklearn.metrics._classification.f1_score",
    "sklearn.metrics._classification.fbeta_score",
    "sklearn.metrics._classification.log_loss",
    "sklearn.metrics._classification.brier_score_loss",
    "sklearn.metrics._classification.matthews_corrcoef",
    "sklearn.metrics._classification.precision_score",
    "sklearn.metrics._classification.recall_score",
    "sklearn.metrics._ranking.average_precision_score",
    "sklearn.metrics._ranking.roc_auc_score",
    "sklearn.metrics._regression.mean_absolute_error",
    "sklearn.metrics._regression.mean_squared_error",
    "sklearn.metrics._regression.r2_score",
    "sklearn.metrics._regression.root_mean_squared_error",
    "sklearn.feature_selection._univariate_selection.chi2",
    "sklearn.feature_selection._univariate_selection.f_classif",
    "sklearn.feature_selection._univariate_selection.f_regression",
    "sklearn.feature_selection._univariate_selection.r_regression",
    "sklearn.feature_selection._mutual_info.mutual_info_classif",
    "sklearn.feature_selection._mutual_info.mutual_info_regression",
    "scipy._lib.array_api_compat.numpy._aliases.asarray",
)

# Compiled classes that hold arrays and numbers. They call nothing; a distance is one of these classes, not
# `PyFuncDistance`. Numbers that do not fit together could at most read beyond an array, as those of a tree could.
_COMPILED: Final = (
    "sklearn.tree._tree.Tree",
    "sklearn.neighbors._ball_tree.BallTree",
    "sklearn.neighbors._kd_tree.KDTree",
    "sklearn.metrics._dist_metrics.BrayCurtisDistance64",
    "sklearn.metrics._dist_metrics.CanberraDistance64",
    "sklearn.metrics._dist_metrics.ChebyshevDistance64",
    "sklearn.metrics._dist_metrics.EuclideanDistance64",
    "sklearn.metrics._dist_metrics.ManhattanDistance64",
    "sklearn.metrics._dist_metrics.MinkowskiDistance64",
)

TRUSTED: Final = frozenset(
    {
        *_OURS,
        *_NUMPY,
        *_LOSSES,
        *_FORMULAS,
        *_PARTS,
        *_KINDS,
        *_KERNELS,
        *_SPLITTERS,
        *_SCORERS,
        *FUNCTIONS,
        *_COMPILED,
    }
)
