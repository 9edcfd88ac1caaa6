"""Which scikit-learn models compile, how exactly and how fast: tries every one and writes a table.

python bench/models.py --out docs/models.md

Each model is fitted on a small table, compiled, and compared with scikit-learn on that table's rows, on the
same rows one step of float32 and of float64 to either side, and on rows with categories that were never
seen. Times are medians for one row in this process, one thread; the absolute numbers belong to the machine,
the ratios to the code.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime
import pandas as pd
import sklearn
from sklearn import (
    calibration,
    compose,
    datasets,
    decomposition,
    discriminant_analysis,
    dummy,
    ensemble,
    feature_selection,
    impute,
    linear_model,
    model_selection,
    naive_bayes,
    neighbors,
    neural_network,
    pipeline,
    preprocessing,
    svm,
    tree,
)

from model.compile import Column, compile_pipeline
from model.errors import CannotCompile
from model.fold import read_fold

TREES = 200
ROWS = 300
REPEATS = 200

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Table:
    """Rows for scikit-learn (`frame`), the same rows for the graph (`x`), and what to predict."""

    frame: Any
    x: Floats
    columns: tuple[Column, ...]
    target: Any

    def at(self, rows: Any) -> Table:
        """Some of the rows."""
        frame = self.frame.iloc[rows] if isinstance(self.frame, pd.DataFrame) else self.frame[rows]
        return Table(frame, self.x[rows], self.columns, self.target)


@dataclass(frozen=True)
class Row:
    """One line of the page."""

    name: str
    outcome: str
    difference: str = ""
    flips: str = ""
    slow: str = ""
    fast: str = ""


def numbers(loaded: Any) -> Table:
    """A table of numbers from one of scikit-learn's own data sets."""
    x, target = loaded(return_X_y=True)
    columns = tuple(Column(f"x{i}", "number") for i in range(x.shape[1]))
    return Table(np.array(x, dtype=np.float64), np.array(x, dtype=np.float64), columns, target)


def mixed(rows: int = 2000) -> Table:
    """Eight numbers and five categories, a tenth of both missing."""
    rng = np.random.default_rng(0)
    frame, codes, columns = pd.DataFrame(), [], []
    for i in range(8):
        values = rng.normal(size=rows) * 10.0 ** (i - 3)
        values[rng.random(rows) < 0.1] = np.nan
        frame[f"n{i}"] = values
        codes.append(values)
        columns.append(Column(f"n{i}", "number"))
    for i in range(5):
        words = tuple(f"word {k}" for k in range(3 + 2 * i))
        code = rng.integers(0, len(words), rows).astype(np.float64)
        code[rng.random(rows) < 0.1] = np.nan
        frame[f"c{i}"] = np.array([None if np.isnan(c) else words[int(c)] for c in code], dtype=object)
        frame[f"c{i}"] = frame[f"c{i}"].where(frame[f"c{i}"].notna(), np.nan)
        codes.append(code)
        columns.append(Column(f"c{i}", "category", words))
    target = (np.nan_to_num(frame["n3"]) + (frame["c1"] == "word 2") + rng.normal(size=rows) > 0).astype(int)
    return Table(frame, np.stack(codes, axis=1), tuple(columns), np.asarray(target))


def native(table: Table) -> Table:
    """The same table with pandas' own categories."""
    frame = table.frame.copy()
    for column in table.columns:
        if column.kind == "category":
            frame[column.name] = pd.Categorical(frame[column.name], categories=list(column.categories))
    return Table(frame, table.x, table.columns, table.target)


def scaled(*steps: Any) -> Any:
    """A pipeline behind a StandardScaler."""
    return pipeline.make_pipeline(preprocessing.StandardScaler(), *steps)


def encoded(head: Any, encoder: Any = None) -> Any:
    """The usual pipeline for a mixed table."""
    encoder = encoder or preprocessing.OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    number = pipeline.make_pipeline(
        impute.SimpleImputer(strategy="median", add_indicator=True), preprocessing.StandardScaler()
    )
    word = pipeline.make_pipeline(impute.SimpleImputer(strategy="most_frequent"), encoder)
    parts = [("number", number, [f"n{i}" for i in range(8)]), ("word", word, [f"c{i}" for i in range(5)])]
    return pipeline.make_pipeline(compose.ColumnTransformer(parts), head)


