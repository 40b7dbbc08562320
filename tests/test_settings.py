"""Settings: what beats what, what is refused with which fix, and that tokens stay unseen."""

from __future__ import annotations

import string
import subprocess
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pydantic import ValidationError

from memory_agents.configuration import SECTIONS, Configuration
from memory_agents.core.policy import Mode
from memory_agents.errors import SettingsError
from memory_agents.locations import backend
from memory_agents.settings import INPUTS, Environment, Settings, read_inputs

ROOT = Path(__file__).parents[1]
TOKEN = "ghs_" + "Tok3n" * 8


def configured(**values: object) -> Configuration:
    return Configuration.model_validate({name.replace("_", "-"): value for name, value in values.items()})


def test_without_inputs_and_configuration_the_defaults_hold() -> None:
    settings = Settings.build({})
    assert (settings.mode, settings.provider, settings.memory_branch) == (Mode.AUTO, "git", "memory")
    assert (settings.top_k, settings.max_prompt_bytes, settings.timeout_seconds) == (5, 98_304, 20)
    assert settings.min_score is None


def test_the_configuration_file_beats_a_default() -> None:
    assert Settings.build({}, configured(top_k=9)).top_k == 9


def test_an_input_beats_the_configuration_file() -> None:
    assert Settings.build({"top-k": "3"}, configured(top_k=9)).top_k == 3


@pytest.mark.parametrize("blank", ["", " ", "\n", "\t "])
def test_a_blank_input_is_unset(blank: str) -> None:
    assert Settings.build(dict.fromkeys(INPUTS, blank), configured(top_k=9)) == Settings.build({}, configured(top_k=9))


def test_blanks_around_an_input_do_not_count() -> None:
    assert Settings.build({"memory-branch": " facts\n"}).memory_branch == "facts"


def test_a_section_that_the_configuration_leaves_out_keeps_its_namespaces() -> None:
    sections = Settings.build({}, configured(sections={"patterns": ["own/*"]})).sections
    assert sections == {**SECTIONS, "patterns": ("own/*",)}


def test_settings_cannot_be_changed_afterwards() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        setattr(Settings.build({}), "top_k", 7)  # noqa: B010 -- mypy refuses the plain way


def test_the_action_declares_every_input_and_no_other_and_forwards_each() -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    assert set(action["inputs"]) == set(INPUTS)
    step = next(step for step in action["runs"]["steps"] if step.get("id") == "run")
    forwarded = {name: value for name, value in step["env"].items() if name.startswith("INPUT_")}
    assert forwarded == {f"INPUT_{name.upper().replace('-', '_')}": f"${{{{ inputs.{name} }}}}" for name in INPUTS}


def test_an_input_is_read_from_the_variable_of_its_name() -> None:
    assert read_inputs({"INPUT_TOP_K": "4", "OTHER": "x"})["top-k"] == "4"


@pytest.mark.parametrize(("given_input", "expected"), [("", "chromadb"), ("git", "git")])
def test_memory_provider_stands_in_for_the_input_provider(given_input: str, expected: str) -> None:
    inputs = read_inputs({"INPUT_PROVIDER": given_input, "MEMORY_PROVIDER": "chromadb"})
    assert inputs["provider"] == expected


