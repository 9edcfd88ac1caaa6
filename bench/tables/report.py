"""Write docs/tables.md from the results of a run, and say which promises it does not keep."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from bench.markdown import table
from bench.tables.catalog import FEWER_ROWS
from bench.tables.results import Asked, Compared, Results, Tried
from bench.tables.rivals import BOOSTING, OURS, RIVALS
from bench.tables.significance import LEVEL, verdict

TEXTS: Final = Path(__file__).parent / "texts.md"
"""The words of the page: sections between `{...}`, which are filled here."""
SIGNS: Final = {1: " ▲", 0: "", -1: " ▼"}
KINDS: Final = ("integer", "number", "boolean", "category", "date", "string")
LEFT_OUT: Final = "left out"


def render(found: Results) -> str:
    """The whole page."""
    sections = {name: "\n\n".join(made(found)) for name, made in SECTIONS.items()}
    return TEXTS.read_text().format(**sections, **_figures(found)).rstrip("\n") + "\n"


def broken(found: Results) -> Sequence[str]:
    """A sentence for each promise that this run does not keep."""
    return [
        *(f"{one.table} does not train, and no flag is named: {one.sentence}" for one in _first(found) if _lost(one)),
        *(f"{one.table}, {one.writer}: {one.rows - one.good:,} rows are refused" for one in _refused(found)),
        *(f"{one.table}: nothing is said of {', '.join(one.silent)}" for one in found.tried if one.silent),
        *(f"{one.table}: significantly worse than {BOOSTING}" for one in found.compared if _against(one, BOOSTING) < 0),
        *(["Significantly worse than the best default on half of the tables or more"] if not _most(found) else []),
    ]


def _figures(found: Results) -> dict[str, str]:
    first, facts, compared = _first(found), found.facts, found.compared
    return {
        "date": facts["date"],
        "machine": facts["machine"],
        "versions": ", ".join(f"{name} {version}" for name, version in facts["versions"].items()),
        "splits": str(facts["splits"]),
        "minutes_train": f"{_seconds(found) / 60:.0f}",
        "minutes_compare": f"{sum(one.seconds for one in compared) / 60:.0f}",
        "tables": str(len(first)),
        "fewer": f"{FEWER_ROWS:,}",
        "level": f"{LEVEL:.0%}",
        "at_once": str(sum(one.trained for one in first)),
        "advised": str(sum(not one.trained and one.advised for one in first)),
        "lost": str(sum(_lost(one) for one in first)),
        "rows": f"{sum(one.rows for one in found.asked):,}",
        "good": f"{sum(one.good for one in found.asked):,}",
        "columns": f"{sum(one.columns - 1 for one in first):,}",
        "silent": str(sum(len(one.silent) for one in found.tried)),
        "compared": str(len(compared)),
        "better": str(sum(_against(one, BOOSTING) > 0 for one in compared)),
        "worse": str(sum(_against(one, BOOSTING) < 0 for one in compared)),
        "as_good": str(sum(_against(one, best_rival(one)) >= 0 for one in compared)),
        "mean_as_boosting": str(sum(_ahead(one, BOOSTING) for one in compared)),
        "mean_as_best": str(sum(_ahead(one, best_rival(one)) for one in compared)),
        "better_than_best": str(sum(_against(one, best_rival(one)) > 0 for one in compared)),
    }


def _seconds(found: Results) -> float:
    return sum(one.seconds for one in found.tried) + sum(one.seconds for one in found.asked)


def _first(found: Results) -> Sequence[Tried]:
    return [one for one in found.tried if not one.flags]


def _lost(one: Tried) -> bool:
    return not one.trained and not one.advised


def _refused(found: Results) -> Sequence[Asked]:
    return [one for one in found.asked if one.good < one.rows]


def best_rival(one: Compared) -> str:
    """The rival whose mean score is best on this table."""
    return min(RIVALS, key=lambda name: float(np.mean(one.scores(name))))


def _against(one: Compared, rival: str) -> int:
    return verdict(one.scores(OURS), one.scores(rival), one.held_out)


def _ahead(one: Compared, rival: str) -> bool:
    """Is our mean as good, or better, whatever chance may have done?"""
    return float(np.mean(one.scores(OURS))) <= float(np.mean(one.scores(rival)))


def _most(found: Results) -> bool:
    as_good = [_against(one, best_rival(one)) >= 0 for one in found.compared]
    return not as_good or sum(as_good) > len(as_good) / 2


def _training(found: Results) -> Iterator[str]:
    heads = ["table", "from", "rows", "columns", "target", "what it brings", "at the first try", "seconds"]
    rows = []
    for one in _first(found):
        outcome = one.chosen if one.trained else f"refused: {one.sentence}"
        cells = [f"{one.rows:,}", str(one.columns), f"`{one.target}`", one.why, outcome, f"{one.seconds:.0f}"]
        rows.append([one.table, one.source, *cells])
    yield table(heads, rows, figures=False)
    for one in found.tried:
        if one.flags:
            end = "trains" if one.trained else f"is refused: {one.sentence}"
            yield f"With `{' '.join(one.flags)}`, {one.table} {end}."


def _asking(found: Results) -> Iterator[str]:
    writers = list(dict.fromkeys(one.writer for one in found.asked))
    rows = []
    for name in dict.fromkeys(one.table for one in found.asked):
        of_table = {one.writer: one for one in found.asked if one.table == name}
        rows.append([name, *(_share(of_table[writer]) for writer in writers)])
    yield table(["table", *writers], rows)
    told = [f"- {one.table}, {one.writer}: {'; '.join(one.refusals[:5])}" for one in _refused(found)]
    if told:
        yield "What the door says of the others, at most five of each:"
        yield "\n".join(told)


def _share(one: Asked) -> str:
    return f"{one.good:,}" if one.good == one.rows else f"**{one.good:,} of {one.rows:,}**"


def _columns(found: Results) -> Iterator[str]:
    rows = []
    for one in _first(found):
        if one.trained:
            counts = Counter(_kind(became) for became in one.became.values())
            rows.append([one.table, *(str(counts[kind] or "") for kind in (*KINDS, LEFT_OUT)), _left_out(one)])
    yield table(["table", *KINDS, LEFT_OUT, "which"], rows)


def _kind(became: str) -> str:
    """The first word, where a date with a time counts as a date."""
    if became.startswith(LEFT_OUT):
        return LEFT_OUT
    return next((kind for kind in KINDS if became.startswith(kind)), became)


def _left_out(one: Tried) -> str:
    names = [f"`{name}`" for name, became in one.became.items() if became.startswith(LEFT_OUT)]
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def _comparison(found: Results) -> Iterator[str]:
    for metric in dict.fromkeys(one.metric for one in found.compared):
        heads = ["table", "rows", "columns", f"{metric} of the training", *RIVALS, "chosen", "seconds"]
        yield table(heads, [_compared(one) for one in found.compared if one.metric == metric])


def _compared(one: Compared) -> list[str]:
    chosen = Counter(split.chosen for split in one.splits)
    theirs = [f"{_mean(one, name)}{SIGNS[_against(one, name)]}" for name in RIVALS]
    return [
        one.table,
        f"{one.rows:,}",
        str(one.columns),
        f"**{_mean(one, OURS)}**",
        *theirs,
        ", ".join(f"{name} {count}x" for name, count in chosen.most_common()),
        f"{np.mean([split.seconds for split in one.splits]):.1f}",
    ]


def _mean(one: Compared, model: str) -> str:
    """Three digits, and all before the point."""
    mean = float(np.mean(one.scores(model)))
    return f"{mean:,.0f}" if mean >= 1_000 else f"{mean:#.3g}".rstrip(".")


SECTIONS: Final = {"training": _training, "asking": _asking, "told": _columns, "comparison": _comparison}
