"""What `train.py`'s other verbs say and do."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from harness import fruit
from twinserve.cli.main import main
from twinserve.cli.versions import Arguments, VerbResult, ask
from twinserve.errors import ArtifactRefused, RegistryError
from twinserve.release.build import Lineage, build
from twinserve.store import seal
from twinserve.store.artifact import Trust
from twinserve.store.registry import Registry

PRIVATE, PUBLIC = seal.new_keys()
OURS = Trust(seal_key=PUBLIC)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    """Version 1 is sealed, version 2 is not; not to be changed but for the champion."""
    registry = Registry(tmp_path_factory.mktemp("store"), "fruit")
    made = fruit.fitted(fruit.FRUIT)
    for key in (PRIVATE, None):
        build(registry, fruit.FRUIT, *made, Lineage(0, None), seal_key=key)
    return registry


@pytest.fixture
def registry(store: Registry) -> Registry:
    """The same, with version 1 as its champion."""
    store.promote(1)
    return store


def said(registry: Registry, verb: str, *versions: int, trust: Trust = OURS) -> VerbResult:
    """What a verb has to say."""
    return ask(verb, registry, Arguments(versions, 5, trust))


def test_the_list_has_a_line_for_each_version_with_its_source(registry: Registry) -> None:
    result = said(registry, "list")
    assert result.lines[0].split()[:2] == ["1", "champion"]
    assert all(line.endswith("logistic regression, from an orchard") for line in result.lines)
    assert [(value["version"], value["champion"], value["source"]) for value in result.values] == [
        (1, True, "an orchard"),
        (2, False, "an orchard"),
    ]


def test_the_list_stays_one_where_the_champion_is_unknown(registry: Registry) -> None:
    """What is wrong with it says to promote a version: one of these, such as the last that served."""
    (registry.folder / "champion").write_text("?")
    result = said(registry, "list")
    assert [value["version"] for value in result.values if not value["champion"]] == [1, 2]
    assert result.lines[-1] == (
        "The champion file of 'fruit' is damaged; promote a version to write it anew, such as 1, which served last."
    )
    assert not result.done


def test_a_version_is_shown_with_its_split_and_the_importance_of_its_fields(registry: Registry) -> None:
    lines = said(registry, "show").lines
    assert any(line.startswith("rows ") and "held out: a fifth of each class" in line for line in lines)
    assert next(line.split()[-1] for line in lines if line.startswith("importance ")) in ("weight", "skin.colour")


def test_a_version_is_shown_with_its_source(registry: Registry) -> None:
    assert any(line.startswith("made ") and line.endswith(" from an orchard") for line in said(registry, "show").lines)


def test_verify_checks_seals_where_a_public_key_is_given(registry: Registry) -> None:
    result = said(registry, "verify")
    assert [line.split(maxsplit=1)[1] for line in result.lines] == [
        "ok",
        "The artifact is not sealed; train it with --seal-key.",
    ]
    assert not result.done
    assert said(registry, "verify", trust=Trust()).done
    assert said(registry, "verify", 1).done


def test_what_servers_would_refuse_is_not_promoted(registry: Registry) -> None:
    with pytest.raises(ArtifactRefused, match="is not sealed"):
        said(registry, "promote", 2)
    assert registry.champion() == 1
    said(registry, "promote", 2, trust=Trust())
    assert registry.champion() == 2
    assert said(registry, "rollback").values["champion"] == 1


def test_two_versions_of_the_same_data_differ_in_nothing(registry: Registry) -> None:
    result = said(registry, "diff", 1, 2, trust=Trust())
    assert result.lines[0] == "the same input"
    assert all(was == now for was, now in result.values["metrics"].values())


ASKED: Mapping[str, tuple[int, ...]] = {
    "show": (), "diff": (1, 2), "promote": (1,), "rollback": (), "verify": (), "prune": (),
}  # fmt: skip


def of_none(registry: Registry, verb: str, *versions: int) -> str:
    """What a verb says of a named model that is not there."""
    with pytest.raises(RegistryError) as raised:
        ask(verb, registry, Arguments(versions, 5, OURS, named=True))
    return str(raised.value)


@pytest.mark.parametrize(("verb", "versions"), [("list", ()), ("show", (1,)), ("verify", (1,)), *ASKED.items()])
def test_every_verb_says_which_models_there_are(registry: Registry, verb: str, versions: tuple[int, ...]) -> None:
    """Of a mistyped name, and of a store that is not there; neither is made."""
    root = registry.folder.parent
    assert of_none(Registry(root, "furit"), verb, *versions) == f"There is no model 'furit' in {root}; it has: fruit."
    elsewhere = of_none(Registry(root / "elsewhere", "fruit"), verb, *versions)
    assert elsewhere == (
        f"There are no models in {root / 'elsewhere'} yet; train one, or name the folder of another store."
    )
    assert [path.name for path in root.iterdir()] == ["fruit"]


def test_the_list_of_a_model_that_nobody_named_is_empty_and_no_error(registry: Registry) -> None:
    """Whoever forgets `--name` asks for the default model."""
    root = registry.folder.parent
    listed = said(Registry(root, "tumor"), "list")
    assert (listed.lines, listed.values) == ([f"There is no model 'tumor' in {root}; it has: fruit."], [])
    assert listed.done


def test_a_model_without_a_champion_is_told_which_version_to_promote(tmp_path: Path) -> None:
    (tmp_path / "fruit" / "7").mkdir(parents=True)
    told = f"'fruit' has no champion in {tmp_path}; promote one of its versions, such as 7."
    assert of_none(Registry(tmp_path, "fruit"), "show") == told


# ---- a rollback holds ------------------------------------------------------------------------------------------------


@pytest.fixture
def held(registry: Registry) -> Registry:
    """Version 2 was rolled back to 1."""
    registry.promote(2)
    assert said(registry, "rollback", trust=Trust()).values["hold"]["version"] == 1
    return registry


def test_the_list_and_the_champion_show_the_hold(held: Registry) -> None:
    hold = held.require_champion().hold
    assert hold is not None
    result = said(held, "list")
    assert result.lines[0].startswith("    1  champion, held  ")
    assert result.lines[-1].startswith(f"Held since {hold.since} at version 1 by a rollback; ")
    assert [value["hold"] for value in result.values] == [{"version": 1, "since": hold.since}, None]
    assert result.done
    assert said(held, "show").lines[0] == f"version    1 (champion, held since {hold.since})"


def test_promoting_says_that_a_hold_has_ended(held: Registry) -> None:
    hold = held.require_champion().hold
    assert hold is not None
    lines = said(held, "promote", 1).lines
    assert lines[:1] == [f"Version 1 of fruit is the champion. The hold since {hold.since} at version 1 has ended."]
    assert said(held, "promote", 1).lines[:1] == ["Version 1 of fruit is the champion."]
    assert {value["hold"] for value in said(held, "list").values} == {None}


def test_promoting_mends_a_damaged_champion_file(registry: Registry) -> None:
    (registry.folder / "champion").write_text("?")
    assert said(registry, "promote", 1).lines[:1] == ["Version 1 of fruit is the champion."]


@pytest.mark.parametrize(
    ("terminal", "columns", "first"),
    [(True, "120", "version"), (True, "40", "1"), (False, "120", "1")],
    ids=["wide", "narrow", "piped"],
)
def test_the_list_is_a_table_on_a_terminal_that_is_wide_enough(
    registry: Registry,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    terminal: bool,
    columns: str,
    first: str,
) -> None:
    """A program gets a line for each version, and so does a person where columns would be cut off."""
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal)
    assert main(["list", "--artifacts", str(registry.folder.parent), "--name", "fruit"]) == 0
    lines = re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out).splitlines()
    assert lines[0].split()[0] == first
    assert len(lines) == len(registry.versions()) + (first == "version")
