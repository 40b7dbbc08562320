"""LocalIndex: what it finds and how it is kept in step."""

from __future__ import annotations

import random
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from memory_agents.core import namespaces, ranking
from memory_agents.core.records import Match, Query, Record, Source
from memory_agents.errors import MemoryFailure, MemoryTimeout
from memory_agents.memory.index import LocalIndex, SyncReport, codec

NOW = datetime(2024, 5, 1, tzinfo=UTC)
ALL = ("*",)
WORDS = ("parser", "tokenizer", "timeout", "colour", "theme", "linker", "socket", "cache", "unicode", "closure")


def issue(number: int, title: str, text: str = "") -> Record:
    return Record(
        id=f"issue-{number:04}",
        namespace=namespaces.ISSUES,
        title=title,
        text=text,
        created_at=NOW - timedelta(days=number),
        source=Source(url=f"https://example.org/{number}"),
    )


PAST = {
    "1.md": issue(1, "Parser crashes on empty input", "The tokenizer panics."),
    "2.md": issue(2, "Add a dark theme", "The colours hurt."),
    "3.md": issue(3, "Parser is slow", "It takes a minute."),
}


def sync(index: LocalIndex, held: Mapping[str, Record | None], version: str = "v1") -> SyncReport:
    entries = {key: str(hash(record)) for key, record in held.items()}
    return index.sync(entries, lambda keys: ((key, held[key]) for key in keys), version=version)


def found(index: LocalIndex, title: str, **others: object) -> list[str]:
    query = replace(Query(title=title, now=NOW), **others)  # type: ignore[arg-type]
    return [match.record.id for match in index.search(query, namespaces=ALL, top_k=10)]


def everything(index: LocalIndex) -> tuple[list[Record], list[list[Match]]]:
    return index.list(limit=1000), [
        index.search(Query(title=word, body=" ".join(WORDS), now=NOW), namespaces=ALL, top_k=50) for word in WORDS
    ]


@pytest.fixture
def index(tmp_path: Path) -> Iterator[LocalIndex]:
    with LocalIndex.open(tmp_path / "cache" / "index.db") as opened:
        yield opened


def test_a_new_index_is_empty_and_says_nothing(index: LocalIndex) -> None:
    assert (len(index), index.version, index.rebuilt, index.entries()) == (0, "", "", {})
    assert found(index, "parser") == []
    assert index.list() == []
    assert index.get("issue-0001") is None


def test_what_was_synced_is_found_listed_and_got(index: LocalIndex) -> None:
    assert sync(index, PAST) == SyncReport(added=3, changed=0, removed=0)
    assert found(index, "parser panics in the tokenizer") == ["issue-0001", "issue-0003"]
    assert index.list(limit=2) == [PAST["1.md"], PAST["2.md"]]
    assert index.get("issue-0003") == PAST["3.md"]
    assert (len(index), index.version) == (3, "v1")


def test_it_ranks_as_the_ranking_does(index: LocalIndex) -> None:
    sync(index, PAST)
    query = Query(title="slow parser", body="empty input", now=NOW)
    assert index.search(query, namespaces=ALL, top_k=5) == ranking.rank(query, list(PAST.values()), top_k=5)


def test_it_is_still_there_when_it_is_opened_again(tmp_path: Path) -> None:
    with LocalIndex.open(tmp_path / "index.db") as first:
        sync(first, PAST, "tree-1")
    with LocalIndex.open(tmp_path / "index.db") as second:
        assert (second.version, second.rebuilt, len(second)) == ("tree-1", "", 3)
        assert found(second, "dark theme") == ["issue-0002"]


def test_only_new_and_changed_keys_are_loaded_and_keys_that_are_gone_are_dropped(index: LocalIndex) -> None:
    sync(index, PAST)
    now_held = {"1.md": PAST["1.md"], "2.md": issue(2, "Add a light theme"), "4.md": issue(4, "Linker fails")}
    loaded: list[str] = []

    def load(keys: Sequence[str]) -> Iterable[tuple[str, Record | None]]:
        loaded.extend(keys)
        return [(key, now_held[key]) for key in keys]

    report = index.sync({key: str(hash(record)) for key, record in now_held.items()}, load, version="v2")
    assert report == SyncReport(added=1, changed=1, removed=1)
    assert loaded == ["2.md", "4.md"]
    assert found(index, "light") == ["issue-0002"]
    assert found(index, "dark") == []
    assert found(index, "slow parser") == ["issue-0001"]


def test_what_cannot_be_read_is_reported_each_time_and_loaded_once(index: LocalIndex) -> None:
    held: dict[str, Record | None] = {**PAST, "bad.md": None}
    assert sync(index, held).unreadable == ("bad.md",)
    report = index.sync(index.entries(), lambda keys: pytest.fail(f"loads {keys}"), version="v2")
    assert report.unreadable == ("bad.md",)
    assert len(index) == 3