def examples() -> Iterator[tuple[str, Any, Table]]:
    """Every model that is tried, with its table."""
    two, three, amount = (
        numbers(datasets.load_breast_cancer),
        numbers(datasets.load_iris),
        numbers(datasets.load_diabetes),
    )
    table = mixed()
    yield from _linear(two, three, amount)
    yield from _trees(two, three, amount)
    yield from _other(two, three, amount)
    yield from _steps(two, three, amount)
    yield from _tables(table)


def _linear(two: Table, three: Table, amount: Table) -> Iterator[tuple[str, Any, Table]]:
    lm = linear_model
    for model in (
        lm.LogisticRegression(),
        lm.LogisticRegressionCV(cv=3, Cs=3),
        lm.SGDClassifier(loss="log_loss"),
        lm.SGDClassifier(loss="hinge"),
        lm.SGDClassifier(loss="modified_huber"),
        svm.LinearSVC(),
        lm.RidgeClassifier(),
        lm.RidgeClassifierCV(),
        lm.Perceptron(),
        discriminant_analysis.LinearDiscriminantAnalysis(),
    ):
        yield _named(model), scaled(model), two
        yield f"{_named(model)}, three classes", scaled(type(model)(**model.get_params())), three
    for model in (
        lm.LinearRegression(),
        lm.Ridge(),
        lm.RidgeCV(),
        lm.Lasso(),
        lm.LassoCV(cv=3),
        lm.ElasticNet(),
        lm.ElasticNetCV(cv=3),
        lm.SGDRegressor(),
        lm.HuberRegressor(max_iter=1000),
        lm.BayesianRidge(),
        lm.PoissonRegressor(),
        lm.GammaRegressor(),
        lm.TweedieRegressor(power=1.5),
        svm.LinearSVR(),
    ):
        yield _named(model), scaled(model), amount


def _trees(two: Table, three: Table, amount: Table) -> Iterator[tuple[str, Any, Table]]:
    e = ensemble
    for model in (
        tree.DecisionTreeClassifier(),
        e.RandomForestClassifier(TREES),
        e.ExtraTreesClassifier(TREES),
        e.RandomForestClassifier(TREES, max_depth=4),
        e.GradientBoostingClassifier(n_estimators=50),
        e.HistGradientBoostingClassifier(max_iter=TREES),
    ):
        yield _named(model), model, two
        yield f"{_named(model)}, three classes", type(model)(**model.get_params()), three
    yield (
        "GradientBoostingClassifier(loss=exponential)",
        e.GradientBoostingClassifier(loss="exponential"),
        two,
    )
    for model in (
        tree.DecisionTreeRegressor(),
        e.RandomForestRegressor(TREES),
        e.ExtraTreesRegressor(TREES),
        e.GradientBoostingRegressor(),
        e.HistGradientBoostingRegressor(),
        e.HistGradientBoostingRegressor(loss="poisson"),
        e.HistGradientBoostingRegressor(loss="gamma"),
    ):
        yield _named(model), model, amount


def _other(two: Table, three: Table, amount: Table) -> Iterator[tuple[str, Any, Table]]:
    nb, nn, e = naive_bayes, neural_network, ensemble
    for model in (
        nb.GaussianNB(),
        nb.MultinomialNB(),
        nb.ComplementNB(),
        nb.BernoulliNB(binarize=1.0),
        nb.CategoricalNB(min_categories=10),
    ):
        yield _named(model), model, two if not isinstance(model, nb.CategoricalNB) else three
    for activation in ("relu", "tanh", "logistic", "identity"):
        yield (
            f"MLPClassifier({activation})",
            scaled(nn.MLPClassifier((15, 7), activation=activation, max_iter=60)),
            two,
        )
    yield "MLPClassifier, three classes", scaled(nn.MLPClassifier((15,), max_iter=60)), three
    yield "MLPRegressor", scaled(nn.MLPRegressor(hidden_layer_sizes=(15,), max_iter=60)), amount
    for method in ("sigmoid", "isotonic"):
        for base in (svm.LinearSVC(), e.RandomForestClassifier(20)):
            for joined in (True, False):
                model = calibration.CalibratedClassifierCV(base, method=method, ensemble=joined, cv=3)
                yield (
                    f"CalibratedClassifierCV({_named(base)}, {method}, ensemble={joined})",
                    scaled(model),
                    two,
                )
    yield (
        "CalibratedClassifierCV, three classes",
        scaled(calibration.CalibratedClassifierCV(svm.LinearSVC(), cv=3)),
        three,
    )
    voters = [("a", linear_model.LogisticRegression()), ("b", tree.DecisionTreeClassifier(max_depth=3))]
    yield "VotingClassifier(soft)", scaled(e.VotingClassifier(voters, voting="soft", weights=[1, 2])), three
    yield "VotingClassifier(hard)", scaled(e.VotingClassifier(voters)), three
    yield "StackingClassifier", scaled(e.StackingClassifier(voters, cv=3, passthrough=True)), two
    guessers = [("a", linear_model.Ridge()), ("b", tree.DecisionTreeRegressor(max_depth=3))]
    yield "VotingRegressor", scaled(e.VotingRegressor(guessers)), amount
    yield "StackingRegressor", scaled(e.StackingRegressor(guessers, cv=3)), amount
    yield "BaggingClassifier", e.BaggingClassifier(tree.DecisionTreeClassifier(), max_features=0.5), two
    yield "BaggingRegressor", e.BaggingRegressor(linear_model.Ridge()), amount
    yield (
        "TransformedTargetRegressor(log1p, expm1)",
        compose.TransformedTargetRegressor(linear_model.Ridge(), func=np.log1p, inverse_func=np.expm1),
        amount,
    )
    yield (
        "GridSearchCV",
        model_selection.GridSearchCV(linear_model.LogisticRegression(max_iter=5000), {"C": [0.1, 1.0]}, cv=3),
        three,
    )
    for model in (
        dummy.DummyClassifier(),
        dummy.DummyClassifier(strategy="uniform"),
        neighbors.KNeighborsClassifier(),
        svm.SVC(),
        e.AdaBoostClassifier(),
    ):
        yield _named(model), model, two
    yield "DummyRegressor", dummy.DummyRegressor(), amount