def test_a_wrong_memory_provider_is_named_where_it_is_asked_for_and_nowhere_else() -> None:
    variables = {"MEMORY_PROVIDER": "floppy", "GITHUB_ACTIONS": "true"}
    with pytest.raises(SettingsError, match=r"variable MEMORY_PROVIDER is not valid: .*'agentcore'") as refused:
        read_inputs(variables, {"provider": " "})
    assert refused.value.fix == "correct or unset MEMORY_PROVIDER"
    assert read_inputs(variables, {"provider": "git"})["provider"] == "git"
    assert read_inputs({**variables, "INPUT_PROVIDER": "chromadb"})["provider"] == "chromadb"
    assert read_inputs({"MEMORY_PROVIDER": " "})["provider"] == ""


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("mode", "sometimes"),
        ("provider", "floppy"),
        ("top-k", "0"),
        ("top-k", "51"),
        ("top-k", "five"),
        ("min-score", "1.1"),
        ("min-score", "nan"),
        ("max-prompt-bytes", "8191"),
        ("timeout-seconds", "0"),
        ("timeout-seconds", "inf"),
        ("timeout-seconds", "1e999"),
        ("template", "../issue"),
        ("template", "_partials/memory"),
        ("template", "-o"),
        ("template", "issue.md.j2"),
        ("config", "/etc/passwd"),
        ("config", "../other/config.yml"),
        ("config", "a//b"),
        ("prompts", "a/../../b"),
        ("prompts", "a\\b"),
        ("config", "a\x00b"),
        ("prompts", "a\nb"),
        ("memory-branch", "a b"),
        ("memory-branch", "-x"),
        ("memory-branch", "a..b"),
        ("memory-branch", "a:b"),
        ("memory-remote", "--upload-pack=touch x"),
        ("memory-remote", "ext::sh -c id"),
        ("memory-remote", "https://user:secret@example.com/x.git"),
        ("memory-remote", "https://token@example.com/x.git"),
        ("memory-remote", "HTTPS://user:secret@example.com/x.git"),
        ("memory-remote", "ssh://git:secret@example.com/x.git"),
        ("memory-remote", "https://[not-an-address/x.git"),
        ("memory-remote", "https://example.com/x.git\n--quiet"),
        ("aws-region", "Frankfurt"),
        ("aws-region", "eu-central-1.evil.example/"),
        ("agentcore-memory-id", "hello"),
        ("agentcore-memory-id", "../a-0123456789"),
        ("chroma-url", "chroma.example:8000"),
        ("chroma-url", "https://user:secret@chroma.example"),
        ("chroma-url", "https://chroma.example/api?key=secret"),
        ("chroma-url", "https://chroma.example:port"),
        ("chroma-url", "https://"),
        ("chroma-token", "secret\nvalue"),
        ("chroma-token", "secret é"),
    ],
)
def test_an_invalid_input_is_named_with_a_fix(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.build({name: value})
    assert f"`{name}`" in refused.value.message
    assert f"`{name}`" in refused.value.fix
    assert "secret" not in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "remote",
    [
        "https://github.com/octo/memory.git",
        "https://ghe.example.com:8443/octo/memory",
        "ssh://git@example.com/octo/memory.git",
        "git@github.com:octo/memory.git",
        "../memory.git",
        "/srv/git/memory.git",
        "C:\\git\\memory.git",
        "file:///srv/git/memory.git",
    ],
)
def test_urls_and_paths_are_remotes(remote: str) -> None:
    assert Settings.build({"memory-remote": remote}).memory_remote == remote


NAMES = st.text(alphabet=st.sampled_from("ab/.@{}~^:?*[\\- \x7f\téHEAD"), min_size=1, max_size=12) | st.text(
    st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=12
)


@hypothesis_settings(max_examples=40)
@given(NAMES)
def test_a_branch_name_that_is_accepted_is_one_to_git_and_no_option(name: str) -> None:
    try:
        accepted = Settings.build({"memory-branch": f"x/{name}"}).memory_branch
    except SettingsError:
        return
    git = subprocess.run(["git", "check-ref-format", f"refs/heads/{accepted}"], check=False)
    assert git.returncode == 0


@given(st.text(max_size=40) | st.text(alphabet=string.punctuation + "ab\n", max_size=40))
def test_a_branch_or_remote_that_is_accepted_is_never_an_option_or_a_transport_that_runs_programs(text: str) -> None:
    for name in ("memory-branch", "memory-remote"):
        try:
            settings = Settings.build({name: text})
        except SettingsError:
            continue
        value = settings.memory_branch if name == "memory-branch" else settings.memory_remote
        assert not value.startswith("-")
        assert "::" not in value
        assert value.isprintable()


