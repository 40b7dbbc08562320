"""Whatever a value holds, it is no option, no path of its own, no command and no second output."""

from __future__ import annotations

import re

from hypothesis import example, given
from hypothesis import strategies as st

from memory_agents.edges import actions
from tests.injection import surfaces
from tests.injection.test_prompt import hostile

values = st.text(st.characters(), max_size=60) | hostile


@given(values)
@example("$(touch pwned)")
@example("--upload-pack=touch pwned")
@example("-c core.sshCommand=touch")
@example("ext::sh -c touch% pwned")
def test_a_remote_is_one_argument_behind_the_options_or_refused(value: str) -> None:
    plan = surfaces.exec_plan(value)
    assert plan["shell"] is False
    assert re.fullmatch(r"[a-z0-9_-]{8,64}", plan["id"])
    if plan["argv"] is not None:
        border = plan["argv"].index("--")
        assert len(plan["argv"]) == border + 3
        assert plan["argv"][border + 1] == value.strip()


@given(values)
@example("a\nEOF\nadmin=true\nx<<EOF")
def test_an_output_is_one_entry_with_its_value(value: str) -> None:
    entry = surfaces.write_output("prompt", value)
    head, _, rest = entry.partition("\n")
    delimiter = head.partition("<<")[2]
    assert re.fullmatch(r"end_[0-9a-f]{32}", delimiter)
    assert rest.count(delimiter) == 1
    assert rest.endswith(f"\n{delimiter}\n")
    assert surfaces.write_output("prompt", value) != entry


@given(st.sampled_from(("::set-output name=a::", "  ::add-mask::", "##[set-env name=P]", "\t::error::")), values)
def test_no_log_line_is_a_command_of_the_runner(command: str, value: str) -> None:
    logged = surfaces.log(f"{value}\n{command}{value}")
    assert not re.search(r"(?m)^\s*::", logged)
    assert "##[" not in logged
    assert actions.harmless(logged) == actions.harmless(actions.harmless(logged))
