"""How a client of the data plane is made: all that is slow or reads files, to be done beside the event loop."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from memory_agents.errors import MemoryDenied, MemoryUnreachable
from memory_agents.memory.providers.addresses import is_clear, is_loopback

SERVICE = "bedrock-agentcore"
FIX_CREDENTIALS = (
    "in a workflow, run aws-actions/configure-aws-credentials before it, in a job with `id-token: write`; elsewhere, "
    "run `aws configure` or `aws sso login`, and set AWS_PROFILE where it is not the default profile"
)
FIX_EXPIRED = (
    "sign in again, such as by `aws sso login`; in a workflow, raise `role-duration-seconds` of "
    "aws-actions/configure-aws-credentials"
)
EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException"})
"""what AWS answers once a session is over"""
INVALID = frozenset(
    {"InvalidClientTokenId", "InvalidSignatureException", "MissingAuthenticationToken", "UnrecognizedClientException"}
)
"""what AWS answers to credentials that are none"""
_ATTEMPTS = 3
"""of one request, botocore's own retries included"""
_CONNECT_SECONDS = 5.0
_AT_ONCE = 16
"""connections"""
_NOT_AS_MODELLED = (AttributeError, KeyError, OverflowError, RecursionError, TypeError, ValueError)
"""what botocore's parsers raise for an answer of another form"""


def prepared(*, region: str, endpoint: str, seconds: float) -> Callable[[], Any]:
    """What makes the client: there nothing is read from disk any more, so it blocks nobody. Blocks itself.

    Raises MemoryDenied where no credentials can be had, MemoryUnreachable for an `endpoint` that is no address or is
    not encrypted, and errors of botocore. `seconds`: for one request.
    """
    from aiobotocore.config import AioConfig
    from aiobotocore.session import get_session
    from botocore.exceptions import BotoCoreError

    if endpoint and not _is_address(endpoint):
        raise _no_address()
    config = AioConfig(
        connect_timeout=min(_CONNECT_SECONDS, seconds),
        read_timeout=seconds,
        retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
        max_pool_connections=_AT_ONCE,
        parameter_validation=False,  # agentcore_shapes checks more
        proxies={} if is_loopback(endpoint) else None,
    )
    # It logs a failure to get credentials with its traceback, though it raises it, too.
    logging.getLogger("aiobotocore").addHandler(logging.NullHandler())
    session = get_session()
    if region:
        session.set_config_variable("region", region)  # of the service that gives credentials for a token, too
    session.register_component("data_loader", _models())
    session.register_component("response_parser_factory", _Parsers())
    session.register(f"before-parse.{SERVICE}", _read)

    def create() -> Any:
        return session.create_client(SERVICE, region_name=region or None, endpoint_url=endpoint or None, config=config)

    async def read_all() -> None:
        await _sign_in(session)
        async with create() as client:
            if is_clear(address := client.meta.endpoint_url):
                raise MemoryUnreachable(in_the_clear(address), fix=fix_clear("AGENTCORE_DATA_PLANE_ENDPOINT"))

    try:
        asyncio.run(read_all())  # what one client of a session has read, the next one has
    except BotoCoreError:
        raise
    except ValueError as error:
        raise _no_address() from error
    return create


def in_the_clear(endpoint: str) -> str:
    """What is wrong with an address that `is_clear`."""
    return f"{endpoint} would have the token of your AWS session, and what is remembered, sent in the clear."


def fix_clear(variable: str) -> str:
    """What to do about it. botocore reads an address of its own variable, too."""
    return f"set {variable}, or AWS_ENDPOINT_URL if that says it, to an address with https://"


async def _sign_in(session: Any) -> None:
    """Find the credentials now. Files, programs and addresses that they come from fail with any kind of error."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        credentials = await session.get_credentials()
        if credentials is not None:
            await credentials.get_frozen_credentials()
    except (BotoCoreError, ClientError, OSError, *_NOT_AS_MODELLED) as error:
        raise no_credentials(error) from error


def no_credentials(error: Exception) -> MemoryDenied:
    """That there are none, in other words than the error's: it may quote them. A service's code is none."""
    code = str(getattr(error, "response", {}).get("Error", {}).get("Code", ""))
    return MemoryDenied(
        f"There are no usable AWS credentials ({code or type(error).__name__}).",
        fix=FIX_EXPIRED if code in EXPIRED else FIX_CREDENTIALS,
    )


def _is_address(endpoint: str) -> bool:
    try:
        parts = urlsplit(endpoint)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _no_address() -> MemoryUnreachable:
    return MemoryUnreachable(
        "AGENTCORE_DATA_PLANE_ENDPOINT is no address of a service.",
        fix="set it to an address that begins with https://, or leave it empty for the region's own",
    )


class _Parsers:
    """botocore's own parsers, which fail in one way for whatever is not as modelled."""

    def __init__(self) -> None:
        from botocore.parsers import ResponseParserFactory

        self._parsers = ResponseParserFactory()

    def create_parser(self, protocol: str) -> _Parser:
        """Called for every answer."""
        return _Parser(self._parsers.create_parser(protocol))


class _Parser:
    def __init__(self, parser: Any) -> None:
        self._parser = parser

    async def parse(self, response: Any, shape: Any) -> Any:
        """What was answered, as a mapping. Raises ResponseParserError for anything else."""
        from botocore.parsers import ResponseParserError

        try:
            return dict(self._parser.parse(response, shape))
        except _NOT_AS_MODELLED as error:
            raise ResponseParserError(type(error).__name__) from error


def _read(response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: object) -> None:
    """Give what was answered as the JSON that it is, for botocore's parser takes 17 times as long.

    So times are as they were sent, and nothing below the lists of an answer is sure. Raises ResponseParserError.
    """
    from botocore.parsers import ResponseParserError

    if response_dict["status_code"] >= 300:
        return
    try:
        customized_response_dict.update(json.loads(response_dict["body"]))
    except _NOT_AS_MODELLED as error:
        raise ResponseParserError(type(error).__name__) from error
    response_dict["body"] = b"{}"


@cache
def _models() -> Any:
    """What reads the models of AWS's services, which take long to read and are the same for all clients."""
    from botocore.loaders import create_loader

    return create_loader()
