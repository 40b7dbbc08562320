"""Git's smart HTTP through `git http-backend`, with GitHub's answers to who may read and write."""

from __future__ import annotations

import re
import subprocess
from base64 import b64decode
from pathlib import Path

from memory_agents.testing.github.bare_git import environment
from memory_agents.testing.github.messages import Problem, Reply, Request
from memory_agents.testing.github.repository import FakeRepository
from memory_agents.testing.github.state import READ, WRITE, Token
from memory_agents.testing.github.world import World

GIT_PATH = re.compile(r"/([^/]+)/([^/]+?)(?:\.git)?/(info/refs|git-upload-pack|git-receive-pack)")
PUSH = "git-receive-pack"
USERNAME = "x-access-token"
HEADERS = {
    "content-type": "CONTENT_TYPE",
    "content-encoding": "HTTP_CONTENT_ENCODING",
    "git-protocol": "GIT_PROTOCOL",
    "accept": "HTTP_ACCEPT",
}
"""request header → variable of the CGI that git http-backend is"""


def is_git(request: Request) -> bool:
    """Whether this is a request of git's, not of the API."""
    return GIT_PATH.fullmatch(request.path) is not None


def basic_token(authorization: str) -> str | None:
    """The token in a Basic header of `x-access-token:TOKEN`; whatever else is a wrong password."""
    scheme, _, encoded = authorization.partition(" ")
    if not authorization:
        return None
    try:
        name, _, password = b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:
        return ""
    return password if scheme.lower() == "basic" and name == USERNAME else ""


def answer(request: Request, world: World, token: str | None) -> Reply:
    """What git http-backend says, or a refusal in plain text."""
    match = GIT_PATH.fullmatch(request.path)
    if match is None:
        return _refusal(404, "Not Found")
    owner, name, service = match.groups()
    is_push = PUSH in {service, request.query.get("service")}
    try:
        bearer = world.find_token(token)
    except Problem:
        return _refusal(401, "Invalid username or token. Password authentication is not supported for Git operations.")
    repository = world.repositories.get(f"{owner}/{name}")
    if refusal := _refuse(repository, bearer, is_push=is_push):
        return refusal
    if repository is not None:
        repository.git.settle()
    return _backend(request, world.root, f"/{owner}/{name}.git/{service}", bearer.login if bearer else "")


def _refuse(repository: FakeRepository | None, token: Token | None, *, is_push: bool) -> Reply | None:
    """GitHub asks for credentials before it says that there is no such repository."""
    is_open = repository is not None and not repository.private and not is_push
    if is_open:
        return None
    if token is None:
        return _refusal(401, "No anonymous write access." if is_push else "Repository not found.")
    if repository is None or (repository.private and not token.reaches(repository.full_name)):
        return _refusal(404, "Repository not found.")
    level = WRITE if is_push else READ
    if not token.reaches(repository.full_name) or not token.allows("contents", level):
        denied = f"Permission to {repository.full_name}.git denied to {token.login}."
        return _refusal(403, denied if is_push else "Write access to repository not granted.")
    return None


def _refusal(status: int, message: str) -> Reply:
    headers = {"content-type": "text/plain; charset=utf-8"}
    if status == 401:
        headers["www-authenticate"] = 'Basic realm="GitHub"'
    return Reply(status=status, raw=message.encode(), headers=headers)


def _backend(request: Request, root: Path, path: str, login: str) -> Reply:
    env = environment(
        {
            "GIT_PROJECT_ROOT": str(root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": path,
            "QUERY_STRING": request.query_string,
            "REQUEST_METHOD": request.method,
            "CONTENT_LENGTH": str(len(request.body)),
            "REMOTE_USER": login,
            "REMOTE_ADDR": "127.0.0.1",
            "SERVER_PROTOCOL": "HTTP/1.1",
        }
        | {variable: request.headers[name] for name, variable in HEADERS.items() if name in request.headers}
    )
    done = subprocess.run(["git", "http-backend"], input=request.body, capture_output=True, check=False, env=env)
    head, _, body = done.stdout.partition(b"\r\n\r\n")
    headers = {
        name.lower(): value for name, _, value in (line.partition(": ") for line in head.decode().splitlines()) if name
    }
    status = int(headers.pop("status", "200").split()[0]) if headers else 500
    return Reply(status=status, raw=body, headers=headers)
