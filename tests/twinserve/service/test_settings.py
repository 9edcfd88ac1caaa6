"""Settings: read once, errors of one sentence, and a description for each."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import ValidationError

from harness import ROOT
from twinserve.service.cores import available_cores
from twinserve.service.options import allowed, from_command_line
from twinserve.service.settings import BadSetting, Settings, read_settings
from twinserve.service.settings_together import PREFIX
from twinserve.testing.fakes import settings_of

FIELDS = sorted(Settings.model_fields)
PAGE = (ROOT / "docs" / "operations.md").read_text()


@pytest.fixture
def environment() -> Iterator[pytest.MonkeyPatch]:
    """The environment, restored afterwards."""
    before = dict(os.environ)
    with pytest.MonkeyPatch.context() as patch:
        yield patch
    for name in set(os.environ) - set(before):
        del os.environ[name]


@pytest.mark.parametrize("field", FIELDS)
def test_every_setting_has_its_sentence(field: str) -> None:
    """Each description begins with a capital and ends with a full stop."""
    description = Settings.model_fields[field].description
    assert description
    assert description[0].isupper()
    assert description.endswith(".")


@pytest.mark.parametrize("field", FIELDS)
def test_help_shows_every_setting(field: str, capsys: pytest.CaptureFixture[str]) -> None:
    """`--help` has each option, its description and its variable."""
    with pytest.raises(SystemExit) as end:
        from_command_line("serve", "Serve.", ["--help"])
    text = " ".join(capsys.readouterr().out.split())
    assert end.value.code == 0
    values = f"{{{','.join(allowed(field))}}}" if allowed(field) else "VALUE"
    assert f"--{field.replace('_', '-')} {values}" in text
    assert PREFIX + field.upper() in text.replace("- ", "-")
    assert str(Settings.model_fields[field].description) in text


@pytest.mark.parametrize("field", FIELDS)
def test_the_page_names_every_setting_with_the_words_that_it_may_be(field: str) -> None:
    (row,) = [line for line in PAGE.splitlines() if line.startswith(f"| `{field.upper()}` |")]
    assert all(word in row for word in allowed(field))


def test_a_word_that_a_setting_cannot_be_is_told_with_those_it_can(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("TWINSERVE_OUT_OF_RANGE", "ignore")
    with pytest.raises(BadSetting, match=r"^TWINSERVE_OUT_OF_RANGE: .*'warn' or 'reject'\.$"):
        read_settings()


def test_settings_are_frozen() -> None:
    """Settings cannot be changed."""
    with pytest.raises(ValidationError):
        settings_of().port = 1  # type: ignore[misc]  # That it is refused is the point.


def test_a_variable_goes_before_a_line_of_the_file(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A variable precedes the `.env` file, which precedes the default."""
    (tmp_path / ".env").write_text("TWINSERVE_MAX_BATCH=5\nTWINSERVE_MODEL=from-file\nOTHER=1\n")
    environment.chdir(tmp_path)
    environment.setenv("TWINSERVE_MAX_BATCH", "6")
    settings = read_settings()
    assert (settings.max_batch, settings.model, settings.host) == (6, "from-file", "127.0.0.1")


