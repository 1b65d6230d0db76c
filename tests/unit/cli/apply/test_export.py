"""`ingate export`: a file that changes nothing here, and makes the same elsewhere."""

from __future__ import annotations

from pathlib import Path

import httpx2
from click.testing import CliRunner
from tests.unit.cli.apply.conftest import ApplyText, RunCommand
from tests.unit.cli.apply.fake_control_plane import ACCOUNTS, GROUP, SECRET, FakeControlPlane
from tests.unit.cli.apply.test_command import WHOLE
from tests.unit.cli.fake_ingate import MANAGEMENT_URL, TOKEN

from ingate.cli.apply.command import apply_command
from ingate.cli.invocation import Invocation


def test_what_is_exported_changes_nothing_where_it_came_from(
    apply_text: ApplyText, run_command: RunCommand, control_plane: FakeControlPlane
) -> None:
    apply_text(WHOLE)
    control_plane.get(f"{GROUP}{ACCOUNTS}/team-a")["properties"]["restrictOutboundNetworkAccess"] = True
    exported = run_command("export")
    assert exported.exit_code == 0, exported.output
    result = apply_text(exported.stdout, "--prune", "--dry-run")
    assert (result.exit_code, result.stderr) == (0, "No changes: 16 objects are as the file says.\n")


def test_what_is_exported_makes_the_same_in_an_empty_ingate(
    apply_text: ApplyText, run_command: RunCommand, control_plane: FakeControlPlane, tmp_path: Path
) -> None:
    apply_text(WHOLE)
    file = tmp_path / "exported.yaml"
    file.write_text(run_command("export").stdout)
    other = FakeControlPlane()
    variables = {"INGATE_MANAGEMENT_URL": MANAGEMENT_URL, "INGATE_ADMIN_TOKEN": TOKEN}
    variables["INGATE_DATA_DIR"] = str(tmp_path / "data")
    invocation = Invocation(environment=variables, transport=httpx2.MockTransport(other.handle))
    result = CliRunner().invoke(apply_command, ["-f", str(file)], obj=invocation, env=variables)
    assert result.exit_code == 0, result.output
    assert other.objects.keys() == control_plane.objects.keys()
    for path, value in control_plane.objects.items():
        assert value | {"etag": ""} == other.objects[path] | {"etag": ""}


def test_nothing_secret_is_exported(apply_text: ApplyText, run_command: RunCommand) -> None:
    apply_text("version: 1\nprincipals: [{name: app-a, kind: application, secretFile: app-a.json}]\n")
    exported = run_command("export").stdout
    assert SECRET not in exported
    assert "hint" not in exported


def test_one_resource_is_exported_with_what_it_needs(apply_text: ApplyText, run_command: RunCommand) -> None:
    apply_text(WHOLE)
    apply_text("version: 1\nresources: [{name: team-b, deployments: [{name: d1, model: claude-opus-4-5}]}]\n")
    only_b = run_command("export", "--resource", "team-b").stdout
    assert "team-a" not in only_b
    assert "upstreams" not in only_b
    only_a = run_command("export", "-r", "Team-A").stdout
    assert "name: anthropic" in only_a
    assert "principal: team\n  scope: team-a\n" in only_a
    missing = run_command("export", "-r", "taem-a")
    assert "there is no resource 'taem-a'. Did you mean team-a" in missing.stderr