@given(st.text(max_size=60) | st.text(alphabet="/.ab\\\0\n", max_size=20))
def test_a_path_that_is_accepted_stays_inside_the_repository(text: str) -> None:
    try:
        path = Settings.build({"config": text}).config
    except SettingsError:
        return
    assert path.isprintable()
    assert not Path(path).is_absolute()
    assert ".." not in Path(path).parts


@given(st.dictionaries(st.sampled_from(INPUTS), st.text(max_size=20)))
def test_whatever_the_inputs_hold_settings_are_built_or_one_of_them_is_named(inputs: dict[str, str]) -> None:
    try:
        Settings.build(inputs)
    except SettingsError as refused:
        assert any(f"`{name}`" in refused.message for name in inputs)  # noqa: PT017


def test_tokens_are_in_no_text_that_settings_make() -> None:
    settings = Settings.build({"github-token": TOKEN, "memory-token": TOKEN, "chroma-token": TOKEN})
    assert settings.github_token.get_secret_value() == TOKEN
    assert TOKEN not in f"{settings!r} {settings} {settings.__dict__}"
    environment = Environment.read({"CHROMADB_TOKEN": TOKEN, "CHROMADB_HOST": "localhost"})
    assert environment.chroma().token.get_secret_value() == TOKEN
    assert TOKEN not in f"{environment!r} {environment} {environment.chroma()!r}"
    settings = Settings.build({"provider": "chromadb"})
    assert TOKEN not in f"{backend(settings, environment)!r}"


def test_a_token_beside_an_invalid_input_is_not_in_the_error() -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.build({"github-token": TOKEN, "memory-token": TOKEN, "top-k": "x"})
    assert TOKEN not in f"{refused.value!r} {refused.value} {refused.value.__cause__!r}"


def test_a_token_in_the_wrong_input_is_not_in_the_error() -> None:
    for name in INPUTS:
        try:
            Settings.build({name: f"{TOKEN}:/\n@::{TOKEN}"})
        except SettingsError as refused:
            assert TOKEN not in str(refused)  # noqa: PT017


def test_the_environment_is_read_and_blank_is_unset() -> None:
    environment = Environment.read({"GITHUB_REPOSITORY": "octo/hello", "GITHUB_API_URL": " ", "GITHUB_ACTIONS": "true"})
    assert environment.repository == "octo/hello"
    assert environment.api_url == "https://api.github.com"
    assert environment.in_actions


def test_an_invalid_variable_is_named_with_a_fix() -> None:
    with pytest.raises(SettingsError, match=r"GITHUB_ACTIONS.* Fix: correct or unset GITHUB_ACTIONS"):
        Environment.read({"GITHUB_ACTIONS": "perhaps"})


def test_a_wrong_variable_of_a_provider_stops_only_who_uses_that_provider() -> None:
    environment = Environment.read({"AWS_REGION": "nowhere", "CHROMADB_PORT": "eight thousand"})
    assert environment.repository == ""
    with pytest.raises(SettingsError, match=r"AWS_REGION.* such as eu-central-1. Fix: correct or unset AWS_REGION"):
        environment.agentcore()
    with pytest.raises(SettingsError, match=r"CHROMADB_PORT.* Fix: correct or unset CHROMADB_PORT"):
        environment.chroma()


@pytest.mark.parametrize(
    ("variables", "url"),
    [
        ({}, ""),
        ({"CHROMADB_HOST": " "}, ""),
        ({"CHROMADB_HOST": "chroma"}, "http://chroma:8000"),
        ({"CHROMADB_HOST": "::1", "CHROMADB_PORT": "1"}, "http://[::1]:1"),
        ({"CHROMADB_HOST": "c.example", "CHROMADB_PORT": "443", "CHROMADB_SSL": "true"}, "https://c.example:443"),
    ],
)
def test_host_and_port_make_the_address_of_chroma(variables: dict[str, str], url: str) -> None:
    assert Environment.read(variables).chroma().url == url