def _steps(two: Table, three: Table, amount: Table) -> Iterator[tuple[str, Any, Table]]:
    p, d, f = preprocessing, decomposition, feature_selection
    logistic = linear_model.LogisticRegression(max_iter=5000)
    forest = ensemble.RandomForestClassifier(20, random_state=0)
    for step in (
        p.StandardScaler(),
        p.MinMaxScaler(),
        p.MinMaxScaler(clip=True),
        p.RobustScaler(),
        p.MaxAbsScaler(),
        p.Normalizer(),
        p.Normalizer(norm="l1"),
        p.Normalizer(norm="max"),
        p.Binarizer(threshold=1.0),
        p.KBinsDiscretizer(4),
        p.KBinsDiscretizer(4, encode="ordinal"),
        p.FunctionTransformer(np.log1p),
        p.PolynomialFeatures(2),
        d.PCA(5),
        d.PCA(5, whiten=True),
        d.TruncatedSVD(5),
        f.SelectKBest(k=5),
        f.SelectFromModel(tree.DecisionTreeClassifier()),
        f.RFE(logistic, n_features_to_select=5, step=10),
        f.VarianceThreshold(0.1),
        p.QuantileTransformer(n_quantiles=50),
        p.PowerTransformer(),
    ):
        yield f"{_named(step)} + RandomForest", pipeline.make_pipeline(step, forest), two
    yield (
        "FeatureUnion(StandardScaler, PCA) + LogisticRegression",
        pipeline.make_pipeline(pipeline.make_union(p.StandardScaler(), d.PCA(3)), logistic),
        three,
    )


def _tables(table: Table) -> Iterator[tuple[str, Any, Table]]:
    p, hist = preprocessing, ensemble.HistGradientBoostingClassifier(max_iter=TREES, early_stopping=False)
    yield "impute + scale + one-hot + HistGradientBoosting", encoded(hist), table
    yield "impute + scale + one-hot + LogisticRegression", encoded(linear_model.LogisticRegression()), table
    yield "impute + scale + one-hot + RandomForest", encoded(ensemble.RandomForestClassifier(TREES)), table
    rare = p.OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=0.1, drop="first", sparse_output=False)
    yield (
        "one-hot with infrequent and drop + LogisticRegression",
        encoded(linear_model.LogisticRegression(), rare),
        table,
    )
    unseen = p.OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    yield "ordinal + HistGradientBoosting", encoded(hist, unseen), table
    yield (
        "target encoder + LogisticRegression",
        encoded(linear_model.LogisticRegression(), p.TargetEncoder(random_state=0)),
        table,
    )
    yield "HistGradientBoosting, native categories and missing values", hist, native(table)


def _named(model: Any) -> str:
    """The class and the parameters that are not the default."""
    shown = repr(model).replace("\n", " ")
    return " ".join(shown.split()).removesuffix("()")


