"""Record: who stands behind it, and whether Monitors may recall it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from memory_agents.core.records import Notice, Record, Source, Trust
from tests.builders import record

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
BY_HAND = Record(id="abcdefgh", namespace="codebase/conventions", text="Tabs.")


@pytest.mark.parametrize("permission", ["admin", "maintain", "write"])
def test_a_fact_of_somebody_with_write_permission_is_a_maintainers(permission: str) -> None:
    assert replace(BY_HAND, source=Source(author="a", permission=permission)).trust is Trust.MAINTAINER


@pytest.mark.parametrize("permission", ["triage", "read", "none", "", "owner", "ADMIN"])
def test_a_fact_of_anybody_else_is_untrusted(permission: str) -> None:
    assert replace(BY_HAND, source=Source(author="a", permission=permission)).trust is Trust.UNTRUSTED


def test_a_fact_put_on_the_branch_by_hand_is_a_maintainers() -> None:
    assert BY_HAND.trust is Trust.MAINTAINER


def test_a_fact_that_a_maintainer_approved_is_a_maintainers() -> None:
    assert replace(BY_HAND, source=Source(author="a", permission="read"), approved_by="boss").trust is Trust.MAINTAINER


def test_an_unapproved_fact_is_untrusted_whoever_wrote_it() -> None:
    assert replace(record(), approved=False).trust is Trust.UNTRUSTED


@pytest.mark.parametrize("namespace", ["reviews/issues", "reviews/pr", "reviews/own/one"])
def test_a_past_item_is_untrusted_even_if_a_maintainer_wrote_it(namespace: str) -> None:
    past = replace(record(), namespace=namespace, source=Source(author="boss", permission="admin"), approved_by="boss")
    assert past.trust is Trust.UNTRUSTED


@pytest.mark.parametrize(("lives", "recallable"), [(-1, False), (0, False), (1, True)])
def test_a_record_is_recallable_until_the_moment_it_expires(lives: int, recallable: bool) -> None:
    assert replace(record(), expires_at=NOW + timedelta(seconds=lives)).is_recallable(NOW) is recallable


def test_a_record_without_expiry_stays_recallable() -> None:
    assert record().is_recallable(datetime.max.replace(tzinfo=UTC))


def test_an_unapproved_record_is_not_recallable() -> None:
    assert not replace(record(), approved=False).is_recallable(NOW)


def test_a_notice_reads_as_what_happened_and_the_fix() -> None:
    assert str(Notice(text="It broke.", fix="mend it")) == "It broke. Fix: mend it"
    assert str(Notice(text="It broke.")) == "It broke."
