"""The measures of a ranking, how sure they are, and the choice of a cut-off."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_agents.core.evaluation import (
    DEPTH,
    LEAST_SHOWN,
    MEASURES,
    Suggestion,
    at,
    choose_cut_off,
    curve,
    estimates,
    judge,
    means,
    percentile,
    share,
)

ANSWERS = st.lists(st.integers(0, 30), unique=True, max_size=25)
RELEVANT = st.frozensets(st.integers(0, 30), min_size=1)
FOUND = st.lists(st.lists(st.builds(Suggestion, st.floats(0, 1), st.booleans()), max_size=5), max_size=20)


def shown(*scored: tuple[float, bool]) -> list[Suggestion]:
    return [Suggestion(score, is_right) for score, is_right in scored]


def test_the_measures_are_those_of_the_textbook() -> None:
    judged = judge(["a", "b", "c", "d"], {"b", "d", "z"})
    ideal = 1 + 1 / math.log2(3) + 1 / math.log2(4)
    assert judged == {
        "recall@1": 0,
        "recall@5": 1,
        "recall@10": 1,
        "mrr@10": 0.5,
        "ndcg@10": pytest.approx((1 / math.log2(3) + 1 / math.log2(5)) / ideal),
    }


def test_an_answer_beyond_the_tenth_counts_nothing() -> None:
    assert set(judge(list(range(20)), {10}).values()) == {0.0}


def test_of_more_relevant_ones_than_ten_ten_are_perfect() -> None:
    assert judge(list(range(10)), set(range(15)))["ndcg@10"] == pytest.approx(1)


@given(ANSWERS, RELEVANT)
def test_every_measure_is_a_share_and_recall_grows_with_the_depth(ranked: list[int], relevant: frozenset[int]) -> None:
    judged = judge(ranked, relevant)
    assert tuple(judged) == MEASURES
    assert all(0 <= value <= 1 + 1e-9 for value in judged.values())
    assert judged["recall@1"] <= judged["recall@5"] <= judged["recall@10"]
    assert judged["recall@1"] <= judged["mrr@10"] <= judged["recall@10"]
    assert bool(judged["ndcg@10"]) == bool(judged["recall@10"])


@given(ANSWERS, RELEVANT, st.data())
def test_moving_a_relevant_answer_up_never_harms(
    ranked: list[int], relevant: frozenset[int], data: st.DataObject
) -> None:
    places = [place for place, answer in enumerate(ranked) if place and answer in relevant and place < DEPTH]
    if not places:
        return
    place = data.draw(st.sampled_from(places))
    better = [*ranked]
    better[place - 1], better[place] = better[place], better[place - 1]
    before, after = judge(ranked, relevant), judge(better, relevant)
    assert all(after[name] >= before[name] - 1e-12 for name in MEASURES)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 5)).map(lambda pair: (min(pair), pair[1])), min_size=1))
def test_an_interval_lies_around_its_share_and_is_the_same_each_time(parts: list[tuple[int, int]]) -> None:
    estimate = share(parts)
    assert estimate.value == pytest.approx(sum(right for right, _ in parts) / sum(all_ for _, all_ in parts))
    assert 0 <= estimate.low <= estimate.high <= 1
    assert share(parts) == estimate


def test_more_queries_make_the_interval_narrower() -> None:
    few, many = share([(1, 1), (0, 1)] * 10), share([(1, 1), (0, 1)] * 1_000)
    assert few.value == many.value == 0.5
    assert many.high - many.low < (few.high - few.low) / 5
    assert many.low < 0.5 < many.high


def test_of_no_query_no_mean_is_measured() -> None:
    assert {(one.is_measured, str(one)) for one in means([]).values()} == {(False, "nothing to measure")}
    assert str(share([(0, 2)])) == "0.000 [0.000, 0.000]"


def test_a_mean_is_over_queries() -> None:
    assert means([judge("ab", {"a"}), judge("ab", {"b"})])["mrr@10"].value == 0.75


@given(FOUND)
def test_a_higher_cut_off_shows_no_more_and_answers_no_more(found: list[list[Suggestion]]) -> None:
    tried = curve(found)
    assert [one.value for one in tried] == sorted({one.value for one in tried})
    assert tried[0].shown == sum(map(len, found))
    for lower, higher in itertools.pairwise(tried):
        assert higher.shown <= lower.shown
        assert higher.right <= lower.right
        assert higher.answered <= lower.answered


@given(FOUND)
def test_the_cut_off_is_the_smallest_that_is_precise_enough(found: list[list[Suggestion]]) -> None:
    chosen = choose_cut_off(found, precision=0.5)
    if chosen is None:
        assert sum(map(len, found)) < LEAST_SHOWN
        return
    assert chosen == at(found, chosen.value)
    assert chosen.shown >= LEAST_SHOWN
    for other in curve(found):
        if other.shown >= LEAST_SHOWN and other.value != chosen.value:
            if chosen.precision >= 0.5:
                assert other.value > chosen.value or other.precision < 0.5
            else:
                assert other.precision <= chosen.precision


def test_where_low_scores_are_wrong_the_cut_off_lies_above_them() -> None:
    found = [shown((0.9, True), (0.6, False), (0.3, False), (0.2, False))] * 12
    chosen = choose_cut_off(found)
    assert chosen is not None
    assert 0.3 < chosen.value <= 0.6
    assert (chosen.precision, chosen.recall) == (0.5, 1.0)


def test_where_nothing_is_precise_enough_the_best_there_is_is_taken() -> None:
    found = [shown((0.9, at < 4), (0.5, False)) for at in range(12)]
    chosen = choose_cut_off(found)
    assert chosen is not None
    assert (round(chosen.precision, 3), chosen.shown) == (0.333, 12)


def test_no_cut_off_below_the_least_is_chosen_and_none_where_too_little_is_above_it() -> None:
    found = [shown((0.6, True))] * 12
    assert [one and one.value for one in (choose_cut_off(found), choose_cut_off(found, least=0.15))] == [0.0, 0.15]
    assert choose_cut_off(found, least=0.7) is None


def test_a_handful_of_suggestions_chooses_no_cut_off() -> None:
    assert choose_cut_off([shown((0.9, True))] * (LEAST_SHOWN - 1)) is None


def test_precision_is_of_what_is_shown_and_recall_of_the_queries() -> None:
    found = [shown((0.9, True), (0.8, False)), shown((0.2, True)), shown()]
    precision, recall = estimates(found, 0.5)
    assert (precision.value, round(recall.value, 3)) == (0.5, 0.333)


def test_a_percentile_is_a_value_that_was_measured() -> None:
    assert percentile([3.0, 1.0, 2.0], 50) == 2.0
    assert percentile([1.0, 2.0], 95) == 2.0
    assert percentile([], 95) == 0.0
