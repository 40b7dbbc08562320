"""What the repository's maintainers decided: configuration and templates, read where nobody else can change them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from memory_agents import config_file
from memory_agents.configuration import Configuration
from memory_agents.core.records import Notice
from memory_agents.edges.github import RepositoryFiles
from memory_agents.errors import GitHubFailure, SettingsError, UnreadableFile
from memory_agents.rendering import PARTIALS, SUFFIX, Templates
from memory_agents.settings import Settings


@dataclass(frozen=True, slots=True)
class Maintained:
    """What the repository's maintainers decided: settings and templates, or the defaults and why."""

    settings: Settings
    templates: Templates
    notices: tuple[Notice, ...]


async def read_maintained(files: RepositoryFiles, inputs: Mapping[str, str], template: str) -> Maintained:
    """Read configuration and templates; what cannot be read or is invalid is noticed and left at its default.

    `template`: the event's own, which stands in for one that is asked for and cannot be rendered.
    """
    settings = Settings.build(inputs)
    notices: list[Notice] = []
    configuration = Configuration()
    own: Mapping[str, str] = {}
    end = asyncio.get_running_loop().time() + settings.timeout_seconds
    try:
        async with asyncio.timeout_at(end):
            configuration = await read_configuration(files, settings)
    except (SettingsError, UnreadableFile) as error:
        notices.append(Notice(text=f"{error.message} The default settings are used.", fix=error.fix))
    except TimeoutError:
        notices.append(_too_slow(settings, "settings and templates"))
        return Maintained(settings, Templates({}, folder=settings.prompts), tuple(notices))
    except GitHubFailure as error:
        notices.append(Notice(text=f"{error.message} The default settings and templates are used.", fix=error.fix))
        return Maintained(settings, Templates({}, folder=settings.prompts), tuple(notices))
    try:
        async with asyncio.timeout_at(end):
            own = await files.folder(settings.prompts, _needed(settings.template or template, template))
    except TimeoutError:
        notices.append(_too_slow(settings, "templates"))
    except (GitHubFailure, UnreadableFile) as error:
        notices.append(Notice(text=f"{error.message} The default templates are used.", fix=error.fix))
    return Maintained(Settings.build(inputs, configuration), Templates(own, folder=settings.prompts), tuple(notices))


async def read_configuration(files: RepositoryFiles, settings: Settings) -> Configuration:
    """The configuration file, or the defaults where there is none.

    Raises SettingsError where it is invalid, UnreadableFile or GitHubFailure where it cannot be read.
    """
    text = await files.read(settings.config)
    return Configuration() if text is None else config_file.parse(text, settings.config)


def _too_slow(settings: Settings, what: str) -> Notice:
    text = f"GitHub did not answer within {settings.timeout_seconds:g} seconds. The default {what} are used."
    return Notice(text=text, fix="raise `timeout-seconds`, or see why GitHub's API is slow")


def _needed(*names: str) -> Callable[[str], bool]:
    """Whether a file of the templates' folder can have a part in rendering one of `names`."""
    files = {f"{name}{SUFFIX}" for name in names}
    return lambda file: file in files or (file.startswith(PARTIALS) and file.endswith(SUFFIX))
