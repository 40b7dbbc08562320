"""`memory-agents eval` on a corpus in files."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from memory_agents.cli import evaluating, main
from memory_agents.errors import UsageError
from memory_agents.memory.embedding import embedder
from memory_agents.operations import evaluating as operation
from memory_agents.operations.corpus import Question

Program = Callable[..., tuple[int, str, str]]
Line = dict[str, Any]

DOCUMENTS: list[Line] = [
    {"id": 1, "title": "Parser panics on an empty file", "body": "It says index out of bounds."},
    {"id": 2, "title": "Colours are wrong on Windows", "body": "Red is shown as blue."},
    {"id": 3, "title": "Empty file makes the parser panic", "body": "Out of bounds, again.", "labels": ["bug"]},
    {"id": 4, "title": "Blue instead of red on Windows", "body": None},
    {"id": 5, "title": "The parser panics when a file is empty", "body": "Reported later."},
]
DOCUMENTS = [{**line, "created_at": f"2020-01-0{line['id']}T00:00:00Z"} for line in DOCUMENTS]
PAIRS: list[Line] = [{"query_id": 3, "relevant_ids": [1]}, {"query_id": "4", "relevant_ids": ["2"], "rule": "any"}]


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Program:
    monkeypatch.chdir(tmp_path)

    def run(*args: str, dense: bool = False) -> tuple[int, str, str]:
        code = main(["eval", *args, *(() if dense else ("--no-dense",))])
        out, err = capsys.readouterr()
        assert "Unexpected" not in err
        return code, out, err

    return run


def write(name: str, lines: Sequence[Line | str]) -> str:
    """A file of JSON lines in the current folder; compressed where its name says so."""
    data = "".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines).encode()
    Path(name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return name


def corpus(documents: Sequence[Line | str] = DOCUMENTS, pairs: Sequence[Line | str] = PAIRS) -> tuple[str, ...]:
    return "--docs", write("docs.jsonl", documents), "--pairs", write("pairs.jsonl", pairs)


def ranked(name: str = "run.jsonl") -> dict[Any, list[Any]]:
    lines = map(json.loads, Path(name).read_text().splitlines())
    return {line["query_id"]: line["ranked"] for line in lines}


def test_it_prints_the_measures_and_what_it_took(program: Program) -> None:
    code, out, _ = program(*corpus())
    assert code == 0
    assert "2 queries, 5 documents, ranked by words alone" in out
    for name in ("recall@1", "recall@5", "recall@10", "mrr@10", "ndcg@10"):
        assert f"{name:<10} 1.000 [1.000, 1.000]" in out
    assert "index " in out
    assert "p50 " in out
    assert "p95 " in out


def test_json_has_the_same_for_a_program(program: Program) -> None:
    told = json.loads(program(*corpus(), "--json")[1])
    assert (told["queries"], told["documents"], told["model"], told["notices"]) == (2, 5, "", [])
    assert [told[name] for name in ("recall@1", "recall@5", "recall@10", "mrr@10", "ndcg@10")] == [1.0] * 5
    assert told["intervals"]["ndcg@10"] == [1.0, 1.0]
    assert told["query_p50_ms"] <= told["query_p95_ms"]
    assert told["index_seconds"] > told["embed_seconds"] >= 0


def test_with_the_extra_the_meaning_helps(program: Program) -> None:
    told = json.loads(program(*corpus(), "--json", dense=True)[1])
    assert "MiniLM" in told["model"]
    assert told["recall@1"] == 1.0
    assert 0 < told["embed_seconds"] < told["index_seconds"]


def test_without_the_extra_words_alone_rank_and_the_install_command_is_told(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedder, "EMBEDDING", ("no_such_package",))
    code, out, err = program(*corpus(), dense=True)
    assert code == 0
    assert "ranked by words alone" in out
    assert "Words alone rank. Fix: pip install 'memory-agents[dense]'" in err


def test_the_run_file_has_the_ids_as_the_files_do_best_first_and_never_the_query_nor_what_is_younger(
    program: Program,
) -> None:
    program(*corpus(), "--run-file", "run.jsonl")
    found = ranked()
    assert list(found) == [3, 4]
    assert found[3][0] == 1
    assert set(found[3]) <= {1, 2}
    assert found[4][0] == 2


def test_compressed_files_are_read_whatever_they_are_called(program: Program) -> None:
    plain = program(*corpus(), "--json")[1]
    write("docs.jsonl.gz", DOCUMENTS)
    write("pairs.jsonl.gz", PAIRS)
    Path("pairs.jsonl.gz").rename("pairs")
    packed = program("--docs", "docs.jsonl.gz", "--pairs", "pairs", "--json")[1]
    assert json.loads(packed)["ndcg@10"] == json.loads(plain)["ndcg@10"] == 1.0


def test_the_same_files_give_the_same_ranking(program: Program) -> None:
    program(*corpus(), "--run-file", "one.jsonl")
    program(*corpus(), "--run-file", "two.jsonl")
    assert Path("one.jsonl").read_bytes() == Path("two.jsonl").read_bytes()


def test_a_query_asks_its_own_repository_alone(program: Program) -> None:
    twins = [{**line, "id": f"{repo}#{line['id']}", "repo": repo} for repo in ("one", "two") for line in DOCUMENTS]
    pairs = [{"query_id": f"{repo}#3", "relevant_ids": [f"{repo}#1"]} for repo in ("one", "two")]
    program(*corpus(twins, pairs), "--run-file", "run.jsonl")
    found = {query: {its.partition("#")[0] for its in answers} for query, answers in ranked().items()}
    assert found == {"one#3": {"one"}, "two#3": {"two"}}


def test_a_review_comment_asks_with_its_hunk_and_its_pull_request_which_is_no_answer(program: Program) -> None:
    pull = {"id": "o#9", "repo": "o", "title": "Handle tabs in the lexer", "created_at": "2020-01-01T00:00:00Z"}
    others = [{**line, "id": f"o#{line['id']}", "repo": "o"} for line in DOCUMENTS]
    lexer = {**pull, "id": "o#8", "title": "Lexer miscounts tabs"}
    query = {
        "id": "rc:1",
        "repo": "o",
        "body": "Is that right?",
        "path": "lexer.c",
        "diff_hunk": "@@ -1 +1 @@\n+ panic(index)",
        "pr": "o#9",
        "created_at": "2021-01-01",
    }
    write("queries.jsonl", [query])
    pairs = [{"query_id": "rc:1", "relevant_ids": ["o#8"]}]
    program(*corpus([pull, lexer, *others], pairs), "--queries", "queries.jsonl", "--run-file", "run.jsonl")
    found = ranked()["rc:1"]
    assert "o#9" not in found
    assert "o#8" in found, "by the title of the pull request"
    assert "o#1" in found, "by the hunk"


def test_a_document_with_the_id_of_a_query_from_the_queries_may_answer_unless_the_query_says_it_is_its_own(
    program: Program,
) -> None:
    asked = {"title": "Parser panics on an empty file", "created_at": "2021-01-01"}
    write("queries.jsonl", [{**asked, "id": 1}, {**asked, "id": "own", "self_id": 1}])
    pairs: list[Line] = [{"query_id": 1, "relevant_ids": [1]}, {"query_id": "own", "relevant_ids": [3]}]
    program(*corpus(pairs=pairs), "--queries", "queries.jsonl", "--run-file", "run.jsonl")
    assert 1 in ranked()[1]
    assert 1 not in ranked()["own"]


def test_a_query_that_nothing_matches_is_ranked_nowhere(program: Program) -> None:
    write("queries.jsonl", [{"id": "q", "title": "zzz", "created_at": "2021-01-01"}])
    pairs = [{"query_id": "q", "relevant_ids": [1]}]
    out = program(*corpus(pairs=pairs), "--queries", "queries.jsonl", "--run-file", "run.jsonl", "--json")[1]
    assert ranked() == {"q": []}
    assert json.loads(out)["recall@10"] == 0.0


def test_a_relevant_document_that_is_not_there_counts_as_not_found_and_is_told(program: Program) -> None:
    code, out, err = program(*corpus(pairs=[{"query_id": 3, "relevant_ids": [1, 77]}]))
    assert code == 0
    assert "1 relevant ids of the pairs are not among the documents" in err
    assert "recall@10  1.000" in out
    assert "ndcg@10    0.613" in out


@pytest.mark.parametrize(
    ("fields", "is_review_comment", "is_pull_request"),
    [
        ({"id": 1, "title": "Crash"}, False, False),
        ({"id": "pr:1", "title": "Mend it"}, False, True),
        ({"id": 1, "kind": "pr", "title": "Mend it"}, False, True),
        ({"id": "pr:1", "kind": "issue", "title": "Crash"}, False, False),
        ({"id": "rc:1", "body": "Why?", "pr": 7}, True, False),
        ({"id": 1, "body": "Why?", "path": "a.c"}, True, False),
        ({"id": 1, "title": "Crash", "pr": 7}, False, False),
    ],
)
def test_a_query_is_the_event_that_its_line_describes(
    fields: Line, is_review_comment: bool, is_pull_request: bool
) -> None:
    question = Question.model_validate({"created_at": "2021-01-01", **fields})
    assert (question.is_review_comment, question.is_pull_request) == (is_review_comment, is_pull_request)


GOOD = json.dumps(DOCUMENTS[0])


@pytest.mark.parametrize(
    ("documents", "pairs", "told"),
    [
        ([GOOD, "{"], PAIRS, "docs.jsonl, line 2: "),
        ([GOOD, "", "[]"], PAIRS, "docs.jsonl, line 3: "),
        ([GOOD, '{"id": 2}'], PAIRS, "docs.jsonl, line 2: `created_at`: field required."),
        ([GOOD, '{"id": 2, "created_at": "soon"}'], PAIRS, "docs.jsonl, line 2: `created_at`: "),
        ([GOOD, '{"id": 2, "created_at": "2020-01-01", "title": 3}'], PAIRS, "docs.jsonl, line 2: `title`: "),
        ([GOOD, GOOD], PAIRS, "docs.jsonl, line 2: the id 1 stands on an earlier line too."),
        (DOCUMENTS, [*PAIRS, {"query_id": 9, "relevant_ids": [1]}], "pairs.jsonl, line 3: there is no query 9."),
        (DOCUMENTS, [{"query_id": 3}], "pairs.jsonl, line 1: `relevant_ids`: field required."),
        (DOCUMENTS, [{"query_id": 3, "relevant_ids": []}], "pairs.jsonl, line 1: `relevant_ids` is empty."),
        (DOCUMENTS, [], "pairs.jsonl has no line."),
        ([], ["{"], "docs.jsonl has no line."),
        ([], PAIRS, "docs.jsonl has no line."),
        (
            [GOOD, '{"id": 2, "created_at": "0001-01-01T00:00:00+10:00"}'],
            PAIRS,
            "docs.jsonl, line 2: `created_at`: in UTC the time is not within the years 1 to 9999.",
        ),
        ([GOOD, '{"id": 2, "created_at": "9999-12-31T23:00:00-10:00"}'], PAIRS, "docs.jsonl, line 2: `created_at`: "),
    ],
)
def test_a_wrong_line_is_named_with_the_fix(
    program: Program, documents: Sequence[Line | str], pairs: Sequence[Line | str], told: str
) -> None:
    code, out, err = program(*corpus(documents, pairs))
    assert (code, out) == (2, "")
    assert told in err
    assert "Fix: " in err


def test_a_file_that_is_not_there_cut_short_or_not_writable_is_named(program: Program) -> None:
    files = corpus()
    assert "none.jsonl cannot be read: No such file" in program(*files, "--queries", "none.jsonl")[2]
    assert "no/run cannot be written: No such file" in program(*files, "--run-file", "no/run")[2]
    cut = Path(write("cut.jsonl.gz", DOCUMENTS))
    cut.write_bytes(cut.read_bytes()[:40])
    code, _, err = program("--docs", "cut.jsonl.gz", *files[2:])
    assert code == 2
    assert "cut.jsonl.gz cannot be decompressed" in err


@pytest.mark.parametrize("name", ["docs.jsonl", "./pairs.jsonl", "link.jsonl", "queries.jsonl"])
def test_a_file_that_is_read_is_not_written(program: Program, name: str) -> None:
    files = (*corpus(), "--queries", write("queries.jsonl", []))
    Path("link.jsonl").symlink_to("docs.jsonl")
    before = Path(name).read_bytes()
    code, _, err = program(*files, "--run-file", name)
    assert code == 2
    assert "is one of the files that are read. Fix: name another file to write to" in err
    assert Path(name).read_bytes() == before


@pytest.mark.parametrize("error", [KeyboardInterrupt, UsageError("No.", fix="none")])
def test_a_run_that_ends_early_leaves_the_file_that_was_there(
    program: Program, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    files = corpus()
    Path("run.jsonl").write_text("before\n")

    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(operation, "evaluate", fail)
    with contextlib.suppress(KeyboardInterrupt, SystemExit):
        program(*files, "--run-file", "run.jsonl")
    assert Path("run.jsonl").read_text() == "before\n"
    assert sorted(path.name for path in Path().iterdir()) == ["docs.jsonl", "pairs.jsonl", "run.jsonl"]


def test_a_run_file_that_was_there_is_replaced_and_keeps_its_mode_and_its_link(program: Program) -> None:
    files = corpus()
    Path("real.jsonl").write_text("before\n")
    Path("real.jsonl").chmod(0o600)
    Path("run.jsonl").symlink_to("real.jsonl")
    assert program(*files, "--run-file", "run.jsonl")[0] == 0
    assert list(ranked("real.jsonl")) == [3, 4]
    assert Path("run.jsonl").is_symlink()
    assert Path("real.jsonl").stat().st_mode & 0o777 == 0o600
    assert program(*files, "--run-file", "/dev/null")[0] == 0
    assert "cannot be written" in program(*files, "--run-file", ".")[2]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_log_is_told_now_and_then_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    log = io.StringIO()
    teller = evaluating.Teller(log)
    teller("indexed", 1, 9)
    assert log.getvalue() == "", "that began a moment ago"
    monkeypatch.setattr(evaluating, "_LINE_SECONDS", 0)
    teller("indexed", 2_000, 9_000)
    teller("texts embedded", 300, 0)
    teller.close()
    assert log.getvalue() == "indexed: 2,000 of 9,000\ntexts embedded: 300\n"


def test_a_terminal_has_one_line_that_is_gone_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    teller = evaluating.Teller(terminal)
    monkeypatch.setattr(evaluating, "_DRAWN_SECONDS", 0)
    teller("queries asked", 5, 9)
    assert terminal.getvalue() == "\r\x1b[2Kqueries asked: 5 of 9"
    teller.close()
    assert terminal.getvalue().endswith("\r\x1b[2K")


def test_without_files_it_says_what_to_give(program: Program) -> None:
    code, _, err = program()
    assert code == 2
    assert "give --docs and --pairs" in err
