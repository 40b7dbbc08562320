"""The ranking: which Records answer, in which order, how well and why."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_agents.core import namespaces, ranking
from memory_agents.core.ranking.paths import path_matches
from memory_agents.core.records import Match, Query, Record

NOW = datetime(2024, 5, 1, 12, tzinfo=UTC)
WORDS = ("parser", "tokenizer", "timeout", "colour", "theme", "linker", "socket", "cache", "unicode", "closure")


def issue(name: str, title: str, text: str = "", *, days: float = 100) -> Record:
    return Record(
        id=f"issue-{name}",
        namespace=namespaces.ISSUES,
        title=title,
        text=text,
        created_at=NOW - timedelta(days=days),
    )


def fact(name: str, text: str, *paths: str) -> Record:
    return Record(id=f"fact-{name:0>4}", namespace=namespaces.CONVENTIONS, text=text, paths=paths, created_at=NOW)


def ids(matches: list[Match]) -> list[str]:
    return [match.record.id for match in matches]


PAST = [
    issue("crash", "Parser crashes on empty input", "The tokenizer returns nothing and parse_expr panics."),
    issue("slow", "Parser is slow", "A file of 3 MB takes a minute to parse."),
    issue("theme", "Add a dark theme", "The colours hurt at night."),
    issue("docs", "Document the release process", "Nobody remembers how to publish."),
]
ASKED = Query(title="parser panics", body="when the input is empty, `parseExpr` dies in the tokenizer", now=NOW)


def test_the_record_that_shares_most_rare_words_comes_first_and_unrelated_ones_do_not_come() -> None:
    assert ids(ranking.rank(ASKED, PAST, top_k=5)) == ["issue-crash", "issue-slow"]


def test_reasons_name_the_rarest_shared_words_as_the_query_has_them() -> None:
    best = ranking.rank(ASKED, PAST, top_k=1)[0]
    assert best.reasons == ("title: empty, input, parser", "text: parseexpr, tokenizer, panics", "by words alone")


def test_labels_paths_and_recency_are_reasons() -> None:
    query = Query(title="parser", labels=("bug",), paths=("src/api/users.py",), now=NOW)
    past = replace(issue("new", "Parser", days=2), labels=("Bug", "p1"), paths=("src/api/users.py",))
    scoped = fact("new", "Parser", "src/api/**")
    (of_past,), (of_fact,) = (ranking.rank(query, [record], top_k=1) for record in (past, scoped))
    assert of_past.reasons == ("title: parser", "label: Bug", "path: src/api/users.py", "recent", "by words alone")
    assert of_fact.reasons == ("text: parser", "path: src/api/**", "by words alone")
    (beside,) = ranking.rank(query, [replace(past, paths=("src/api/roles.py",))], top_k=1)
    assert beside.reasons[2] == "same folder: src/api/"


def test_reasons_cannot_carry_markup() -> None:
    hostile = "[x](http://e.example) @all <b>`parser`</b> ${{ secrets }}"
    record = replace(issue("hostile", hostile, hostile), labels=(hostile,), paths=(hostile + "/a",))
    query = Query(title=hostile, body=hostile, context=hostile, labels=(hostile,), now=NOW)
    for path in (hostile + "/a", hostile + "/b"):
        (match,) = ranking.rank(replace(query, paths=(path,)), [record], top_k=1)
        assert len(match.reasons) == 4
        assert all(re.fullmatch(r"[a-z ]+(: [\w.*/,\- ]+)?", reason) for reason in match.reasons)


def test_only_function_words_in_common_is_no_match() -> None:
    assert ranking.rank(Query(title="when should it be done with this", now=NOW), PAST, top_k=5) == []


def test_a_word_that_all_records_have_still_finds_them_and_says_less_than_a_rare_one() -> None:
    many = [issue(f"no-{i}", f"Widget {WORDS[i % 10]}") for i in range(20)]
    assert len(ranking.rank(Query(title="widget", now=NOW), many, top_k=5)) == 5
    best = ranking.rank(Query(title="widget parser", now=NOW), [issue("other", "Widget Widget"), *many], top_k=3)
    assert {match.record.title for match in best[:2]} == {"Widget parser"}


def test_a_score_hardly_changes_when_unrelated_records_join() -> None:
    query = Query(title=PAST[0].title, now=NOW)
    unrelated = [issue(f"other-{i}", f"Nothing {i}") for i in range(40)]
    [alone], together = ranking.rank(query, PAST[:1], top_k=1), ranking.rank(query, [PAST[0], *unrelated], top_k=1)
    assert abs(alone.score - together[0].score) < 0.15


def test_an_empty_query_or_no_records_give_nothing() -> None:
    assert ranking.rank(Query(now=NOW), PAST, top_k=5) == []
    assert ranking.rank(ASKED, [], top_k=5) == []


def test_the_same_text_again_scores_high_and_one_word_of_many_scores_low() -> None:
    same = ranking.rank(Query(title=PAST[0].title, body=PAST[0].text, now=NOW), PAST, top_k=1)[0]
    weak = ranking.rank(
        Query(title="Socket closes early behind a proxy", body="the linker shows a theme of nothing else", now=NOW),
        PAST,
        top_k=1,
    )[0]
    assert same.score > 0.6
    assert weak.score < 0.2


def test_of_equal_past_items_the_newer_comes_first() -> None:
    old, new = issue("aaa", "Parser crash", days=900), issue("zzz", "Parser crash", days=9)
    assert ids(ranking.rank(Query(title="parser crash", now=NOW), [old, new, *PAST], top_k=2)) == [
        "issue-zzz",
        "issue-aaa",
    ]


def test_a_past_item_scores_less_the_older_it_is() -> None:
    scores = [
        ranking.rank(Query(title="parser crash", now=NOW), [issue("one", "Parser crash", days=days)], top_k=1)[0].score
        for days in (0, 30, 300, 3000)
    ]
    assert scores == sorted(set(scores), reverse=True)


def test_a_fact_does_not_age() -> None:
    young = fact("1", "Handlers return typed errors")
    old = replace(young, created_at=NOW - timedelta(days=3000))
    query = Query(body="typed errors", now=NOW)
    assert ranking.rank(query, [young], top_k=1)[0].score == ranking.rank(query, [old], top_k=1)[0].score


def test_equal_scores_are_ordered_by_time_and_then_by_id() -> None:
    twins = [fact(name, "Handlers return typed errors") for name in ("0003", "0001", "0002")]
    twins.append(replace(fact("0009", "Handlers return typed errors"), created_at=NOW - timedelta(days=1)))
    found = ranking.rank(Query(body="typed errors", now=NOW), twins, top_k=9)
    assert ids(found) == ["fact-0001", "fact-0002", "fact-0003", "fact-0009"]


def test_a_fact_scoped_to_a_touched_path_is_preferred_and_recalled_even_without_a_shared_word() -> None:
    scoped, free = fact("scoped", "Return typed errors", "src/api/**"), fact("free", "Return typed errors")
    silent = fact("silent", "Keep handlers thin", "src/api/*.py")
    query = Query(title="typed errors", paths=("src/api/users.py",), now=NOW)
    assert ids(ranking.rank(query, [free, scoped, silent], top_k=5)) == ["fact-scoped", "fact-free", "fact-silent"]
    assert ids(ranking.rank(replace(query, paths=("docs/a.md",)), [scoped, silent], top_k=5)) == ["fact-scoped"]


def comment(name: str, path: str, text: str = "Return typed errors") -> Record:
    return Record(
        id=f"review-{name}", namespace=namespaces.PULL_REQUESTS, title=path, text=text, paths=(path,), created_at=NOW
    )


def test_of_equal_past_comments_those_on_a_touched_file_come_first_and_then_those_in_its_folder() -> None:
    same, beside, elsewhere = comment("same", "src/api/a"), comment("beside", "src/api/b"), comment("else", "src/web/c")
    query = Query(body="typed errors", paths=("src/api/a",), now=NOW)
    found = ranking.rank(query, [elsewhere, beside, same], top_k=5)
    assert ids(found) == ["review-same", "review-beside", "review-else"]
    assert [match.reasons[-3] for match in found[:2]] == ["path: src/api/a", "same folder: src/api/"]


def test_a_touched_file_alone_recalls_a_past_comment_and_a_touched_folder_does_not() -> None:
    past = [comment("same", "src/api/a"), comment("beside", "src/api/b")]
    assert ids(ranking.rank(Query(title="unrelated", paths=("src/api/a",), now=NOW), past, top_k=5)) == ["review-same"]


def test_the_path_of_a_past_comment_is_no_glob_and_the_root_is_no_folder() -> None:
    past = [comment("page", "pages/[id].tsx"), comment("root", "Makefile")]
    query = Query(title="unrelated", now=NOW)
    assert ids(ranking.rank(replace(query, paths=("pages/[id].tsx", "setup.py")), past, top_k=5)) == ["review-page"]
    assert ranking.rank(replace(query, paths=("pages/i.tsx",)), past, top_k=5) == []
    (at_root,) = ranking.rank(replace(query, title="typed errors", paths=("README",)), past[1:], top_k=5)
    assert not any("folder" in reason for reason in at_root.reasons)


def test_what_surrounds_a_question_finds_too_and_counts_less_than_the_question() -> None:
    around = Query(title="dark theme", context="Parser crashes on empty input", now=NOW)
    assert ids(ranking.rank(around, PAST, top_k=5)) == ["issue-theme", "issue-crash", "issue-slow"]
    alone = ranking.rank(Query(context="Parser crashes on empty input", now=NOW), PAST, top_k=1)[0]
    assert alone.record.id == "issue-crash"
    assert 0.3 < alone.score < 1


def test_context_that_nothing_shares_lowers_no_score_much_and_context_that_agrees_decides() -> None:
    twins = [issue("aaa", "Parser crash", "in the linker"), issue("bbb", "Parser crash", "in the socket")]
    query = Query(title="parser crash", now=NOW)
    plain = ranking.rank(query, twins, top_k=1)[0].score
    assert plain >= ranking.rank(replace(query, context="basque welsh"), twins, top_k=1)[0].score > plain / 2
    assert ids(ranking.rank(replace(query, context="socket"), twins, top_k=2)) == ["issue-bbb", "issue-aaa"]


def test_a_shared_label_decides_between_equals() -> None:
    plain, labelled = issue("plain", "Parser crash"), replace(issue("tagged", "Parser crash"), labels=("Regression",))
    query = Query(title="parser crash", labels=("regression",), now=NOW)
    assert ids(ranking.rank(query, [plain, labelled], top_k=2))[0] == "issue-tagged"


def test_excluded_expired_and_unapproved_records_are_never_an_answer() -> None:
    url = "https://example.org/7"
    records = [
        issue("self", "Parser crash"),
        replace(issue("linked", "Parser crash"), source=replace(PAST[0].source, url=url)),
        replace(issue("expired", "Parser crash"), expires_at=NOW),
        replace(issue("proposed", "Parser crash"), approved=False),
        issue("kept", "Parser crash"),
    ]
    query = Query(title="parser crash", exclude=frozenset({"issue-self"}), exclude_urls=frozenset({url}), now=NOW)
    assert ids(ranking.rank(query, records, top_k=9)) == ["issue-kept"]


@pytest.mark.parametrize(
    ("glob", "path", "covered"),
    [
        ("src/api/**", "src/api/v1/users.py", True),
        ("src/api/**", "src/apis/users.py", False),
        ("src/api/", "src/api/v1/users.py", True),
        ("src/*/users.py", "src/api/users.py", True),
        ("src/*/users.py", "src/api/v1/users.py", False),
        ("**/users.py", "users.py", True),
        ("src/**/v1/*.py", "src/a/b/v1/users.py", True),
        ("*.py", "src/api/users.py", True),
        ("*.py", "src/api/users.pyc", False),
        ("**", "anything/at/all", True),
    ],
)
def test_a_glob_covers_paths_as_people_write_them(glob: str, path: str, covered: bool) -> None:
    assert path_matches(path, glob) is covered


def test_a_hostile_glob_is_matched_in_a_moment() -> None:
    started = time.perf_counter()
    assert not path_matches("a/" * 200 + "b", "**/a/" * 60 + "c")
    assert time.perf_counter() - started < 1.0


texts = st.lists(st.sampled_from(WORDS), min_size=1, max_size=8).map(" ".join)
collections = st.lists(st.tuples(texts, texts, st.integers(0, 2000)), max_size=12).map(
    lambda rows: [issue(f"{i:03}", title, text, days=days) for i, (title, text, days) in enumerate(rows)]
)


@given(texts | st.just(""), texts | st.just(""), texts | st.just(""), collections)
def test_scores_lie_between_0_and_1_best_first_with_a_reason(
    title: str, body: str, context: str, records: list[Record]
) -> None:
    found = ranking.rank(Query(title=title, body=body, context=context, now=NOW), records, top_k=50)
    scores = [match.score for match in found]
    assert scores == sorted(scores, reverse=True)
    assert all(0 < score <= 1 for score in scores)
    assert all(match.reasons for match in found)


@given(texts, collections, st.randoms())
def test_the_order_in_which_records_come_does_not_matter(
    title: str, records: list[Record], random: st.DataObject
) -> None:
    shuffled = list(records)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    query = Query(title=title, now=NOW)
    assert ranking.rank(query, records, top_k=50) == ranking.rank(query, shuffled, top_k=50)


@given(st.permutations(PAST[:3]))
def test_an_unrelated_record_does_not_change_who_wins(records: list[Record]) -> None:
    unrelated = issue("new", "Translate the website", "Into Basque and Welsh.")
    assert ids(ranking.rank(ASKED, [*records, unrelated], top_k=2)) == ids(ranking.rank(ASKED, records, top_k=2))