def test_a_key_that_the_loader_leaves_out_counts_as_unreadable(index: LocalIndex) -> None:
    assert index.sync({"lost.md": "1"}, lambda _: [], version="v").unreadable == ("lost.md",)


def test_of_two_records_with_one_id_the_smallest_key_wins_and_the_other_is_reported(index: LocalIndex) -> None:
    one, two = PAST["1.md"], replace(PAST["1.md"], title="Linker fails", text="")
    assert sync(index, {"b.md": two, "a.md": one}).duplicates == ("b.md",)
    assert index.get(one.id) == one
    assert index.list() == [one]
    assert found(index, "linker") == []
    assert sync(index, {"b.md": two}).duplicates == ()
    assert found(index, "linker") == [one.id]
    assert sync(index, {"b.md": two, "a.md": one}).duplicates == ("b.md",)
    assert found(index, "linker") == []
    assert len(index) == 1


def test_only_the_wanted_namespaces_are_searched_and_the_others_do_not_change_the_score(index: LocalIndex) -> None:
    query = Query(title="parser", now=NOW)
    sync(index, PAST)
    alone = index.search(query, namespaces=(namespaces.ISSUES,), top_k=5)
    facts = {f"f{i}.md": replace(issue(i, "Parser"), id=f"fact-{i:04}", namespace="codebase/x") for i in range(9)}
    sync(index, {**PAST, **facts})
    assert index.search(query, namespaces=("reviews/*",), top_k=5) == alone
    assert {record.namespace for record in index.list(namespaces=("codebase/*",))} == {"codebase/x"}


def test_excluded_ids_and_urls_expired_and_unapproved_records_are_never_found(index: LocalIndex) -> None:
    held = {str(i): issue(i, "Parser") for i in range(5)}
    held["3"] = replace(held["3"], approved=False)
    held["4"] = replace(held["4"], expires_at=NOW)
    sync(index, held)
    excluded = {"exclude": frozenset({"issue-0000"}), "exclude_urls": frozenset({"https://example.org/1"})}
    assert found(index, "parser", **excluded) == ["issue-0002"]
    assert len(index.list()) == 5


def test_a_fact_scoped_to_a_touched_path_is_found_without_a_shared_word(index: LocalIndex) -> None:
    sync(index, {"f.md": Record(id="fact-0001", namespace="codebase/x", text="Thin handlers", paths=("src/api/**",))})
    assert found(index, "unrelated", paths=("src/api/a.py",)) == ["fact-0001"]
    assert found(index, "unrelated", paths=("docs/a.md",)) == []


def test_keys_and_texts_may_hold_what_utf8_cannot(index: LocalIndex) -> None:
    odd = replace(issue(1, "Parser \ud800"), source=Source(url="\udcff"))
    assert sync(index, {"\udcff.md": odd}).added == 1
    assert list(index.entries()) == ["\udcff.md"]
    assert found(index, "parser \ud800", exclude=frozenset({"\ud800"})) == ["issue-0001"]


def test_many_small_syncs_end_as_one_large_one_does(index: LocalIndex, tmp_path: Path) -> None:
    rng = random.Random(7)  # noqa: S311 - any order will do, but the same each time
    held: dict[str, Record] = {}
    for step in range(60):
        for key in rng.sample(sorted(held), k=min(len(held), rng.randrange(3))):
            del held[key]
        for _ in range(rng.randrange(3)):
            text = " ".join(rng.choices(WORDS, k=6))
            number = rng.randrange(40)
            held[f"{number}.md"] = issue(number, text[:20], f"{text} {step}")
        sync(index, held)
    with LocalIndex.open(tmp_path / "fresh.db") as fresh:
        sync(fresh, held)
        assert everything(index) == everything(fresh)


def test_an_update_puts_replaces_and_removes_by_key_and_touches_nothing_else(index: LocalIndex) -> None:
    sync(index, PAST, "v1")
    kept = index.entries()["3.md"]
    index.update({"1.md": None, "2.md": issue(2, "Add a light theme"), "4.md": issue(4, "Linker")}, version="v2")
    assert (len(index), index.version) == (3, "v2")
    assert index.entries() == {"2.md": "", "3.md": kept, "4.md": ""}
    assert (found(index, "light"), found(index, "dark"), found(index, "linker")) == (["issue-0002"], [], ["issue-0004"])
    assert found(index, "parser") == ["issue-0003"]
    index.update({"never there": None}, version="v3")
    assert (len(index), index.version) == (3, "v3")


