"""Settings: validated once, frozen, and the only reader of inputs and variables.

An input of action.yml reaches this module as `INPUT_<NAME>`, with `-` as `_`: `top-k` is
INPUT_TOP_K. Input beats configuration file beats default. Blank is unset.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, AliasChoices, BaseModel, ConfigDict, Field, SecretStr, ValidationError

from memory_agents.configuration import Configuration, reason_of
from memory_agents.core.policy import Mode
from memory_agents.errors import SettingsError

NO_SECRET = SecretStr("")
Provider = Literal["git", "chromadb", "agentcore"]
_MEMORY_ID = re.compile(
    r"(?:arn:aws[a-z-]*:bedrock-agentcore:[a-z0-9-]+:[0-9]{12}:memory/)?[A-Za-z][A-Za-z0-9_-]{0,99}-[A-Za-z0-9]{10}"
)
"""as the service model of AgentCore's data plane has it"""
_REGION = re.compile(r"[a-z]{2,4}(?:-[a-z]+){1,3}-\d{1,2}")


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


def _memory_id(value: str) -> str:
    """Refuse what AgentCore would refuse."""
    if not _MEMORY_ID.fullmatch(value):
        msg = "it is not the id of a memory, such as hello_memory-a1B2c3D4e5"
        raise ValueError(msg)
    return value


def _region(value: str) -> str:
    """Refuse what is no region: it becomes a part of a host's name."""
    if not _REGION.fullmatch(value):
        msg = "it is not an AWS region, such as eu-central-1"
        raise ValueError(msg)
    return value


def _server(value: str) -> str:
    """Refuse what says more than where a server is."""
    try:
        url = urlsplit(value)
        is_whole = url.scheme in {"http", "https"} and bool(url.hostname) and url.port != 0
    except ValueError:
        is_whole = False
    if not is_whole or not re.fullmatch(r"https?://[\w.:\[\]-]+/?", value, re.ASCII):
        msg = "write the address of a server and nothing else, such as https://memory.example:8000"
        raise ValueError(msg)
    return value.rstrip("/")


def _host(value: str) -> str:
    """Refuse what is more than a host."""
    if not re.fullmatch(r"[\w.-]+|\[?[0-9A-Fa-f:]+\]?", value, re.ASCII):
        msg = "write the name or the address of a host, such as chroma.example, without http://"
        raise ValueError(msg)
    return value


def _collection(value: str) -> str:
    """Refuse what Chroma would refuse."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{1,510}[A-Za-z0-9]", value):
        msg = "it is not the name of a collection: 3 to 512 of A-Z, a-z, 0-9, . _ and -, a letter or digit at both ends"
        raise ValueError(msg)
    return value


def _token(value: SecretStr) -> SecretStr:
    """Refuse what no header of HTTP carries."""
    if not re.fullmatch(r"[!-~]*", value.get_secret_value()):
        msg = "it is not a token: it holds a blank, a line break or a character that is not ASCII"
        raise ValueError(msg)
    return value


BranchName = Annotated[str, AfterValidator(_branch_name)]
RepositoryPath = Annotated[str, AfterValidator(_repository_path)]
RemoteLocation = Annotated[str, AfterValidator(_remote)]
MemoryId = Annotated[str, AfterValidator(_memory_id)]
Region = Annotated[str, AfterValidator(_region)]
Server = Annotated[str, AfterValidator(_server)]
Host = Annotated[str, AfterValidator(_host)]
Collection = Annotated[str, AfterValidator(_collection)]
Token = Annotated[SecretStr, AfterValidator(_token)]


class Settings(Configuration):
    """Every input of action.yml; those of Configuration have their default there."""

    github_token: SecretStr = NO_SECRET
    mode: Mode = Mode.AUTO
    provider: Provider = "git"
    memory_branch: BranchName = "memory"
    memory_remote: RemoteLocation | Literal[""] = ""
    memory_token: SecretStr = NO_SECRET
    aws_region: Region | Literal[""] = ""
    agentcore_memory_id: MemoryId | Literal[""] = ""
    chroma_url: Server | Literal[""] = ""
    chroma_token: Token = NO_SECRET
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
                f"The {what} is not valid: {reason_of(first)}.",
                fix=f"change {where}, or leave it out for the default",
            ) from None


_IN_THE_FILE_ALONE = frozenset({"sections", "namespaces", "labels", "on-comment-deleted"})
INPUTS: tuple[str, ...] = tuple(
    str(field.alias) for field in Settings.model_fields.values() if field.alias not in _IN_THE_FILE_ALONE
)
"""the names of action.yml's inputs"""
_OF_PROVIDERS = ("AGENTCORE_", "AWS_REGION", "AWS_DEFAULT_REGION", "CHROMADB_")


