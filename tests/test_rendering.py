"""Templates: strict, sandboxed, the maintainer's over ours, one file at a time."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory_agents.errors import TemplateError
from memory_agents.rendering import Rendered, Templates

FOLDER = ".github/memory-agents/prompts"


def render(source: str, **values: object) -> str:
    return Templates({"own.md.j2": source}, folder=FOLDER).render("own", values).text


def failing(source: str, values: Mapping[str, object] | None = None) -> TemplateError:
    with pytest.raises(TemplateError) as refused:
        Templates({"own.md.j2": source}, folder=FOLDER).render("own", values or {})
    return refused.value


def test_a_maintainers_template_is_rendered_and_named() -> None:
    templates = Templates({"own.md.j2": "Hello {{ name }}\n"}, folder=FOLDER)
    assert templates.render("own", {"name": "you"}) == Rendered(text="Hello you\n", origin=f"{FOLDER}/own.md.j2")


def test_a_maintainers_template_wins_over_ours_of_the_same_name() -> None:
    assert Templates({"issue.md.j2": "Mine."}, folder=FOLDER).render("issue", {}).text == "Mine."


def test_a_single_partial_may_be_replaced_and_the_rest_stays_ours() -> None:
    own = {"own.md.j2": "{% include '_partials/rules.md.j2' %}", "_partials/rules.md.j2": "Be kind."}
    assert Templates(own, folder=FOLDER).render("own", {}).text == "Be kind."
    del own["_partials/rules.md.j2"]
    assert "untrusted" in Templates(own, folder=FOLDER).render("own", {}).text


@pytest.mark.parametrize(
    ("source", "line", "told"),
    [
        ("fine\n{{ missing }}", 2, "'missing' is undefined"),
        ("\n\n{{ there.missing }}", 3, "missing"),
        ("{% if missing %}x{% endif %}", 1, "'missing' is undefined"),
        ("fine\n{% for x in %}", 2, "Expected an expression"),
        ("fine\n{{ there | nofilter }}", 2, "nofilter"),
        ("fine\n{% unknown %}", 2, "unknown"),
        ("fine\n{{ 1 / 0 }}", 2, "division"),
        ("fine\n{{ 'a' + 1 }}", 2, "concatenate"),
        ("fine\n{{ 'a' | xmlattr }}", 2, "items"),
        ("fine\n{{ 'a' | int(base=99) | abs(1, 2) }}", 2, ""),
        ("fine\n{% for i in range(9999999) %}{% endfor %}", 2, "Range too big"),
        ("fine\n{{ 'x' * 10 ** 12 }}", 2, ""),
        ("{% extends 'own.md.j2' %}", 1, "recursion"),
    ],
)
def test_a_template_that_cannot_be_rendered_is_named_with_its_line(source: str, line: int, told: str) -> None:
    error = failing(source, {"there": {"is": 1}})
    assert error.message.startswith(f"{FOLDER}/own.md.j2:{line}: ")
    assert told in error.message
    assert f"{FOLDER}/own.md.j2" in error.fix


def test_a_fault_in_a_partial_is_named_by_the_partials_file() -> None:
    own = {"own.md.j2": "\n\n{% include '_partials/mine.md.j2' %}", "_partials/mine.md.j2": "\n{{ missing }}"}
    with pytest.raises(TemplateError, match=r"_partials/mine\.md\.j2:2: 'missing' is undefined"):
        Templates(own, folder=FOLDER).render("own", {})


def test_a_fault_in_our_own_templates_names_our_file() -> None:
    with pytest.raises(TemplateError, match=r"^prompts/issue\.md\.j2:\d+: "):
        Templates({}, folder=FOLDER).render("issue", {})


@pytest.mark.parametrize("name", ["absent", "../../etc/passwd", "/etc/passwd", "_partials/absent"])
def test_a_template_that_is_not_there_is_answered_with_those_that_are(name: str) -> None:
    with pytest.raises(TemplateError, match="There is no template") as refused:
        Templates({"own.md.j2": ""}, folder=FOLDER).render(name, {})
    assert "issue, own" in refused.value.fix


def test_an_include_that_is_not_there_is_named() -> None:
    assert "There is no template lost.md.j2" in failing("{% include 'lost.md.j2' %}").message


@pytest.mark.parametrize(
    "nesting", ["(" * 3_000, "{% if 1 %}" * 3_000, "{% for a in [1] %}" * 40 + "{% endfor %}" * 40]
)
def test_nesting_that_python_cannot_compile_is_a_templates_fault(nesting: str) -> None:
    assert "own.md.j2" in failing(nesting if nesting.startswith("{%") else f"{{{{ {nesting} }}}}").fix


ESCAPES = [
    "{{ ''.__class__ }}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ ''['__class__'] }}",
    "{{ '' | attr('__class__') }}",
    "{{ '' | attr('\\x5f\\x5fclass\\x5f\\x5f') }}",
    "{{ [''] | map(attribute='__class__') | list }}",
    "{{ '{0.__class__}'.format('') }}",
    "{{ '{0.__class__}' | format('') }}",
    "{{ '{x.__class__}'.format_map({'x': ''}) }}",
    "{{ self.__init__.__globals__ }}",
    "{{ self._TemplateReference__context }}",
    "{{ cycler.__init__.__globals__.os }}",
    "{{ joiner.__init__.__globals__ }}",
    "{{ namespace.__init__.__globals__ }}",
    "{{ lipsum.__globals__ }}",
    "{{ range.__self__ }}",
    "{{ function.__globals__ }}",
    "{{ function.__code__ }}",
    "{{ values.append(1) }}",
    "{{ values.clear() }}",
    "{% set values.x = 1 %}",
    "{{ mapping.update({'a': 2}) }}",
    "{{ mapping.__setitem__('a', 2) }}",
    "{{ mapping.pop('a') }}",
    "{% import 'os' as os %}",
    "{{ (''.__class__).__base__ }}",
]


@pytest.mark.parametrize("source", ESCAPES)
def test_no_template_reaches_the_interpreter_or_changes_a_value(source: str) -> None:
    values: list[int] = [1]
    mapping = {"a": 1}

    def function() -> str:
        return ""

    try:
        text = render(source, values=values, mapping=mapping, function=function)
    except TemplateError:
        text = ""
    assert (values, mapping) == ([1], {"a": 1})
    assert "class" not in text.replace("{0.__class__}", "")
    assert "module" not in text
    assert "code" not in text


SOURCES = st.lists(
    st.sampled_from(
        [
            *"-x'().|~[]1\n ",
            "{{",
            "}}",
            "{%",
            "%}",
            "{#",
            "#}",
            "**",
            " if ",
            " endif ",
            " for ",
            " in ",
            " endfor ",
            " include ",
            " macro ",
            " endmacro ",
            " set ",
            "=",
            " call ",
        ]
    ),
    max_size=25,
).map("".join)


@given(st.text(max_size=100) | SOURCES | SOURCES.map(lambda inner: f"{{{{ {inner} }}}}"))
def test_any_template_is_rendered_or_its_fault_is_told_in_one_sentence(source: str) -> None:
    try:
        render(source, x=[1])
    except TemplateError as refused:
        assert "\n" not in refused.message  # noqa: PT017


@given(st.text() | st.sampled_from(["{{ 7 * 7 }}", "{% include 'issue.md.j2' %}", "{# x #}", "{{", "%}"]))
def test_a_value_is_never_template_source(value: str) -> None:
    assert render("<{{ value }}>", value=value) == f"<{value}>"


def test_after_falling_back_ours_are_used_and_why_is_noticed() -> None:
    templates = Templates({"issue.md.j2": "{{ missing }}"}, folder=FOLDER)
    with pytest.raises(TemplateError) as refused:
        templates.render("issue", {})
    templates.fall_back(refused.value)
    assert templates.are_default
    assert [f"{FOLDER}/issue.md.j2:1: " in notice.text for notice in templates.notices] == [True]
    with pytest.raises(TemplateError, match=r"^prompts/"):
        templates.render("issue", {})


def test_templates_say_whether_they_are_the_default_ones() -> None:
    assert Templates({}, folder=FOLDER).are_default
    assert not Templates({"own.md.j2": ""}, folder=FOLDER).are_default


def test_templates_are_named_without_suffix_and_partials_are_none() -> None:
    own = {"own.md.j2": "", "_partials/mine.md.j2": "", "notes.txt": ""}
    assert {"issue", "own"} <= set(Templates(own, folder=FOLDER).names())
    assert not [name for name in Templates(own, folder=FOLDER).names() if name.startswith("_") or "notes" in name]


def test_a_value_that_is_not_there_is_answered_with_those_that_are() -> None:
    assert (
        "there is no `titel` in it, but number, title"
        in failing("{{ issue.titel }}", {"issue": {"title": 1, "number": 2}}).message
    )


@pytest.mark.parametrize("source", ["", " \n", "{# only a remark #}"])
def test_a_template_that_prints_nothing_is_a_mistake(source: str) -> None:
    assert f"{FOLDER}/own.md.j2: it renders nothing" in failing(source).message


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("{% for i in range(99999) %}{% for j in range(999) %}{{ i }}xxxxxxxxxx{% endfor %}{% endfor %}", "characters"),
        ("{{ lipsum(n=10) }}", "lipsum"),
        ("{{ '<p>' | striptags }}", "striptags"),
    ],
)
def test_a_template_makes_no_endless_text_and_takes_no_tags_away(source: str, told: str) -> None:
    assert told in failing(source).message


def test_every_file_of_the_maintainer_that_had_a_part_is_named() -> None:
    own = {"own.md.j2": "{% include '_partials/mine.md.j2' %}", "_partials/mine.md.j2": "Hi.", "other.md.j2": "No."}
    origin = Templates(own, folder=FOLDER).render("own", {}).origin
    assert origin == f"{FOLDER}/_partials/mine.md.j2, {FOLDER}/own.md.j2"
