from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ingate.cli.proxy_diagnosis import RECENT_SECONDS, diagnose_last_run, diagnose_own_proxy, explain_run
from ingate.cli.proxy_report import LAST_RUN_FILE, LastRun, keep_last_run, read_last_run, read_report
from ingate.cli.running import RunningIngate

NOW = 100_000.0
HOST = "example-resource.services.ai.azure.com"
RUNNING = RunningIngate(
    gateway_url="http://127.0.0.1:8080",
    management_url="http://127.0.0.1:8081",
    management_tls_url="https://localhost:8443",
    tenant_id="",
    subscription_id="",
    resource_group="",
    default_resource="",
    proxy_url="http://127.0.0.1:8082",
)


def happening(*, last_at: float = NOW, count: int = 1, reason: str = "") -> dict[str, object]:
    return {"host": HOST, "reason": reason, "count": count, "last_at": last_at}


def write_report(folder: Path, **seen: object) -> Path:
    (folder / "proxy.json").write_text(json.dumps({"since": NOW - 300, "arrivals": 1, **seen}))
    return folder / "proxy.json"


def make_run(folder: Path, *, exit_code: int = 1, **seen: Any) -> LastRun:
    run = keep_last_run(
        folder, report_file=write_report(folder, **seen), program="app", exit_code=exit_code, ended_at=NOW
    )
    assert run is not None
    return run


class TestARun:
    def test_that_never_used_the_proxy_is_told_so_when_it_failed(self, tmp_path: Path) -> None:
        finding = explain_run(make_run(tmp_path, arrivals=0))
        assert finding is not None
        assert finding.message.startswith("app never used the proxy")
        assert "ingate up --tls" in finding.fix

    @pytest.mark.parametrize("exit_code", [0, 130, 143])
    def test_that_did_not_fail_or_was_ended_is_told_nothing(self, tmp_path: Path, exit_code: int) -> None:
        assert explain_run(make_run(tmp_path, arrivals=0, exit_code=exit_code)) is None

    def test_that_came_along_is_told_nothing(self, tmp_path: Path) -> None:
        assert explain_run(make_run(tmp_path, served=[happening()])) is None

    def test_that_broke_off_is_told_where_and_why(self, tmp_path: Path) -> None:
        finding = explain_run(make_run(tmp_path, broken_off=[happening(reason="tlsv1 alert unknown ca")]))
        assert finding is not None
        assert finding.message.startswith(f"app broke off TLS with {HOST} (tlsv1 alert unknown ca)")
        assert "ingate trust" in finding.fix

    def test_that_left_each_time_without_a_word_is_told_so(self, tmp_path: Path) -> None:
        unheard: dict[str, Any] = {"left_unheard": [happening(count=2)]}
        assert explain_run(make_run(tmp_path, served=[happening(count=3)], **unheard)) is None
        finding = explain_run(make_run(tmp_path, served=[happening(count=2)], **unheard))
        assert finding is not None
        assert "right after TLS" in finding.message

    def test_is_kept_for_doctor_without_its_arguments(self, tmp_path: Path) -> None:
        run = make_run(tmp_path, arrivals=0)
        assert read_last_run(tmp_path) == run
        assert (tmp_path / LAST_RUN_FILE).stat().st_mode & 0o777 == 0o600
        [finding] = diagnose_last_run(run, NOW + 60)
        assert finding.level == "problem"
        assert finding.message.startswith("the last `ingate run` ended with 1: app never used the proxy")
        assert diagnose_last_run(run, NOW + RECENT_SECONDS + 1) == []

    def test_of_which_the_proxy_said_nothing_is_not_kept(self, tmp_path: Path) -> None:
        missing = tmp_path / "proxy.json"
        assert keep_last_run(tmp_path, report_file=missing, program="a", exit_code=1, ended_at=NOW) is None
        assert read_last_run(tmp_path) is None
        assert diagnose_last_run(None, NOW) == []


class TestAnOwnProxy:
    def test_to_which_nobody_came_is_a_note(self, tmp_path: Path) -> None:
        [finding] = diagnose_own_proxy(read_report(write_report(tmp_path, arrivals=0)), RUNNING, NOW)
        assert (finding.level, finding.fix) == ("note", 'in the program\'s shell: eval "$(ingate env)"')
        assert "since this Ingate was started, 5 minutes ago" in finding.message

    def test_that_clients_do_not_trust_is_a_problem_until_somebody_does(self, tmp_path: Path) -> None:
        broken = [happening(reason="unknown ca", last_at=NOW - 60)]
        levels: list[str] = []
        for served_at in (NOW - 120, NOW - 30):
            report = read_report(write_report(tmp_path, broken_off=broken, served=[happening(last_at=served_at)]))
            levels += [finding.level for finding in diagnose_own_proxy(report, RUNNING, NOW)]
        assert levels == ["problem", "note"]

    def test_of_long_ago_is_nobodys_question(self, tmp_path: Path) -> None:
        broken = [happening(reason="unknown ca", last_at=NOW - RECENT_SECONDS - 1)]
        assert diagnose_own_proxy(read_report(write_report(tmp_path, broken_off=broken)), RUNNING, NOW) == []

    def test_that_there_is_none_is_no_finding(self, tmp_path: Path) -> None:
        report = read_report(write_report(tmp_path, arrivals=0))
        without = RunningIngate(
            gateway_url="",
            management_url="",
            management_tls_url="",
            tenant_id="",
            subscription_id="",
            resource_group="",
            default_resource="",
        )
        assert diagnose_own_proxy(report, without, NOW) == []
        assert diagnose_own_proxy(None, RUNNING, NOW) == []

    @pytest.mark.parametrize("content", ["", "[]", '{"served": 1, "arrivals": "many"}', '{"served": [{"host": 1}]}'])
    def test_whose_file_is_damaged_harms_nobody(self, tmp_path: Path, content: str) -> None:
        (tmp_path / "proxy.json").write_text(content)
        diagnose_own_proxy(read_report(tmp_path / "proxy.json"), RUNNING, NOW)