class _Variables(BaseModel):
    """Variables of a process, by name; blank is unset."""

    model_config = ConfigDict(frozen=True, str_strip_whitespace=True)

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> Self:
        """Read the variables. Raises SettingsError, naming the variable."""
        try:
            return cls.model_validate({name: value for name, value in environ.items() if value.strip()})
        except ValidationError as error:
            first = error.errors()[0]
            name = str(first["loc"][0])
            raise SettingsError(
                f"The variable {name} is not valid: {reason_of(first)}.", fix=f"correct or unset {name}"
            ) from None


class AgentCoreVariables(_Variables):
    """Where AgentCore is, for a process that no input tells."""

    memory_id: MemoryId = Field(default="", validation_alias="AGENTCORE_MEMORY_ID")
    region: Region = Field(default="", validation_alias=AliasChoices("AWS_REGION", "AWS_DEFAULT_REGION"))
    data_endpoint: Server = Field(default="", validation_alias="AGENTCORE_DATA_PLANE_ENDPOINT")
    control_endpoint: Server = Field(default="", validation_alias="AGENTCORE_CONTROL_PLANE_ENDPOINT")
    events_per_second: float = Field(
        default=0.25, gt=0, allow_inf_nan=False, validation_alias="AGENTCORE_EVENTS_PER_SECOND"
    )
    """of one session of one actor; AWS allows more by now, see its quotas"""


class ChromaVariables(_Variables):
    """Where Chroma is, for a process that no input tells."""

    host: Host = Field(default="", validation_alias="CHROMADB_HOST")
    port: int = Field(default=8000, ge=1, le=65_535, validation_alias="CHROMADB_PORT")
    ssl: bool = Field(default=False, validation_alias="CHROMADB_SSL")
    path: Path | None = Field(default=None, validation_alias="CHROMADB_PATH")
    """a folder on this machine, in place of a server"""
    token: Token = Field(default=NO_SECRET, validation_alias="CHROMADB_TOKEN")
    tenant: str = Field(default="", validation_alias="CHROMADB_TENANT")
    database: str = Field(default="", validation_alias="CHROMADB_DATABASE")
    collection: Collection = Field(default="memory-agents", validation_alias="CHROMADB_COLLECTION")

    @property
    def url(self) -> str:
        """Of the server; empty where none is named."""
        host = f"[{self.host.strip('[]')}]" if ":" in self.host else self.host
        return f"http{'s' if self.ssl else ''}://{host}:{self.port}" if host else ""


class Environment(_Variables):
    """What the runner says of itself, by its own variables. On the command line most of it is empty."""

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
    of_providers: Mapping[str, str] = Field(default_factory=dict, repr=False)
    """variables that a provider is told by. They are looked at when it is made: a wrong one is no reason to stop a
    run that keeps its memory elsewhere."""

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> Self:
        """See _Variables."""
        environment = super().read(environ)
        given = {name: value for name, value in environ.items() if name.startswith(_OF_PROVIDERS)}
        return environment.model_copy(update={"of_providers": given})

    def agentcore(self) -> AgentCoreVariables:
        """What variables say of AgentCore. Raises SettingsError, naming the variable."""
        return AgentCoreVariables.read(self.of_providers)

    def chroma(self) -> ChromaVariables:
        """What variables say of Chroma. Raises SettingsError, naming the variable."""
        return ChromaVariables.read(self.of_providers)

    def state(self) -> Path:
        """The folder for what is derived and may be kept between runs."""
        if self.state_home is not None:
            return self.state_home
        if self.in_actions and self.temporary is not None:
            return self.temporary / "memory-agents" / "state"
        return (self.cache_home or Path.home() / ".cache") / "memory-agents"


class _Choice(_Variables):
    """Which provider, for a process that no input tells."""

    provider: Provider | None = Field(default=None, validation_alias="MEMORY_PROVIDER")


def read_inputs(environ: Mapping[str, str], given: Mapping[str, str] | None = None) -> dict[str, str]:
    """The inputs that a step of action.yml passes on, by input name; `given` goes before them, blank is unset.

    MEMORY_PROVIDER stands in for `provider`; GH_TOKEN or GITHUB_TOKEN for `github-token` where no runner is. Raises
    SettingsError where MEMORY_PROVIDER is asked for and is none.
    """
    inputs = {name: environ.get("INPUT_" + name.upper().replace("-", "_"), "") for name in INPUTS}
    inputs |= {name: value for name, value in (given or {}).items() if value.strip()}
    if not inputs["provider"].strip():
        inputs["provider"] = _Choice.read(environ).provider or ""
    if not (inputs["github-token"] or environ.get("GITHUB_ACTIONS")):
        inputs["github-token"] = environ.get("GH_TOKEN") or environ.get("GITHUB_TOKEN", "")
    return inputs