def probes(table: Table) -> Table:
    """Rows of the table, and the same one float step to each side, as doubles and as rounded to float32."""
    base = table.at(np.arange(len(table.x))[:: max(1, len(table.x) // ROWS)])
    is_number = [i for i, column in enumerate(table.columns) if column.kind == "number"]
    moved = [base.x]
    for step in (_step32, _step64):
        for sign in (-np.inf, np.inf):
            x = base.x.copy()
            x[:, is_number] = (
                np.maximum(step(x[:, is_number], sign), 0.0)
                if (base.x[:, is_number] >= 0).all()
                else step(x[:, is_number], sign)
            )
            moved.append(x)
    x = np.concatenate(moved)
    if not isinstance(table.frame, pd.DataFrame):
        return Table(x, x, table.columns, table.target)
    frame = pd.concat([base.frame] * len(moved), ignore_index=True)
    for i in is_number:
        frame[table.columns[i].name] = x[:, i]
    return Table(frame, x, table.columns, table.target)


def _step32(x: Floats, sign: float) -> Floats:
    return np.nextafter(x.astype(np.float32), np.float32(sign)).astype(np.float64)


def _step64(x: Floats, sign: float) -> Floats:
    return np.nextafter(x, sign)


def microseconds(call: Callable[[], object], repeats: int) -> float:
    """The median time of a call, in microseconds."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return float(np.median(times)) * 1e6


def session(compiled: bytes) -> onnxruntime.InferenceSession:
    """The compiled model, on one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(compiled, options, providers=["CPUExecutionProvider"])


def tried(name: str, model: Any, table: Table) -> Row:
    """Fit, compile, compare and time one model."""
    if "random_state" in model.get_params():
        model.set_params(random_state=0)
    model.fit(table.frame, table.target)
    try:
        compiled = compile_pipeline(model, table.columns)
    except CannotCompile as refusal:
        return Row(name, str(refusal).replace("|", "/"))
    running = session(compiled)
    fold = read_fold(running.get_modelmeta().custom_metadata_map)
    names = [output.name for output in running.get_outputs()]
    call = fold or (lambda x: dict(zip(names, running.run(None, {"x": x}), strict=True)))
    checked = probes(table)
    answer, one = call(checked.x), table.at(slice(0, 1))
    largest, flips = compared(model, checked.frame, answer)
    return Row(
        name, "folded" if fold else "graph", f"{largest:.1e}", flips,
        f"{microseconds(lambda: _predict(model, one.frame), 5):,.0f}",
        f"{microseconds(lambda: call(one.x), REPEATS):.1f}",
    )  # fmt: skip


def compared(model: Any, frame: Any, answer: dict[str, Any]) -> tuple[float, str]:
    """The largest difference of probabilities or values, relative to a value over 1; and how many labels
    differ.
    """
    if "value" in answer:
        expected = model.predict(frame)
        return float(np.max(np.abs(answer["value"] - expected) / np.maximum(1.0, np.abs(expected)))), ""
    flips = int(np.sum(model.classes_[answer["label"]] != model.predict(frame)))
    if "probabilities" not in answer:
        return 0.0, str(flips)
    return float(np.abs(answer["probabilities"] - model.predict_proba(frame)).max()), str(flips)


def _predict(model: Any, frame: Any) -> object:
    return model.predict_proba(frame) if hasattr(model, "predict_proba") else model.predict(frame)


def page(rows: list[Row]) -> str:
    """The table as Markdown."""
    lines = [
        "# What compiles",
        "",
        "Made by `python bench/models.py --out docs/models.md`; do not edit. Largest difference: of probabilities, or of values",
        "relative to a value over 1, against scikit-learn's own answer on the data and one float step to each side of it.",
        "Microseconds: one row, median, in process, one thread. `folded` answers with one dot product, `graph` with ONNX Runtime.",
        "",
        f"scikit-learn {sklearn.__version__}, ONNX Runtime {onnxruntime.__version__}, NumPy {np.__version__}.",
        "",
        "| model | compiled | largest difference | label flips | scikit-learn, µs | compiled, µs |",
        "| --- | --- | ---: | ---: | ---: | ---: |",
    ]
    lines += [f"| {r.name} | {r.outcome} | {r.difference} | {r.flips} | {r.slow} | {r.fast} |" for r in rows]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Try every example and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--out", type=Path, default=Path("docs/models.md"))
    out = parser.parse_args().out
    warnings.simplefilter("ignore")  # Small examples do not converge; the page is about answers, not quality.
    out.write_text(page([tried(*example) for example in examples()]), encoding="utf-8")


if __name__ == "__main__":
    main()
