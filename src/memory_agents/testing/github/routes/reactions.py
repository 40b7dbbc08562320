"""Reactions on issues, comments and review comments."""

from __future__ import annotations

from collections.abc import Callable

from memory_agents.testing.github.call import REPO, Call, Handler, Routes
from memory_agents.testing.github.messages import JsonObject, Reply, forbidden, invalid, not_found
from memory_agents.testing.github.render.basics import REACTIONS, View, reaction_json
from memory_agents.testing.github.repository import FakeRepository
from memory_agents.testing.github.routes.comments import find_comment
from memory_agents.testing.github.routes.issues import find_issue
from memory_agents.testing.github.routes.pulls import find_review_comment
from memory_agents.testing.github.state import Comment, Issue, Reaction, ReviewComment

Find = Callable[[Call], Issue | Comment | ReviewComment]


def _list(find: Find) -> Handler:
    def list_reactions(call: Call) -> Reply:
        content = call.query.get("content")
        return call.page([each for each in find(call).reactions if content in {None, each.content}], _shown)

    return list_reactions


def _create(find: Find) -> Handler:
    """200 instead of 201 when the same person reacted so before."""

    def create_reaction(call: Call) -> Reply:
        target, content = find(call), call.fields()["content"]
        if content not in REACTIONS:
            raise invalid("Reaction", "content")
        reaction, is_new = call.repository.add_reaction(target.reactions, content, author=call.actor)
        return Reply(status=201 if is_new else 200, body=reaction_json(call.view, reaction))

    return create_reaction


def _delete(find: Find) -> Handler:
    """Nobody takes back what another added."""

    def delete_reaction(call: Call) -> Reply:
        reactions, wanted = find(call).reactions, call.number("reaction_id")
        for reaction in reactions:
            if reaction.id == wanted:
                if reaction.author != call.actor:
                    raise forbidden()
                reactions.remove(reaction)
                return Reply(status=204)
        raise not_found()

    return delete_reaction


def _shown(view: View, _: FakeRepository, reaction: Reaction) -> JsonObject:
    return reaction_json(view, reaction)


TARGETS: dict[str, Find] = {
    f"{REPO}/issues/{{issue_number}}/reactions": find_issue,
    f"{REPO}/issues/comments/{{comment_id}}/reactions": find_comment,
    f"{REPO}/pulls/comments/{{comment_id}}/reactions": find_review_comment,
}
ROUTES: Routes = {
    **{("GET", path): _list(find) for path, find in TARGETS.items()},
    **{("POST", path): _create(find) for path, find in TARGETS.items()},
    **{("DELETE", f"{path}/{{reaction_id}}"): _delete(find) for path, find in TARGETS.items()},
}
