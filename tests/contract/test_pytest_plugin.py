"""The pytest plugin as its users have it: in pytest runs of their own, and the recipes of the documentation."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import anthropic
import pytest
from tests.support.clients import find_node
from tests.support.running import inherit_environment

from ingate.pytest_plugin import Ingate, ScriptError, ingate

__all__ = ["ingate"]  # the fixture under test, instead of the Ingate that other contract tests share

pytest_plugins = ["pytester"]
pytestmark = pytest.mark.slow

RECIPE = (Path(__file__).parents[2] / "docs" / "howto" / "test-your-application.md").read_text(encoding="utf-8")
ONE_TEST = """
    def ask(client):
        question = [{"role": "user", "content": "Hello!"}]
        return client.messages.create(model="claude-haiku-4-5", max_tokens=64, messages=question).content[0].text

    def test_one(ingate):
        assert ask(ingate.client)
        assert len(ingate.requests) == 1

    def test_another(ingate):
        assert ingate.requests == []
"""
ONE_FAILING_TEST = (
    ONE_TEST.partition("def test_one")[0]
    + """def test_that_fails(ingate):
        ingate.script({"version": 1, "rules": [{"name": "bye", "when": {"text": "Bye"}, "respond": "Bye."}]})
        assert ask(ingate.client) == "Bye."
"""
)


@pytest.fixture(autouse=True)
def _no_options_of_whoever_runs_this(monkeypatch: pytest.MonkeyPatch) -> None:  # pyright: ignore[reportUnusedFunction]
    for name in list(os.environ):
        if name.startswith(("INGATE_", "ANTHROPIC_", "PYTEST_ADDOPTS")):
            monkeypatch.delenv(name)


def run_pytest(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return pytester.runpytest_subprocess("-p", "no:cacheprovider", "-W", "error", *arguments)


# In a pytest run of its own


def test_one_import_is_enough(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("from ingate.pytest_plugin import ingate")
    pytester.makepyfile(ONE_TEST)

    run_pytest(pytester).assert_outcomes(passed=2)


def test_workers_of_xdist_have_one_each(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("from ingate.pytest_plugin import ingate")
    pytester.makepyfile(test_here=ONE_TEST, test_there=ONE_TEST)

    run_pytest(pytester, "-n", "2").assert_outcomes(passed=4)


def test_loaded_by_name_it_has_options_and_explains_failures(pytester: pytest.Pytester) -> None:
    pytester.makeconftest('pytest_plugins = ["ingate.pytest_plugin"]')
    pytester.makeini("[pytest]\ningate_options = INGATE_SIMULATOR_SEED=7")
    pytester.makepyfile(ONE_FAILING_TEST)

    result = run_pytest(pytester)

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*Requests to Ingate*",
            "*/v1/messages claude-haiku-4-5 -> 200 generated",
            "*rule bye did not apply: text: wanted*Bye*saw*Hello!*",
        ]
    )


def test_a_start_that_fails_is_explained_once_for_each_test_and_tried_once(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INGATE_PYTEST_OPTIONS", "--log-level deafening")
    pytester.makeconftest("from ingate.pytest_plugin import ingate")
    pytester.makepyfile(ONE_TEST)

    result = run_pytest(pytester)

    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(["*`ingate up` ended with status 2*", "*Invalid value for '--log-level'*"])


def test_without_pytest_it_says_what_is_missing() -> None:
    program = "import sys; sys.modules['pytest'] = None; import ingate.pytest_plugin"
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30)

    assert finished.returncode == 1
    assert "which is not installed here: pip install pytest" in finished.stderr


def test_nothing_of_it_is_loaded_where_nobody_asks(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        "import sys\ndef test_it(): assert not [n for n in sys.modules if n.partition('.')[0] == 'ingate']"
    )

    run_pytest(pytester).assert_outcomes(passed=1)


# The fixture in this run


def test_a_mistake_in_a_script_names_its_line(ingate: Ingate) -> None:
    with pytest.raises(ScriptError) as raised:
        ingate.script("version: 1\nrules:\n  - wen: {turn: 1}\n    respond: Hello.\n")

    assert raised.value.line == 3


def ask(ingate: Ingate, *, max_retries: int = 2, session: str | None = None) -> str:
    """What the answer says."""
    message = ingate.client.with_options(max_retries=max_retries).messages.create(
        model="claude-haiku-4-5",
        max_tokens=64,
        messages=[{"role": "user", "content": "Hello!"}],
        extra_headers={"x-ingate-session": session or ingate.session},
    )
    [block] = message.content
    assert block.type == "text"
    return block.text


def test_sessions_do_not_meet(ingate: Ingate) -> None:
    ingate.script({"version": 1, "rules": [{"respond": "Mine."}]})

    assert ask(ingate) == "Mine."
    assert ask(ingate, session="theirs") != "Mine."
    assert len(ingate.requests) == 1


def test_a_reset_forgets_requests_and_counts_rules_anew(ingate: Ingate) -> None:
    ingate.script({"version": 1, "rules": [{"name": "first", "times": 1, "respond": "First."}]})

    for _ in range(2):
        ask(ingate)
        assert [request.rule for request in ingate.requests] == ["first"]
        ingate.reset()


def test_a_client_that_does_not_wait_is_found_out(ingate: Ingate) -> None:
    ingate.script(
        {"version": 1, "rules": [{"sequence": [{"error": {"status": 429, "retry_after": 30}}, {"text": "Hello."}]}]}
    )

    with pytest.raises(anthropic.RateLimitError):
        ask(ingate, max_retries=0)
    ask(ingate, max_retries=0)

    verdict = ingate.verdict
    assert not verdict.ok
    assert len(verdict.findings) == 1, verdict


# The recipes of the documentation


def read_recipe(name: str) -> str:
    """The block that follows a line which ends with the file's name."""
    [content] = re.findall(rf"^.*`{re.escape(name)}`:\n\n```\w+\n(.*?)^```", RECIPE, re.DOTALL | re.MULTILINE)
    return content


def list_shell_recipes() -> list[str]:
    return re.findall(r"^```sh\n(.*?)^```", RECIPE, re.DOTALL | re.MULTILINE)


@pytest.fixture
def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def test_recipe_for_pytest(pytester: pytest.Pytester) -> None:
    for name in ("conftest.py", "app.py", "test_app.py"):
        (pytester.path / name).write_text(read_recipe(name), encoding="utf-8")

    run_pytest(pytester).assert_outcomes(passed=6)


@pytest.mark.timeout(600)  # the first run installs the client
def test_recipe_for_other_languages(tmp_path: Path, foundry_sdk: Path, free_port: int) -> None:
    """The shell's part, the administration with curl, and the test in Node, one after the other."""
    starting, administration = list_shell_recipes()
    for name in ("scenario.yaml", "app.test.mjs"):
        (tmp_path / name).write_text(read_recipe(name), encoding="utf-8")
    (tmp_path / "node_modules").symlink_to(foundry_sdk / "node_modules")
    script = tmp_path / "run.sh"
    script.write_text((starting + administration).replace("8080", str(free_port)), encoding="utf-8")
    programs = [str(Path(sys.executable).parent), str(find_node().parent), os.environ["PATH"]]

    finished = subprocess.run(
        ["sh", str(script)],
        cwd=tmp_path,
        env=inherit_environment({"PATH": os.pathsep.join(programs), "TMPDIR": str(tmp_path)}),
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert re.search(r"pass 1\b", finished.stdout)
    assert '"findings"' in finished.stdout
