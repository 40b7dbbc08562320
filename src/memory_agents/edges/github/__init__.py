"""GitHub's API through PyGithub: the connection, and what is asked of it."""

from memory_agents.edges.github.api import GitHubApi
from memory_agents.edges.github.comments import GitHubComments, Sticky
from memory_agents.edges.github.files import MAX_FILE_BYTES, MAX_FILES, GitHubFiles, RepositoryFiles
from memory_agents.edges.github.reactions import GitHubReactions

__all__ = [
    "MAX_FILES",
    "MAX_FILE_BYTES",
    "GitHubApi",
    "GitHubComments",
    "GitHubFiles",
    "GitHubReactions",
    "RepositoryFiles",
    "Sticky",
]