@pytest.mark.parametrize(
    ("variables", "region"),
    [
        ({"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "us-east-1"}, "eu-west-1"),
        ({"AWS_REGION": " ", "AWS_DEFAULT_REGION": "us-east-1"}, "us-east-1"),
        ({}, ""),
    ],
)
def test_the_region_is_the_one_of_this_process_before_the_default(variables: dict[str, str], region: str) -> None:
    assert Environment.read(variables).agentcore().region == region


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("top-k", "many", "write a whole number"),
        ("top-k", "1.5", "write a whole number"),
        ("top-k", "9" * 5_000, "write a whole number"),
        ("top-k", "51", "write at most 50"),
        ("max-prompt-bytes", "8191", "write at least 8192"),
        ("max-prompt-bytes", "1000001", "write at most 1000000"),
        ("min-score", "high", "write a number"),
        ("timeout-seconds", "0", "write more than 0.0"),
        ("dense", "maybe", "write true or false"),
        ("comment", "all", "write 'none' or 'similar'"),
        ("mode", "x", "write 'auto', 'recall', 'index' or 'catch-up'"),
        ("template", "a b", "write a name of letters, digits, - and _"),
    ],
)
def test_a_wrong_input_says_what_is_wanted(name: str, value: str, wanted: str) -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.build({name: value})
    assert refused.value.message == f"The input `{name}` is not valid: {wanted}."


@pytest.mark.parametrize(
    ("variable", "value", "wanted"),
    [
        ("CHROMADB_SSL", "maybe", "write true or false"),
        ("CHROMADB_PORT", "http", "write a whole number"),
        ("CHROMADB_PORT", "65536", "write at most 65535"),
        ("AGENTCORE_EVENTS_PER_SECOND", "0", "write more than 0.0"),
        ("AGENTCORE_EVENTS_PER_SECOND", "inf", "write a number"),
    ],
)
def test_a_wrong_variable_says_what_is_wanted(variable: str, value: str, wanted: str) -> None:
    environment = Environment.read({variable: value})
    with pytest.raises(SettingsError) as refused:
        _ = (environment.agentcore(), environment.chroma())
    assert str(refused.value) == f"The variable {variable} is not valid: {wanted}. Fix: correct or unset {variable}"


@pytest.mark.parametrize(
    "variable",
    ["AGENTCORE_MEMORY_ID", "AGENTCORE_DATA_PLANE_ENDPOINT", "AGENTCORE_EVENTS_PER_SECOND", "AWS_DEFAULT_REGION"],
)
@pytest.mark.parametrize("value", ["-1", "http://u:secret@h", "nan", "a b"])
def test_a_wrong_variable_of_agentcore_is_named_without_its_value(variable: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"Fix: correct or unset {variable}") as refused:
        Environment.read({variable: value}).agentcore()
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("variable", ["CHROMADB_HOST", "CHROMADB_PORT", "CHROMADB_SSL", "CHROMADB_COLLECTION"])
@pytest.mark.parametrize("value", ["http://u:secret@h", "-/-", "65536 "])
def test_a_wrong_variable_of_chroma_is_named_without_its_value(variable: str, value: str) -> None:
    if (variable, value) in {("CHROMADB_HOST", "65536 "), ("CHROMADB_COLLECTION", "65536 ")}:
        return  # a host and a collection may be called so
    with pytest.raises(SettingsError, match=f"Fix: correct or unset {variable}") as refused:
        Environment.read({variable: value}).chroma()
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"MEMORY_AGENTS_STATE": "/s", "GITHUB_ACTIONS": "true", "RUNNER_TEMP": "/t"}, "/s"),
        ({"GITHUB_ACTIONS": "true", "RUNNER_TEMP": "/t", "XDG_CACHE_HOME": "/c"}, "/t/memory-agents/state"),
        ({"RUNNER_TEMP": "/t", "XDG_CACHE_HOME": "/c"}, "/c/memory-agents"),
    ],
)
def test_derived_state_is_kept_where_it_may_be_thrown_away(variables: dict[str, str], expected: str) -> None:
    assert Environment.read(variables).state() == Path(expected)
