"""Settings: validated once, frozen, and the only reader of inputs and variables.

An input of action.yml reaches this module as `INPUT_<NAME>`, with `-` as `_`: `top-k` is
INPUT_TOP_K. Input beats configuration file beats default. Blank is unset.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
)

from memory_agents.configuration import Configuration
from memory_agents.core.policy import Mode
from memory_agents.errors import SettingsError

NO_SECRET = SecretStr("")


def _branch_name(value: str) -> str:
    """Refuse what git would refuse, or read as an option. See git-check-ref-format(1)."""
    parts = value.split("/")
    plain = all(c.isprintable() and c not in " ~^:?*[\\" for c in value)
    whole = all(part and not part.startswith((".", "-")) and not part.endswith((".", ".lock")) for part in parts)
    if not (plain and whole) or ".." in value or "@{" in value or value == "@":
        msg = "it is not a valid branch name"
        raise ValueError(msg)
    return value


def _repository_path(value: str) -> str:
    """Refuse paths that leave the repository."""
    parts = value.split("/")
    if not value.isprintable() or "\\" in value or any(part in {"", ".", ".."} for part in parts):
        msg = "write a path inside the repository, such as .github/memory-agents.yml"
        raise ValueError(msg)
    return value


def _remote(value: str) -> str:
    """Refuse an option in disguise, a transport that runs programs, and credentials in the address."""
    if value.startswith("-") or "::" in value or not value.isprintable():
        msg = "write an https or ssh URL, or a path"
        raise ValueError(msg)
    try:
        url = urlsplit(value)
    except ValueError:
        msg = "it is not a valid URL"
        raise ValueError(msg) from None
    # The user of an ssh URL is a name, as in ssh://git@host; elsewhere it is a token.
    if "@" in url.netloc and (url.scheme != "ssh" or url.password is not None):
        msg = "leave the credentials out of the URL and set the input `memory-token`"
        raise ValueError(msg)
    return value


BranchName = Annotated[str, AfterValidator(_branch_name)]
RepositoryPath = Annotated[str, AfterValidator(_repository_path)]
RemoteLocation = Annotated[str, AfterValidator(_remote)]


class Settings(Configuration):
    """Every input of action.yml; those of Configuration have their default there."""

    github_token: SecretStr = NO_SECRET
    mode: Mode = Mode.AUTO
    provider: Literal["git", "chromadb", "agentcore"] = "git"
    memory_branch: BranchName = "memory"
    memory_remote: RemoteLocation | Literal[""] = ""
    memory_token: SecretStr = NO_SECRET
    config: RepositoryPath = ".github/memory-agents.yml"
    prompts: RepositoryPath = ".github/memory-agents/prompts"
    dry_run: bool = False
    """nothing is written: the summary shows what would have been"""
    template: str = Field(default="", pattern=r"^(?:[A-Za-z0-9][A-Za-z0-9_-]{0,63})?$")

    @classmethod
    def build(
        cls, inputs: Mapping[str, str], configuration: Configuration | None = None, *, as_options: bool = False
    ) -> Self:
        """Merge inputs (by input name, blank is unset) over the configuration file.

        Raises SettingsError, naming the input; `as_options`: naming the option of the command line.
        """
        stated = configuration.model_fields_set if configuration else frozenset()
        file_values = {name.replace("_", "-"): getattr(configuration, name) for name in stated}
        given = {name: value.strip() for name, value in inputs.items() if value.strip()}
        try:
            return cls.model_validate({**file_values, **given})
        except ValidationError as error:
            first = error.errors()[0]
            name = str(first["loc"][0])
            what = f"option --{name}" if as_options else f"input `{name}`"
            where = f"--{name}" if as_options else f"`{name}` in the step that uses memory-agents"
            raise SettingsError(
                f"The {what} is not valid: {reason_of(first['msg'])}.",
                fix=f"change {where}, or leave it out for the default",
            ) from None


_IN_THE_FILE_ALONE = frozenset({"sections", "namespaces", "labels", "on-comment-deleted"})
INPUTS: tuple[str, ...] = tuple(
    str(field.alias) for field in Settings.model_fields.values() if field.alias not in _IN_THE_FILE_ALONE
)
"""the names of action.yml's inputs"""


class Environment(BaseModel):
    """What the runner says of itself, by its own variables. On the command line most of it is empty."""

    model_config = ConfigDict(frozen=True)

    repository: str = Field(default="", validation_alias="GITHUB_REPOSITORY")
    server_url: str = Field(default="https://github.com", validation_alias="GITHUB_SERVER_URL")
    api_url: str = Field(default="https://api.github.com", validation_alias="GITHUB_API_URL")
    event_name: str = Field(default="", validation_alias="GITHUB_EVENT_NAME")
    event_path: Path | None = Field(default=None, validation_alias="GITHUB_EVENT_PATH")
    output_file: Path | None = Field(default=None, validation_alias="GITHUB_OUTPUT")
    summary_file: Path | None = Field(default=None, validation_alias="GITHUB_STEP_SUMMARY")
    temporary: Path | None = Field(default=None, validation_alias="RUNNER_TEMP")
    in_actions: bool = Field(default=False, validation_alias="GITHUB_ACTIONS")
    state_home: Path | None = Field(default=None, validation_alias="MEMORY_AGENTS_STATE")
    cache_home: Path | None = Field(default=None, validation_alias="XDG_CACHE_HOME")
    debug: bool = Field(default=False, validation_alias="RUNNER_DEBUG")

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> Self:
        """Read the variables; blank is unset. Raises SettingsError, naming the variable."""
        try:
            return cls.model_validate({name: value for name, value in environ.items() if value.strip()})
        except ValidationError as error:
            first = error.errors()[0]
            name = str(first["loc"][0])
            raise SettingsError(
                f"The variable {name} is not valid: {reason_of(first['msg'])}.", fix=f"correct or unset {name}"
            ) from None

    def state(self) -> Path:
        """The folder for what is derived and may be kept between runs."""
        if self.state_home is not None:
            return self.state_home
        if self.in_actions and self.temporary is not None:
            return self.temporary / "memory-agents" / "state"
        return (self.cache_home or Path.home() / ".cache") / "memory-agents"


def read_inputs(environ: Mapping[str, str]) -> dict[str, str]:
    """The inputs that a step of action.yml passes on, by input name.

    MEMORY_PROVIDER stands in for `provider`; GH_TOKEN or GITHUB_TOKEN for `github-token` where no runner is.
    """
    inputs = {name: environ.get("INPUT_" + name.upper().replace("-", "_"), "") for name in INPUTS}
    token = "" if environ.get("GITHUB_ACTIONS") else environ.get("GH_TOKEN") or environ.get("GITHUB_TOKEN", "")
    return {
        **inputs,
        "provider": inputs["provider"] or environ.get("MEMORY_PROVIDER", ""),
        "github-token": inputs["github-token"] or token,
    }


def reason_of(message: str) -> str:
    """A message of pydantic as the end of a sentence."""
    return message.removeprefix("Value error, ").rstrip(".")