def test_an_update_keeps_one_record_of_an_id(index: LocalIndex) -> None:
    one, two = PAST["1.md"], replace(PAST["1.md"], title="Linker fails", text="")
    index.update({"b.md": two}, version="v1")
    index.update({"a.md": one}, version="v2")
    assert (index.get(one.id), found(index, "linker")) == (one, [])
    index.update({"a.md": None}, version="v3")
    assert (index.get(one.id), found(index, "linker")) == (two, [one.id])


PATHS = ("src/a.py", "src/b.py", "src/api/[id].py", "Makefile")


def variety(number: int) -> Record:
    """One of 60 Records of all kinds, some with one id, some of equal worth."""
    plain = issue(number % 15, f"{WORDS[number % 10]} {WORDS[number % 3]}", WORDS[number % 4])
    if number % 3 == 1:
        return replace(plain, namespace=namespaces.PULL_REQUESTS, paths=(PATHS[number % 4],), created_at=NOW)
    if number % 3 == 2:
        return replace(plain, namespace="codebase/x", paths=("src/*.py", "Make*")[: number % 4], labels=("p1",))
    return plain


asked = st.builds(
    Query,
    title=st.sampled_from(WORDS),
    body=st.sampled_from(("", *WORDS)),
    context=st.sampled_from(("", *WORDS)),
    paths=st.lists(st.sampled_from(("src/c.py", *PATHS)), max_size=2).map(tuple),
    now=st.just(NOW),
)
changes = st.lists(st.dictionaries(st.sampled_from("abcdefgh"), st.none() | st.integers(0, 59), max_size=6), max_size=8)


@given(changes, asked, st.integers(1, 4))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_however_it_was_built_it_answers_as_the_ranking_of_all_that_is_left(
    tmp_path: Path, steps: list[dict[str, int | None]], query: Query, top_k: int
) -> None:
    held: dict[str, Record] = {}
    with LocalIndex.open(tmp_path / "stepwise.db") as index, LocalIndex.open(tmp_path / "fresh.db") as fresh:
        index.update(dict.fromkeys(index.entries()), version="")
        for step in steps:
            made = {key: None if number is None else variety(number) for key, number in step.items()}
            index.update(made, version="v")
            held = {key: record for key, record in {**held, **made}.items() if record is not None}
        sync(fresh, held)
        assert everything(index) == everything(fresh)
        answer = index.search(query, namespaces=ALL, top_k=top_k)
        assert answer == fresh.search(query, namespaces=ALL, top_k=top_k)
        assert answer == ranking.rank(query, index.list(limit=1000), top_k=top_k)


def test_of_many_equals_the_smallest_ids_are_found_however_it_was_built(index: LocalIndex) -> None:
    for number in random.Random(3).sample(range(100), 100):  # noqa: S311 - any order, but the same each time
        record = Record(id=f"fact-{number:04}", namespace="codebase/x", text="Parser")
        index.update({str(number): record}, version="v")
    matches = index.search(Query(title="parser", now=NOW), namespaces=ALL, top_k=3)
    assert [match.record.id for match in matches] == ["fact-0000", "fact-0001", "fact-0002"]


