"""`twinserve`: finding a verb, help, completion, and what is imported until then."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib

import pytest

import twinserve
from harness import ROOT
from twinserve.cli.main import entries, main, open_command


def test_the_help_names_every_verb_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--help"])
    assert end.value.code == 0
    lines = capsys.readouterr().out.splitlines()
    for verb, entry in entries().items():
        assert any(line.split(maxsplit=1) == [verb, entry.sentence] for line in lines)


def test_without_a_verb_the_help_is_printed_and_the_exit_code_is_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "usage: twinserve" in capsys.readouterr().out


@pytest.mark.parametrize(("word", "advice"), [("lits", "did you mean list?"), ("xyz", "see twinserve --help.")])
def test_an_unknown_verb_gets_one_sentence(word: str, advice: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([word]) == 2
    assert capsys.readouterr().err == f"twinserve: {word!r} is no verb; {advice}\n"


def test_the_version_is_that_of_the_project(capsys: pytest.CaptureFixture[str]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert twinserve.__version__ == project["version"]
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"twinserve {project['version']}\n"


@pytest.mark.parametrize("verb", entries())
def test_each_verb_describes_itself(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main([verb, "--help"])
    assert end.value.code == 0
    printed = capsys.readouterr().out
    assert printed.startswith(f"usage: twinserve {verb}")
    assert open_command(verb).parser.description


@pytest.mark.parametrize("arguments", [["--help"], ["train", "--help"], ["list", "--help"], ["serve", "--help"]])
def test_help_loads_neither_arrays_nor_scikit_learn(arguments: list[str]) -> None:
    code = (
        "import sys; from twinserve.cli.main import main\n"
        f"try: main({arguments!r})\nexcept SystemExit: pass\n"
        "print(sorted({'numpy', 'sklearn', 'pandas', 'onnxruntime', 'flask', 'fastapi'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.splitlines()[-1] == "[]"


def test_bash_completes_verbs_and_options(capsys: pytest.CaptureFixture[str]) -> None:
    """In a real shell, as readline calls the function that the script registers."""
    bash = shutil.which("bash")
    assert bash is not None
    assert main(["completion", "bash"]) == 0
    script = capsys.readouterr().out

    def complete(*words: str) -> set[str]:
        asked = " ".join(f"'{word}'" for word in ("twinserve", *words))
        ask = (
            f"{script}\nCOMP_WORDS=({asked}); COMP_CWORD={len(words)}\n"
            '$(complete -p twinserve | sed "s/.*-F \\([^ ]*\\) .*/\\1/") twinserve "${COMP_WORDS[COMP_CWORD]}" ""\n'
            'printf "%s\\n" "${COMPREPLY[@]}"'
        )
        done = subprocess.run([bash, "-c", ask], capture_output=True, text=True, check=True)
        return set(done.stdout.split())

    assert complete("ro") == {"rollback"}
    assert "--no-promote" in complete("train", "--no")
    assert {"flask", "fastapi"} <= complete("serve", "")


@pytest.mark.parametrize("shell", ["zsh", "tcsh"])
def test_other_shells_have_a_script_too(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    assert "rollback" in capsys.readouterr().out


def test_a_command_in_a_help_is_not_broken_into_lines(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It could not be copied."""
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit):
        main(["completion", "--help"])
    command = "twinserve completion bash > ~/.local/share/bash-completion/completions/twinserve"
    assert command in map(str.strip, capsys.readouterr().out.splitlines())


@pytest.mark.parametrize(("verb", "versions"), [("promote", "VERSION"), ("diff", "VERSION VERSION")])
def test_the_usage_shows_how_many_versions_a_verb_takes(
    verb: str, versions: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        main([verb])
    assert end.value.code == 2
    lines = capsys.readouterr().err.splitlines()
    assert lines[-2].strip() == versions
    assert lines[-1].endswith("the following arguments are required: VERSION")
