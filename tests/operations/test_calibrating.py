"""A repository's own duplicates choose the score below which nothing is shown, and say what it is worth."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest

from memory_agents.configuration import MIN_SCORES
from memory_agents.core.history import Item, Listed, Person, Remark, Stream
from memory_agents.memory.embedding import Embedder
from memory_agents.memory.history.codec import Place
from memory_agents.memory.history.files import HistoryFiles
from memory_agents.operations import calibrating, calibration_report, history_report
from memory_agents.operations.calibrating import LEAST, Calibration
from memory_agents.operations.history import Reading

AT = datetime(2026, 1, 1, tzinfo=UTC)
MONA = Person(login="mona", id=2)
REPOSITORY = "octo/hello"
NONE_APART: frozenset[tuple[int, int]] = frozenset()


class Past:
    """Issues, and comments that call some of them duplicates."""

    def __init__(self) -> None:
        self.issues: list[Item] = []
        self.remarks: list[Remark] = []

    def issue(self, title: str, body: str = "") -> int:
        number = len(self.issues) + 1
        self.issues.append(
            Item(
                number=number,
                node_id=f"I_{number}",
                title=title,
                body=body,
                author=Person(login="ada", id=1),
                url=f"https://github.com/octo/hello/issues/{number}",
                state="closed",
                state_reason="completed",
                labels=(),
                created_at=AT + timedelta(days=number),
                closed_at=AT + timedelta(days=number, hours=1),
                merged_at=None,
                is_pull_request=False,
            )
        )
        return number

    def duplicate(self, title: str, of: int) -> int:
        number = self.issue(title)
        at = self.issues[-1].closed_at or AT
        said = f"Duplicate of #{of}"
        self.remarks.append(
            Remark(id=number, node_id=f"C_{number}", number=number, body=said, author=MONA, created_at=at)
        )
        return number

    def pairs(self, count: int) -> None:
        """Of each pair the words are its own."""
        for at in range(count):
            first = self.issue(f"Crash of wheel{at} with grease{at}")
            self.duplicate(f"The wheel{at} crashes, grease{at} is there", first)


@pytest.fixture
def past() -> Past:
    return Past()


@pytest.fixture
def kept(tmp_path: Path, past: Past) -> Iterator[Callable[[], HistoryFiles]]:
    """The history that holds the past as it then is."""
    opened: list[HistoryFiles] = []

    def keep(repository: str = REPOSITORY) -> HistoryFiles:
        files = HistoryFiles(tmp_path, repository)
        opened.append(files)
        for stream, rows in ((Stream.ISSUES, past.issues), (Stream.COMMENTS, past.remarks)):
            files.store.take(stream, [Listed(row.created_at, row.key, row) for row in rows], Place(reading=1))
        return files

    yield keep
    for files in opened:
        files.close()


def asked(apart: frozenset[tuple[int, int]]) -> Callable[[], Awaitable[frozenset[tuple[int, int]]]]:
    async def ask() -> frozenset[tuple[int, int]]:
        return apart

    return ask


async def calibrated(files: HistoryFiles, apart: frozenset[tuple[int, int]] = NONE_APART) -> Calibration:
    done = await calibrating.calibrate(files, asked(apart), tell=lambda *_: None)
    assert done is not None
    return done


async def test_the_older_duplicates_choose_the_cut_off_and_the_newer_say_what_it_is_worth(
    past: Past, kept: Callable[[], HistoryFiles]
) -> None:
    past.pairs(40)
    files = kept()
    done = await calibrated(files)
    assert (done.known, done.measured and (done.measured.older, done.measured.newer)) == (40, (28, 12))
    assert done.measured is not None
    assert done.measured.is_precise
    assert done.measured.measures["recall@1"].value == 1.0
    assert done.measured.recall.value == 1.0
    assert done.measured.precision.value >= 0.5
    assert done.cut_off == MIN_SCORES["similar_issues"], "though a smaller one would do"
    assert files.index.cut_off == done.cut_off
    assert "the 12 newest were held against it" in calibration_report.told(done)
    assert calibration_report.LOWER_BOUND in calibration_report.told(done)


async def test_too_few_duplicates_leave_the_default_and_say_so(past: Past, kept: Callable[[], HistoryFiles]) -> None:
    past.pairs(LEAST - 1)
    files = kept()
    files.index.set_cut_off(0.9)
    done = await calibrated(files)
    assert (done.known, done.measured, done.cut_off, files.index.cut_off) == (LEAST - 1, None, None, None)
    assert "29 past issues of octo/hello are known to be duplicates" in calibration_report.told(done)
    assert "it takes 30" in calibration_report.told(done)
    assert calibration_report.value(done) == {"repository": REPOSITORY, "duplicates": LEAST - 1, "cut_off": None}


async def test_what_is_only_half_as_like_as_a_duplicate_is_below_the_cut_off(
    past: Past, kept: Callable[[], HistoryFiles]
) -> None:
    for at in range(40):
        first = past.issue(f"Crash of wheel{at} with grease{at}")
        for other in range(4):
            past.issue(f"A lamp{other} beside wheel{at} in the long and winding hall of mirrors{at}")
        past.duplicate(f"The wheel{at} crashes, grease{at} is there", first)
    done = await calibrated(kept())
    assert done.measured is not None
    assert done.measured.chosen.precision >= 0.5
    everything = done.measured.curve[0]
    assert everything.precision < 0.5
    assert 0 < done.measured.chosen.value < 1


async def test_where_nothing_right_is_found_the_best_there_is_is_taken_and_told(
    past: Past, kept: Callable[[], HistoryFiles]
) -> None:
    for at in range(40):
        first = past.issue(f"Sun{at} and moon{at}")
        past.issue(f"Crash of wheel{at} with grease{at}")
        past.duplicate(f"Crash of wheel{at} with grease{at}", first)
    done = await calibrated(kept())
    assert done.measured is not None
    assert not done.measured.is_precise
    assert "No cut-off makes 50% of what is shown right" in calibration_report.told(done)


async def test_where_duplicates_are_known_but_almost_nothing_is_found_that_is_told(
    past: Past, kept: Callable[[], HistoryFiles]
) -> None:
    for at in range(40):
        past.duplicate(f"wheel{chr(97 + at // 10) * 3}{chr(97 + at % 10)}", past.issue(f"sun{at}"))
    done = await calibrated(kept())
    assert (done.known, done.measured) == (40, None)
    summary = history_report.summary(Reading(repository=REPOSITORY, calibration=done))
    for told in (calibration_report.told(done), calibration_report.page(done), summary):
        assert "it takes 30" not in told
        assert "too little is found with a score of" in told


async def test_a_share_of_nothing_is_told_as_such(past: Past, kept: Callable[[], HistoryFiles]) -> None:
    past.pairs(40)
    done = await calibrated(kept())
    assert "Other new issues for which something is shown: nothing to measure" in calibration_report.told(done)
    assert "| nothing to measure |" in calibration_report.summary(done)
    assert "<td>nothing to measure</td>" in calibration_report.page(done)
    value = json.loads(json.dumps(calibration_report.value(done), allow_nan=False))
    assert value["others"] is None
    assert value["intervals"]["others"] is None


async def test_what_people_set_apart_is_neither_a_pair_nor_a_wrong_suggestion(
    past: Past, kept: Callable[[], HistoryFiles]
) -> None:
    apart = set()
    for at in range(40):
        first = past.issue(f"Crash of wheel{at} with grease{at}")
        other = past.issue(f"The wheel{at} crashes, grease{at} is there")
        last = past.duplicate(f"The wheel{at} crashes, grease{at} is there", first)
        apart.add((other, last))
    files = kept()
    before, after = (await calibrated(files)).measured, (await calibrated(files, frozenset(apart))).measured
    assert before is not None
    assert after is not None
    best = [max(one.precision for one in found.curve if one.answered == 12) for found in (before, after)]
    assert best[0] < best[1] == 1.0
    all_apart = frozenset((number, number + 2) for number in range(1, 121, 3))
    assert (await calibrated(files, all_apart)).known == 0


async def test_a_duplicate_is_asked_as_on_the_day_it_was_opened(past: Past, kept: Callable[[], HistoryFiles]) -> None:
    past.pairs(40)
    for at in range(40):
        past.issue(f"The wheel{at} crashes, grease{at} is there")  # later, and nobody called it a duplicate
    done = await calibrated(kept())
    assert done.measured is not None
    assert done.measured.measures["recall@1"].value == 1.0


@pytest.mark.parametrize("named", ["#{}", "https://github.com/octo/hello/issues/{}"])
async def test_an_earlier_issue_whose_text_names_the_later_one_is_neither_right_nor_wrong(
    past: Past, kept: Callable[[], HistoryFiles], named: str
) -> None:
    past.pairs(40)
    for at in (0, 2):
        past.issues[at] = replace(past.issues[at], body=f"The same as {named.format(at + 2)}, which has more.")
    first = past.issue("Crash of lamp with oil")
    second = past.duplicate("The lamp crashes, oil is there", first)
    past.duplicate("Crash of the lamp, with oil", second)
    last = len(past.issues)
    past.issues[first - 1] = replace(past.issues[first - 1], body=f"See {named.format(last)} too.")
    done = await calibrated(kept())
    assert done.known == 40
    assert done.measured is not None
    assert done.measured.measures["recall@1"].value == 1.0, "by the second, which names it not"


async def test_for_how_many_other_issues_something_is_shown_is_told(
    past: Past, kept: Callable[[], HistoryFiles]
) -> None:
    past.pairs(40)
    for title in ("Lamps", "Doors", "Roofs", "Lawns"):
        past.issue(title)
    past.issue("The wheel1 crashes, grease1 is there")
    past.issues[-1] = replace(past.issues[-1], is_pull_request=True)
    for at in range(2, 6):
        past.issue(f"The wheel{at} crashes, grease{at} is there")
    done = await calibrated(kept())
    assert done.measured is not None
    assert done.measured.others.value == 0.5


async def test_what_has_no_more_time_changes_nothing(past: Past, kept: Callable[[], HistoryFiles]) -> None:
    past.pairs(40)
    files = kept()
    files.index.set_cut_off(0.9)
    left = iter([True, True, False])
    assert (
        await calibrating.calibrate(files, asked(NONE_APART), tell=lambda *_: None, may_go_on=lambda: next(left))
        is None
    )
    assert files.index.cut_off == 0.9


class Model(Embedder):
    model = "some-model"


async def test_a_cut_off_counts_only_for_the_way_to_search_that_it_was_measured_with(
    past: Past, tmp_path: Path, kept: Callable[[], HistoryFiles]
) -> None:
    past.pairs(40)
    await calibrated(kept())
    words, meaning = HistoryFiles(tmp_path, REPOSITORY), HistoryFiles(tmp_path, REPOSITORY, Model())
    try:
        by_words = words.index.cut_off
        both = [words.index.cut_off, meaning.index.cut_off]
        assert by_words is not None
        assert both == [by_words, None]
        meaning.index.set_cut_off(0.9)
        both = [words.index.cut_off, meaning.index.cut_off]
        assert both == [by_words, 0.9]
        words.index.set_cut_off(None)
        both = [words.index.cut_off, meaning.index.cut_off]
        assert both == [None, 0.9]
    finally:
        words.close()
        meaning.close()


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.targets: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.targets += [value or "" for name, value in attrs if name in {"href", "src", "xlink:href"}]


async def test_the_page_holds_the_figures_and_a_plot_and_nothing_from_elsewhere(
    past: Past, kept: Callable[[str], HistoryFiles]
) -> None:
    past.pairs(40)
    page = calibration_report.page(await calibrated(kept("octo/<script>alert(1)</script>")))
    tags = Tags()
    tags.feed(page)
    assert tags.seen.count("svg") == 1
    assert tags.seen.count("polyline") == 2
    assert tags.seen.count("tr") == 6
    assert not {"script", "link", "img", "iframe"} & set(tags.seen)
    assert tags.targets == []
    assert "&lt;script&gt;" in page
    assert "http" not in page


async def test_the_plot_names_its_axes_and_its_lines_as_the_table_does_and_suits_a_dark_screen(
    past: Past, kept: Callable[[], HistoryFiles]
) -> None:
    past.pairs(40)
    page = calibration_report.page(await calibrated(kept()))
    assert ">score</text>" in page
    assert ">share</text>" in page
    for words in (
        "Of what is shown, 5 at most, share that is right",
        "Duplicates for which one that is right is shown",
    ):
        assert f"<th>{words}</th>" in page
        assert f" {words}</li>" in page
    assert "prefers-color-scheme: dark" in page


async def test_a_page_without_figures_has_no_plot(past: Past, kept: Callable[[], HistoryFiles]) -> None:
    page = calibration_report.page(await calibrated(kept()))
    assert "<svg" not in page
    assert "it takes 30" in page


async def test_the_summary_is_a_table_of_figures(past: Past, kept: Callable[[], HistoryFiles]) -> None:
    past.pairs(40)
    summary = calibration_report.summary(await calibrated(kept()))
    assert "| An earlier one is among the best 1 | 1.000 [1.000, 1.000] |" in summary
    assert (summary.count("["), summary.count("| nothing to measure |")) == (5, 1)


async def test_the_summary_of_an_index_run_has_the_figures_only_where_there_are_some(
    past: Past, kept: Callable[[], HistoryFiles]
) -> None:
    past.pairs(LEAST - 1)
    few = Reading(repository=REPOSITORY, calibration=await calibrated(kept()))
    assert "duplicates" not in history_report.summary(few)
    past.pairs(LEAST)
    enough = Reading(repository=REPOSITORY, calibration=await calibrated(kept()))
    assert "| Duplicates for which one that is right is shown | 1.000" in history_report.summary(enough)
