"""The handlers of the REST routes, one module a subject; REPOSITORY_ROUTES and ACCOUNT_ROUTES are all of them."""

from memory_agents.testing.github.call import Routes
from memory_agents.testing.github.routes import (
    comments,
    contents,
    git_data,
    issues,
    labels,
    pulls,
    reactions,
    repositories,
)
from memory_agents.testing.github.routes.account import ACCOUNT_ROUTES

MODULES = (comments, contents, git_data, issues, labels, pulls, reactions, repositories)
REPOSITORY_ROUTES: Routes = {key: handler for module in MODULES for key, handler in module.ROUTES.items()}

__all__ = ["ACCOUNT_ROUTES", "REPOSITORY_ROUTES"]
