"""Where things are: memory and the token that opens it, the repository, the files of its history."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from urllib.parse import urlsplit

from memory_agents.core.records import FULL_NAME
from memory_agents.errors import MemoryUnreachable, SettingsError, UsageError
from memory_agents.memory import git
from memory_agents.memory.git import Remote
from memory_agents.memory.providers.registry import AgentCoreBackend, Backend, ChromaBackend, GitBackend
from memory_agents.settings import AgentCoreVariables, ChromaVariables, Environment, Settings

_REMOTE = re.compile(
    r"(?:[a-z+]+://(?:[^@/]*@)?(?P<host>[^/:]+)(?::\d+)?/|(?:[^@/]*@)?(?P<ssh>[^/:]+):)(?P<path>[^/:]+/[^/:]+?)(?:\.git)?/?"
)
"""a URL, or `user@host:path` of ssh, of a repository on GitHub"""


def repository_name(environment: Environment) -> str:
    """`owner/name` of the event's repository, or of this clone's origin on the command line; empty if unknown."""
    if environment.repository:
        return environment.repository
    try:
        origin = git.origin(Path.cwd())
    except (MemoryUnreachable, UsageError):
        return ""
    found = _REMOTE.fullmatch(origin)
    if found is None or (found["host"] or found["ssh"]) != urlsplit(environment.server_url).hostname:
        return ""
    return found["path"] if FULL_NAME.fullmatch(found["path"]) else ""


def history_folder(environment: Environment, repository: str) -> Path:
    """Where the history of a repository is kept on this machine: nothing but what GitHub shows is in it.

    `bootstrap.py` says the same, for the cache.
    """
    return environment.state() / "history" / _key(environment, repository)


def queue_folder(environment: Environment) -> Path:
    """Where a long-lived process keeps writes until memory has taken them."""
    return environment.state() / "writes"


def place_folder(environment: Environment, repository: str) -> Path:
    """Where is kept up to when catch-up has done everything. `bootstrap.py` says the same, for the cache."""
    return environment.state() / "catch-up" / _key(environment, repository)


def _key(environment: Environment, repository: str) -> str:
    return hashlib.sha256(f"{environment.api_url}\n{repository.lower()}".encode()).hexdigest()[:16]


def backend(settings: Settings, environment: Environment) -> Backend:
    """Where memory is kept. Raises SettingsError, naming the input and the variable."""
    if settings.provider == "chromadb":
        return _chroma(settings, environment.chroma())
    if settings.provider == "agentcore":
        return _agentcore(settings, environment.agentcore())
    return GitBackend(memory_remote(settings, environment), settings.memory_branch)


def _chroma(settings: Settings, variables: ChromaVariables) -> ChromaBackend:
    url = settings.chroma_url or variables.url
    token = settings.chroma_token.get_secret_value() or variables.token.get_secret_value()
    if not (url or variables.path):
        fix = "set `chroma-url` or CHROMADB_HOST to its address, or CHROMADB_PATH to a folder on this machine"
        raise SettingsError("`provider: chromadb` does not know its server.", fix=fix)
    if url and variables.path:
        fix = "unset CHROMADB_PATH, or `chroma-url` and CHROMADB_HOST"
        raise SettingsError("Chroma is to be both on a server and in the folder of CHROMADB_PATH.", fix=fix)
    if token and is_open(url):
        fix = "give `chroma-url` as an https URL, or set CHROMADB_SSL to true"
        raise SettingsError("`chroma-token`, or CHROMADB_TOKEN, is not sent over http.", fix=fix)
    return ChromaBackend(
        path=variables.path,
        url=url,
        token=token,
        tenant=variables.tenant,
        database=variables.database,
        collection=variables.collection,
    )


def _agentcore(settings: Settings, variables: AgentCoreVariables) -> AgentCoreBackend:
    memory_id = settings.agentcore_memory_id or variables.memory_id
    region = settings.aws_region or variables.region
    if not memory_id:
        fix = "set `agentcore-memory-id` or AGENTCORE_MEMORY_ID; `memory-agents setup agentcore` makes a memory"
        raise SettingsError("`provider: agentcore` does not know its memory.", fix=fix)
    if not region:
        fix = "set `aws-region` or AWS_REGION, such as eu-central-1"
        raise SettingsError("`provider: agentcore` does not know its region.", fix=fix)
    return AgentCoreBackend(
        memory_id=memory_id,
        region=region,
        endpoint=variables.data_endpoint,
        events_per_second=variables.events_per_second,
    )


def memory_remote(settings: Settings, environment: Environment) -> Remote:
    """Where the memory branch is, and the token that opens it.

    `github-token` is for this same repository on GITHUB_SERVER_URL only, in a clone of it too; any other remote
    gets `memory-token` or nothing.
    """
    own = _own(environment)
    location = settings.memory_remote or (own if environment.in_actions else "") or git.origin(Path.cwd())
    is_own = bool(own) and _is_same(location, own)
    token = settings.memory_token.get_secret_value()
    if not token and is_own:
        token = settings.github_token.get_secret_value()
    if token and not is_own and is_open(location):
        raise SettingsError("`memory-token` is not sent over http.", fix="give `memory-remote` as an https URL")
    return Remote(
        location if "://" in location else _local(location),
        token=token,
        is_own=is_own,
        as_user=not environment.in_actions,
    )


def is_open(location: str) -> bool:
    """Whether others on the way could read what is sent there."""
    url = urlsplit(location)
    return url.scheme == "http" and url.hostname not in {"127.0.0.1", "localhost", "::1"}


def is_own_memory(settings: Settings, environment: Environment) -> bool:
    """Whether memory is on a branch of the very repository whose event is handled."""
    own = _own(environment) if settings.provider == "git" else ""
    return environment.in_actions and bool(own) and _is_same(settings.memory_remote or own, own)


def _is_same(location: str, other: str) -> bool:
    one, two = (address.rstrip("/").removesuffix(".git").lower() for address in (location, other))
    return one == two


def _own(environment: Environment) -> str:
    """Where git finds the repository of the event or of this clone; empty if unknown."""
    repository = repository_name(environment)
    return f"{environment.server_url.rstrip('/')}/{repository}.git" if repository else ""


def _local(location: str) -> str:
    """A path, absolute because git runs elsewhere; `host:path` of ssh stays as it is."""
    head, colon, _ = location.partition(":")
    is_ssh = colon and "/" not in head and len(head) > 1
    path = Path(location).resolve()
    if not is_ssh and location.count("/") == 1 and not path.exists():
        raise SettingsError(
            f"There is no folder {location}.", fix=f"for a repository on GitHub write https://github.com/{location}"
        )
    return location if is_ssh else str(path)