def test_a_byte_order_mark_hides_no_setting(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Some editors put one in front of the first line."""
    environment.chdir(tmp_path)
    (tmp_path / ".env").write_bytes(b"\xef\xbb\xbfTWINSERVE_PORT=9001\n")
    assert read_settings().port == 9001


def test_a_file_of_settings_that_is_no_text_is_a_sentence(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    environment.chdir(tmp_path)
    (tmp_path / ".env").write_text("TWINSERVE_PORT=9001\n", encoding="utf-16")
    with pytest.raises(BadSetting, match=r"The file \.env .* cannot be read \(it is not UTF-8\)"):
        read_settings()


def test_an_empty_variable_is_no_value(environment: pytest.MonkeyPatch) -> None:
    """An empty variable counts as unset, as compose files leave them."""
    environment.setenv("TWINSERVE_PORT", "")
    assert read_settings().port is None


def test_an_option_goes_before_a_variable_and_reaches_the_workers(environment: pytest.MonkeyPatch) -> None:
    """An option sets the variable, which child processes inherit."""
    environment.setenv("TWINSERVE_PORT", "1")
    settings = from_command_line("serve", "Serve.", ["--port", "2", "--max-batch", "3"])
    assert (settings.port, settings.max_batch) == (2, 3)
    assert (os.environ["TWINSERVE_PORT"], os.environ["TWINSERVE_MAX_BATCH"]) == ("2", "3")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "x"),
        ("PORT", "65536"),
        ("PORT", "-1"),
        ("WORKERS", "0"),
        ("MAX_BODY", "1.5"),
        ("RECEIVE_TIMEOUT", "0"),
        ("DRAIN_DELAY", "-1"),
        ("OUT_OF_RANGE", "ignore"),
        ("ACCESS_LOG", "perhaps"),
        ("LOG_LEVEL", "loud"),
    ],
)
def test_a_bad_value_is_refused_by_its_variables_name(environment: pytest.MonkeyPatch, name: str, value: str) -> None:
    """The error is one sentence that names the variable."""
    environment.setenv(PREFIX + name, value)
    with pytest.raises(BadSetting) as refused:
        read_settings()
    assert str(refused.value).startswith(f"{PREFIX}{name}: ")
    assert "\n" not in str(refused.value)


def test_a_bad_value_ends_a_program_with_exit_code_2(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The error begins with the program's name."""
    environment.setenv("TWINSERVE_PORT", "x")
    with pytest.raises(SystemExit) as end:
        from_command_line("serve", "Serve.", [])
    assert end.value.code == 2
    assert capsys.readouterr().err.startswith("serve: TWINSERVE_PORT: ")


def test_the_cores_are_shared_among_workers() -> None:
    """By default the cores are divided among the workers, at least one thread each."""
    assert settings_of(workers=1).prediction_threads == available_cores() >= 1
    assert settings_of(workers=1000).prediction_threads == 1
    assert settings_of(workers=1000, threads=7).prediction_threads == 7


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("MAX_BACTH", "did you mean TWINSERVE_MAX_BATCH?"),
        ("WORKER", "did you mean TWINSERVE_WORKERS?"),
        ("XYZ", "--help"),
    ],
)
@pytest.mark.parametrize("where", ["variable", "lower case", "file"])
def test_a_misspelt_setting_is_refused_with_the_name_that_was_meant(
    environment: pytest.MonkeyPatch, tmp_path: Path, where: str, name: str, meant: str
) -> None:
    """An unknown setting is an error with a suggestion; otherwise the default would apply silently."""
    environment.chdir(tmp_path)
    if where == "file":
        (tmp_path / ".env").write_text(f"{PREFIX}{name}=5\n")
    else:
        environment.setenv(f"{PREFIX}{name}" if where == "variable" else f"{PREFIX}{name}".lower(), "5")
    with pytest.raises(BadSetting, match="Unknown setting") as refused:
        read_settings()
    assert meant in str(refused.value)


def test_what_make_reads_is_no_misspelt_setting(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("TWINSERVE_WHEEL", "/wheels/twinserve-0.1.0-py3-none-any.whl")
    assert read_settings().max_batch == 10_000


def test_an_empty_variable_that_is_no_setting_is_no_mistake(environment: pytest.MonkeyPatch) -> None:
    """An empty unknown variable is ignored."""
    environment.setenv("TWINSERVE_MAX_BACTH", "")
    assert read_settings().max_batch == 10_000


@pytest.mark.parametrize("service", ["TWINSERVE", "TWINSERVE_FLASK"])
def test_what_kubernetes_says_of_a_service_of_our_name_is_ignored(
    environment: pytest.MonkeyPatch, service: str
) -> None:
    """Variables that Kubernetes makes for a service named `twinserve` are ignored, even with the name of a setting."""
    for name, value in {
        "SERVICE_HOST": "10.0.0.1",
        "SERVICE_PORT": "80",
        "SERVICE_PORT_HTTP": "80",
        "PORT": "tcp://10.0.0.1:80",
        "PORT_80_TCP": "tcp://10.0.0.1:80",
        "PORT_80_TCP_PROTO": "tcp",
        "PORT_80_TCP_PORT": "80",
        "PORT_80_TCP_ADDR": "10.0.0.1",
    }.items():
        environment.setenv(f"{service}_{name}", value)
    assert read_settings().port is None


def test_no_protocols_are_none(environment: pytest.MonkeyPatch) -> None:
    """An empty variable, where any other setting takes its default."""
    environment.setenv(f"{PREFIX}PROTOCOLS", "")
    assert read_settings().protocols == ""
    environment.setenv(f"{PREFIX}PROTOCOLS", "v2")
    assert read_settings().protocols == "v2"


def test_an_unknown_protocol_is_a_mistake(environment: pytest.MonkeyPatch) -> None:
    """Its sentence says which there are."""
    environment.setenv(f"{PREFIX}PROTOCOLS", "v2,v9")
    with pytest.raises(BadSetting, match=r"^TWINSERVE_PROTOCOLS: There is no protocol 'v9'; there (is|are) v2.*\.$"):
        read_settings()
