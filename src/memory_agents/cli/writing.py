"""The commands that write to memory: remember, forget."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime

from memory_agents import app
from memory_agents.cli.options import environment_of, settings_of
from memory_agents.core.records import Record
from memory_agents.errors import SettingsError, UnreadableFile, UsageError
from memory_agents.maintained import read_configuration
from memory_agents.memory.provider import MemoryProvider
from memory_agents.memory.providers import fact_file
from memory_agents.operations import outcome_report, writing
from memory_agents.operations.reading import Answer
from memory_agents.settings import Settings


async def remember(arguments: argparse.Namespace) -> Answer:
    """Keep a fact."""
    text = _standard_input() if arguments.text == "-" else arguments.text
    settings = settings_of(arguments)
    known = await known_namespaces(settings, arguments)
    namespace = writing.fact_namespace(arguments.namespace, known)
    async with opened(settings, arguments) as provider:
        notices = await writing.about_new(provider, namespace, known)
        outcomes = await writing.remember(
            app.open_writer(provider, dry_run=arguments.dry_run),
            text,
            namespace=namespace,
            paths=arguments.paths,
            expires=arguments.expires,
            replaces=arguments.replaces,
            now=datetime.now(UTC),
        )
        info = await provider.get_info()
    answer = outcome_report.answer(outcomes, where=where(settings), location=info.location, dry_run=arguments.dry_run)
    return replace(answer, notices=notices) if any(map(outcome_report.is_written, outcomes)) else answer


async def forget(arguments: argparse.Namespace) -> Answer:
    """Take facts back."""
    settings = settings_of(arguments)
    async with opened(settings, arguments) as provider:
        writer = app.open_writer(provider, dry_run=arguments.dry_run)
        outcomes = await writer.forget(arguments.ids, approval=writing.BY_HAND)
        info = await provider.get_info()
    return outcome_report.answer(outcomes, where=where(settings), location=info.location, dry_run=arguments.dry_run)


def _standard_input() -> str:
    try:
        return sys.stdin.read()
    except UnicodeDecodeError:
        raise UsageError("Standard input is not text in this terminal's encoding.", fix="give it UTF-8 text") from None


async def known_namespaces(settings: Settings, arguments: argparse.Namespace) -> tuple[str, ...]:
    """Where a fact may be put without a question: the predefined Namespaces, and this working tree's configured."""
    files = app.maintainers_files(app.github_api(settings, environment_of(arguments)), environment_of(arguments))
    try:
        configured = (await read_configuration(files, settings)).fact_namespaces
    except (SettingsError, UnreadableFile):
        configured = ()
    return tuple(dict.fromkeys((*settings.fact_namespaces, *configured)))


@contextlib.asynccontextmanager
async def opened(settings: Settings, arguments: argparse.Namespace) -> AsyncIterator[MemoryProvider]:
    """The provider, as long as it is needed."""
    provider = app.create_provider(settings=settings, environment=environment_of(arguments))
    try:
        yield provider
    finally:
        await provider.close()


def where(settings: Settings) -> outcome_report.Where:
    """Where the provider keeps a new fact, for a person."""
    return fact_file.path_of if settings.provider == "git" else _nowhere


def _nowhere(record: Record) -> str:  # noqa: ARG001 -- no file
    return ""
