"""Links, users, repositories, labels and reactions."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from memory_agents.testing.github.messages import JsonObject
from memory_agents.testing.github.repository import FakeRepository
from memory_agents.testing.github.state import Label, Reaction, Token, User

USER_LINKS = {
    "events_url": "/events{/privacy}",
    "followers_url": "/followers",
    "following_url": "/following{/other_user}",
    "gists_url": "/gists{/gist_id}",
    "organizations_url": "/orgs",
    "received_events_url": "/received_events",
    "repos_url": "/repos",
    "starred_url": "/starred{/owner}{/repo}",
    "subscriptions_url": "/subscriptions",
}
REPOSITORY_LINKS = {
    "archive_url": "/{archive_format}{/ref}",
    "assignees_url": "/assignees{/user}",
    "blobs_url": "/git/blobs{/sha}",
    "branches_url": "/branches{/branch}",
    "collaborators_url": "/collaborators{/collaborator}",
    "comments_url": "/comments{/number}",
    "commits_url": "/commits{/sha}",
    "compare_url": "/compare/{base}...{head}",
    "contents_url": "/contents/{+path}",
    "contributors_url": "/contributors",
    "deployments_url": "/deployments",
    "downloads_url": "/downloads",
    "events_url": "/events",
    "forks_url": "/forks",
    "git_commits_url": "/git/commits{/sha}",
    "git_refs_url": "/git/refs{/sha}",
    "git_tags_url": "/git/tags{/sha}",
    "hooks_url": "/hooks",
    "issue_comment_url": "/issues/comments{/number}",
    "issue_events_url": "/issues/events{/number}",
    "issues_url": "/issues{/number}",
    "keys_url": "/keys{/key_id}",
    "labels_url": "/labels{/name}",
    "languages_url": "/languages",
    "merges_url": "/merges",
    "milestones_url": "/milestones{/number}",
    "notifications_url": "/notifications{?since,all,participating}",
    "pulls_url": "/pulls{/number}",
    "releases_url": "/releases{/id}",
    "stargazers_url": "/stargazers",
    "statuses_url": "/statuses/{sha}",
    "subscribers_url": "/subscribers",
    "subscription_url": "/subscription",
    "tags_url": "/tags",
    "teams_url": "/teams",
    "trees_url": "/git/trees{/sha}",
}
ROLES = ("pull", "triage", "push", "maintain", "admin")
ROLE_RANK = {"none": 0, "read": 1, "triage": 2, "write": 3, "maintain": 4, "admin": 5}
REACTIONS = ("+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes")


@dataclass(frozen=True, slots=True)
class View:
    """From where the caller looks: the addresses it used, and the people it may see."""

    api: str
    """API root, such as `http://127.0.0.1:1234/api/v3`"""
    web: str
    find_user: Callable[[str], User]
    open_issues: dict[int, int] = field(default_factory=dict)
    """id of a repository → how many of its issues are open: counted once an answer, which may show it 200 times"""

    def repo_api(self, repository: FakeRepository) -> str:
        """The repository's address in the API."""
        return f"{self.api}/repos/{repository.full_name}"

    def repo_web(self, repository: FakeRepository) -> str:
        """The repository's page."""
        return f"{self.web}/{repository.full_name}"

    def user(self, login: str) -> JsonObject:
        """A `simple-user`."""
        user = self.find_user(login)
        url = f"{self.api}/users/{user.login.replace('[', '%5B').replace(']', '%5D')}"
        page = f"{self.web}/apps/{user.login[:-5]}" if user.type == "Bot" else f"{self.web}/{user.login}"
        return {
            "login": user.login,
            "id": user.id,
            "node_id": node_id("User", user.id),
            "avatar_url": f"{self.web}/avatars/u/{user.id}",
            "gravatar_id": "",
            "url": url,
            "html_url": page,
            **{name: url + suffix for name, suffix in USER_LINKS.items()},
            "type": user.type,
            "user_view_type": "public",
            "site_admin": False,
        }


def node_id(kind: str, number: int) -> str:
    """An opaque id as GitHub's GraphQL uses them."""
    return b64encode(f"{len(kind):03}:{kind}{number}".encode()).decode()


def stamp(at: datetime) -> str:
    """A time as GitHub writes it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def stamp_or_none(at: datetime | None) -> str | None:
    """A time, or null."""
    return stamp(at) if at else None


def association(repository: FakeRepository, login: str) -> str:
    """The `author_association`, which says less than the permission."""
    if login == repository.owner:
        return "OWNER"
    return "COLLABORATOR" if login in repository.permissions else "NONE"


def repository_json(view: View, repository: FakeRepository, token: Token | None) -> JsonObject:
    """A `full-repository`."""
    api, web = view.repo_api(repository), view.repo_web(repository)
    created = stamp(repository.created_at)
    if repository.id not in view.open_issues:
        view.open_issues[repository.id] = sum(issue.state == "open" for issue in repository.issues.values())
    is_open = view.open_issues[repository.id]
    rank = ROLE_RANK[repository.base_role_of(token.login)] if token else ROLE_RANK["read"]
    counts = dict.fromkeys(
        ("forks", "forks_count", "watchers", "watchers_count", "stargazers_count", "network_count"), 0
    )
    return {
        "id": repository.id,
        "node_id": node_id("Repository", repository.id),
        "name": repository.name,
        "full_name": repository.full_name,
        "private": repository.private,
        "visibility": "private" if repository.private else "public",
        "owner": view.user(repository.owner),
        "html_url": web,
        "description": None,
        "fork": False,
        "url": api,
        **{name: api + suffix for name, suffix in REPOSITORY_LINKS.items()},
        "clone_url": f"{web}.git",
        "git_url": f"git{web.removeprefix('http')}.git",
        "ssh_url": f"git@127.0.0.1:{repository.full_name}.git",
        "svn_url": web,
        "mirror_url": None,
        "homepage": None,
        "language": None,
        "license": None,
        "topics": [],
        "custom_properties": {},
        "default_branch": repository.default_branch,
        **counts,
        "subscribers_count": 0,
        "open_issues": is_open,
        "open_issues_count": is_open,
        "size": 0,
        "archived": False,
        "disabled": False,
        "is_template": False,
        "allow_forking": True,
        "web_commit_signoff_required": False,
        **dict.fromkeys(("has_issues", "has_projects", "has_wiki"), True),
        **dict.fromkeys(("has_pages", "has_discussions", "has_downloads"), False),
        "permissions": {role: rank > at for at, role in enumerate(ROLES)},
        "created_at": created,
        "updated_at": created,
        "pushed_at": created,
    }


def label_json(view: View, repository: FakeRepository, label: Label) -> JsonObject:
    """A `label`."""
    return {
        "id": label.id,
        "node_id": node_id("Label", label.id),
        "url": f"{view.repo_api(repository)}/labels/{label.name.replace(' ', '%20')}",
        "name": label.name,
        "color": label.color,
        "default": False,
        "description": label.description,
    }


def reaction_json(view: View, reaction: Reaction) -> JsonObject:
    """A `reaction`."""
    return {
        "id": reaction.id,
        "node_id": node_id("Reaction", reaction.id),
        "user": view.user(reaction.author),
        "content": reaction.content,
        "created_at": stamp(reaction.created_at),
    }


def rollup(url: str, reactions: Iterable[Reaction]) -> JsonObject:
    """A `reaction-rollup`: counts only, as in lists."""
    contents = [reaction.content for reaction in reactions]
    counts = {content: contents.count(content) for content in REACTIONS}
    return {"url": f"{url}/reactions", "total_count": len(contents), **counts}
