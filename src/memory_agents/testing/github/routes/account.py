"""Who the token is, and what is left of its rate limit: the routes outside any repository."""

from __future__ import annotations

from collections.abc import Callable

from memory_agents.testing.github.call import Account
from memory_agents.testing.github.messages import Problem, Reply, forbidden

EPOCH = "2020-01-01T00:00:00Z"
NOTHING_PRIVATE = ("private_gists", "total_private_repos", "owned_private_repos", "disk_usage", "collaborators")


def get_user(account: Account) -> Reply:
    """The person behind a token; an app's installation token has none."""
    if account.token is None:
        raise Problem(401, "Requires authentication")
    if account.token.is_installation:
        raise forbidden()
    profile = dict.fromkeys(("name", "company", "location", "email", "hireable", "bio"))
    counts = dict.fromkeys(("public_repos", "public_gists", "followers", "following", *NOTHING_PRIVATE), 0)
    times = {"created_at": EPOCH, "updated_at": EPOCH}
    more = {"blog": "", "two_factor_authentication": True}
    return Reply(status=200, body=account.view.user(account.token.login) | profile | counts | times | more)


def get_rate_limit(account: Account) -> Reply:
    """What is left; asking costs nothing."""
    rate = account.rate_limit()
    return Reply(status=200, body={"resources": {"core": rate, "search": rate}, "rate": rate})


ACCOUNT_ROUTES: dict[tuple[str, str], Callable[[Account], Reply]] = {
    ("GET", "/user"): get_user,
    ("GET", "/rate_limit"): get_rate_limit,
}
