"""README.md of the memory branch: tells a person what the branch is and what they may do with it."""

README_PATH = "README.md"

README = """\
# Memory

This branch holds what this repository's maintainers asked memory-agents to remember. Bots and agents that work on
the repository are given the facts that fit their task. The branch shares no history with the code; do not merge it.

Every fact is one Markdown file in the folder of its namespace, such as `codebase/conventions/`. What the branch holds
is what is recalled, so these are yours to change:

- **Edit** a file, and its new text is recalled from then on. Keep the `id` in its front matter.
- **Add** a file with nothing but a text in it, in a folder of your choice.
- **Move** a file, and it belongs to the namespace of its new folder.
- **Take back** a fact: delete its file, or comment `/forget <id>` on an issue. The same comment does not bring it back.

A deleted file stays in the history of this branch. `memory-agents purge <id>` takes it out of there too.

`meta/` keeps what is no fact: ids that were forgotten, and pairs of issues that are no duplicates.

Who said a fact, where, and who approved it stands in its front matter and in the commit that added it. The fields are
described in `docs/facts.md` of memory-agents.
"""