def test_of_many_past_comments_on_a_touched_file_only_the_best_are_read(
    index: LocalIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    past = [replace(issue(n, "src/a.py"), namespace=namespaces.PULL_REQUESTS, paths=("src/a.py",)) for n in range(300)]
    index.update({record.id: record for record in past}, version="v")
    read: list[bytes] = []
    decode = codec.decode

    def counting(data: bytes) -> Record:
        read.append(data)
        return decode(data)

    monkeypatch.setattr(codec, "decode", counting)
    assert found(index, "unrelated", paths=("src/a.py",)) == [record.id for record in past[:10]]
    assert len(read) == 10


def test_an_update_that_is_cancelled_ends_with_the_old_index(tmp_path: Path) -> None:
    with LocalIndex.open(tmp_path / "index.db") as index:
        sync(index, PAST)
    late = LocalIndex.open(tmp_path / "index.db")
    late.cancel()
    with pytest.raises(MemoryFailure):
        late.update({"late.md": issue(9, "Late")}, version="late")
    with LocalIndex.open(tmp_path / "index.db") as index:
        assert (len(index), index.rebuilt, index.version) == (3, "", "v1")


def test_records_added_one_by_one_leave_few_segments(tmp_path: Path) -> None:
    held: dict[str, Record] = {}
    with LocalIndex.open(tmp_path / "index.db") as index:
        for number in range(40):
            held[f"{number}.md"] = issue(number, "Parser", f"{WORDS[number % 10]} {number}")
            sync(index, held)
        assert set(found(index, "parser socket")[:4]) == {"issue-0006", "issue-0016", "issue-0026", "issue-0036"}
    connection = sqlite3.connect(tmp_path / "index.db")
    assert connection.execute("SELECT count(*) FROM segments").fetchone()[0] <= 5
    connection.close()


def test_a_shared_label_lifts_a_record_from_below_those_asked_for(index: LocalIndex) -> None:
    held = {str(i): issue(1, "Parser crash") for i in range(9)}
    held = {key: replace(record, id=f"issue-000{key}") for key, record in held.items()}
    held["8"] = replace(held["8"], labels=("regression",), created_at=NOW - timedelta(days=1, minutes=1))
    sync(index, held)
    query = Query(title="parser crash", labels=("Regression",), now=NOW)
    assert [match.record.id for match in index.search(query, namespaces=ALL, top_k=1)] == ["issue-0008"]


def test_threads_may_share_it(index: LocalIndex) -> None:
    sync(index, PAST)
    answers: list[list[str]] = []
    threads = [threading.Thread(target=lambda: answers.append(found(index, "parser"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [found(index, "parser")] * 8


def test_a_sync_whose_loader_fails_leaves_the_old_index(index: LocalIndex) -> None:
    sync(index, PAST)
    with pytest.raises(ZeroDivisionError):
        index.sync({"9.md": "1"}, lambda _: [(str(1 // 0), None)], version="v2")
    assert (len(index), index.version) == (3, "v1")


def test_after_a_reset_it_is_empty_says_why_and_can_be_filled_again(index: LocalIndex) -> None:
    sync(index, PAST)
    index.reset("a part of it is damaged")
    assert (len(index), index.rebuilt) == (0, "The local index was built anew: a part of it is damaged.")
    sync(index, PAST)
    assert found(index, "dark theme") == ["issue-0002"]


def test_a_closed_index_says_so_as_a_failure_of_memory(tmp_path: Path) -> None:
    opened = LocalIndex.open(tmp_path / "index.db")
    opened.close()
    with pytest.raises(MemoryTimeout, match="closed meanwhile"):
        len(opened)


def test_a_sync_that_is_cancelled_ends_with_the_old_index(tmp_path: Path) -> None:
    with LocalIndex.open(tmp_path / "index.db") as index:
        sync(index, PAST)
        before = len(index)
    late = LocalIndex.open(tmp_path / "index.db")

    def load(keys: Sequence[str]) -> list[tuple[str, Record]]:
        late.cancel()
        return [(key, issue(number, "Late", "Words.")) for number, key in enumerate(keys, 500)]

    with pytest.raises(MemoryFailure):
        late.sync({f"late-{n}.md": "1" for n in range(50)}, load, version="late")
    with LocalIndex.open(tmp_path / "index.db") as index:
        assert (len(index), index.rebuilt) == (before, "")


def test_the_keys_of_an_id_are_told_with_the_version_that_they_are_of_shadowed_ones_too(index: LocalIndex) -> None:
    sync(index, {**PAST, "0.md": PAST["2.md"], "9.md": None}, "v7")
    assert index.keys(["issue-0002", "issue-0003", "none", "\ud800"]) == (
        "v7",
        {"issue-0002": ("0.md", "2.md"), "issue-0003": ("3.md",)},
    )


def test_what_is_gone_or_elsewhere_does_not_decide_which_words_are_asked(tmp_path: Path) -> None:
    words = [f"w{a}{b}" for a in "abcdefghijkl" for b in "mnopqrstuv"]
    held = {f"{n}": issue(n, "Parser", " ".join(words[n % 97 : n % 97 + 9])) for n in range(60)}
    query = Query(title="parser", body=" ".join(words[:90]), now=NOW)
    with LocalIndex.open(tmp_path / "fresh.db") as fresh, LocalIndex.open(tmp_path / "grown.db") as grown:
        sync(fresh, held)
        gone = {f"gone-{n}": issue(1000 + n, "Old", " ".join(words[n % 40 :: 2])) for n in range(80)}
        sync(grown, {**held, **gone})
        sync(grown, held)
        asked = [index.search(query, namespaces=ALL, top_k=60) for index in (fresh, grown)]
    assert asked[0] == asked[1] == ranking.rank(query, list(held.values()), top_k=60)


def test_reasons_never_name_words_that_were_too_common_to_be_asked(index: LocalIndex) -> None:
    common = [f"common{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"] + [
        f"usual{letter}" for letter in "abcdefgh"
    ]
    rare = [f"rare{number}x" for number in range(45)]
    held = {f"{n}": issue(n, "Item", " ".join([*common, rare[n]])) for n in range(45)}
    sync(index, held)
    [best] = index.search(Query(title="item", body=" ".join([*common, *rare]), now=NOW), namespaces=ALL, top_k=1)
    assert not any("common" in reason or "usual" in reason for reason in best.reasons)
