"""What a repository's own duplicates say: for a person, a step's summary, a program, and as a page with a plot."""

from __future__ import annotations

import html
from collections.abc import Sequence
from string import Template

from memory_agents.core.evaluation import RECALL_AT, CutOff, Estimate
from memory_agents.core.summary import literal
from memory_agents.operations.calibrating import LEAST, LEAST_SCORE, PRECISION, SHOWN, Calibration
from memory_agents.operations.evaluation_report import figure, interval

LOWER_BOUND = (
    "A duplicate that nobody called one counts as wrong, so the precision is a lower bound. It is that of issues which "
    "have an earlier one."
)
"""what the figures do not say"""
_RIGHT = f"Of what is shown, {SHOWN} at most, share that is right"
_FOUND = "Duplicates for which one that is right is shown"
_WIDTH, _HEIGHT, _LEFT, _BOTTOM = 640, 340, 60, 56


def told(done: Calibration) -> str:
    """In a few lines for a person."""
    return "\n".join([_head(done), *(f"{name}: {value}" for name, value in _rows(done)), *_reserves(done)])


def summary(done: Calibration) -> str:
    """The same for the summary of a step, in GitHub-flavoured Markdown."""
    rows = [f"| {name} | {value} |" for name, value in _rows(done)]
    table = ["| With 95 % intervals | |", "| --- | ---: |", *rows] if rows else []
    return "\n\n".join(part for part in (literal(_head(done), 400), "\n".join(table), *_reserves(done)) if part)


def value(done: Calibration) -> dict[str, object]:
    """The same for a program; `cut_off` is None where the default stands."""
    told: dict[str, object] = {
        "repository": done.repository,
        "duplicates": done.known,
        "cut_off": done.cut_off,
    }
    if (found := done.measured) is None:
        return told
    measures = {**found.measures, "precision": found.precision, "recall": found.recall, "others": found.others}
    return {
        **told,
        "older": found.older,
        "newer": found.newer,
        "is_precise": found.is_precise,
        **{name: figure(one) for name, one in measures.items()},
        "intervals": {name: interval(one) for name, one in measures.items()},
    }


def page(done: Calibration) -> str:
    """The same as one page of HTML: nothing in it is fetched from elsewhere or run."""
    rows = "\n".join(f"<tr><th>{html.escape(name)}</th><td>{value}</td></tr>" for name, value in _rows(done))
    reserves = "\n".join(f"<p>{html.escape(line)}</p>" for line in _reserves(done))
    return _PAGE.substitute(
        repository=html.escape(done.repository),
        head=html.escape(_head(done)),
        rows=rows,
        plot=_plot(done.measured.curve, done.measured.chosen) if done.measured else "",
        reserves=reserves,
    )


def _head(done: Calibration) -> str:
    if (found := done.measured) is None:
        known = f"{done.known:,} past issues of {done.repository} are known to be duplicates of an earlier one"
        if done.known < LEAST:
            return f"{known}; it takes {LEAST} to tell how well they are found. The default cut-off stands."
        little = (
            f"for the older of them too little is found with a score of {LEAST_SCORE:g} or more to choose a cut-off"
        )
        return f"{known}; {little}. The default stands."
    return (
        f"Similar issues of {done.repository} are shown from a score of {found.chosen.value:.3f} on. "
        f"{found.older:,} of its own duplicates chose that, the {found.newer:,} newest were held against it."
    )


def _rows(done: Calibration) -> list[tuple[str, Estimate]]:
    if (found := done.measured) is None:
        return []
    return [
        *((f"An earlier one is among the best {k}", found.measures[f"recall@{k}"]) for k in RECALL_AT),
        (_RIGHT, found.precision),
        (_FOUND, found.recall),
        ("Other new issues for which something is shown", found.others),
    ]


def _reserves(done: Calibration) -> list[str]:
    if (found := done.measured) is None:
        return []
    if found.is_precise:
        return [LOWER_BOUND]
    share = f"{found.chosen.precision:.0%}"
    return [f"No cut-off makes {PRECISION:.0%} of what is shown right; this one comes nearest, {share}.", LOWER_BOUND]


def _plot(curve: Sequence[CutOff], chosen: CutOff) -> str:
    """Precision and recall by cut-off, as SVG."""
    lines = "".join(
        f'<polyline class="{name}" points="{" ".join(f"{_x(x):.1f},{_y(y):.1f}" for x, y in points)}"/>'
        for name, points in (
            ("precision", [(one.value, one.precision) for one in curve if one.shown]),
            ("recall", [(one.value, one.recall) for one in curve]),
        )
    )
    ticks = "".join(
        f'<text x="{_x(at):.1f}" y="{_HEIGHT - 34}" text-anchor="middle">{at:g}</text>'
        f'<text x="{_LEFT - 8}" y="{_y(at) + 4:.1f}" text-anchor="end">{at:g}</text>'
        f'<line x1="{_LEFT}" x2="{_WIDTH}" y1="{_y(at):.1f}" y2="{_y(at):.1f}"/>'
        for at in (0, 0.25, 0.5, 0.75, 1)
    )
    at = _x(chosen.value)
    label = html.escape(f"By cut-off: {_RIGHT}; {_FOUND}")
    middle = _y(0.5)
    axes = (
        f'<text x="{_x(0.5):.1f}" y="{_HEIGHT - 10}" text-anchor="middle">score</text>'
        f'<text x="14" y="{middle:.1f}" text-anchor="middle" transform="rotate(-90 14 {middle:.1f})">share</text>'
    )
    return (
        f'<svg viewBox="0 0 {_WIDTH + 12} {_HEIGHT}" role="img" aria-label="{label}">{ticks}{axes}{lines}'
        f'<line class="chosen" x1="{at:.1f}" x2="{at:.1f}" y1="{_y(1):.1f}" y2="{_y(0):.1f}"/></svg>'
        f'<ul><li class="precision">━━ {html.escape(_RIGHT)}</li><li class="recall">╍╍ {html.escape(_FOUND)}</li>'
        '<li class="chosen">┆ The cut-off</li></ul><p>All of it is of the newest duplicates.</p>'
    )


def _x(share: float) -> float:
    return _LEFT + share * (_WIDTH - _LEFT)


def _y(share: float) -> float:
    return 8 + (1 - share) * (_HEIGHT - _BOTTOM - 8)


_PAGE = Template("""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>Similar issues of $repository</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 2rem auto; padding: 0 1rem }
th { text-align: left; font-weight: normal; padding-right: 2rem }
td { font-variant-numeric: tabular-nums }
svg text { fill: currentColor; font-size: 12px }
line { stroke: currentColor; opacity: .2 }
polyline { fill: none; stroke-width: 2 }
.precision { stroke: #0969da; color: #0969da }
.recall { stroke: #bf5700; color: #bf5700; stroke-dasharray: 8 5 }
.chosen { stroke: #8250df; color: #8250df; opacity: 1; stroke-dasharray: 2 4 }
ul { list-style: none; padding: 0 }
@media (prefers-color-scheme: dark) {
.precision { stroke: #58a6ff; color: #58a6ff }
.recall { stroke: #ffa657; color: #ffa657 }
.chosen { stroke: #d2a8ff; color: #d2a8ff }
}
</style>
<h1>Similar issues of $repository</h1>
<p>$head</p>
<table>
$rows
</table>
$plot
$reserves
</html>
""")
