from __future__ import annotations

from pathlib import Path

import pytest

from ingate.settings import (
    Settings,
    SettingsError,
    is_loopback,
    parse_settings,
    read_environment,
    read_limits_address,
    render_settings,
    restore_settings,
)


class TestPrecedence:
    def test_an_option_goes_before_its_variable_and_that_before_the_default(self) -> None:
        environment = {"INGATE_PORT": "1", "INGATE_HOST": "127.0.0.2"}
        settings = parse_settings({"port": 2}, environment)
        assert (settings.port, settings.host, settings.management_port) == (2, "127.0.0.2", 8081)

    def test_an_option_that_was_not_given_does_not_count(self) -> None:
        assert parse_settings({"port": None}, {"INGATE_PORT": "1"}).port == 1

    def test_an_empty_variable_does_not_count(self) -> None:
        assert parse_settings({}, {"INGATE_PORT": "", "INGATE_LOCAL": ""}) == parse_settings({}, {})

    def test_an_option_may_be_zero(self) -> None:
        assert parse_settings({"port": 0}, {"INGATE_PORT": "1"}).port == 0

    def test_without_an_environment_the_processs_own_is_read(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("INGATE_PORT", "12345")
        assert parse_settings({}).port == 12345

    def test_other_variables_are_no_settings(self) -> None:
        assert parse_settings({}, {"PORT": "1", "INGATE_NONSENSE": "x", "ingate_port": "2"}) == parse_settings({}, {})


class TestValues:
    def test_defaults(self) -> None:
        settings = parse_settings({}, {})
        assert (settings.host, settings.port, settings.management_port) == ("127.0.0.1", 8080, 8081)
        assert settings.data_dir.is_absolute()
        assert "ingate" in str(settings.data_dir)
        assert (settings.development_keys, settings.domains, settings.local) == (False, (), "")

    @pytest.mark.parametrize(
        ("text", "flag"),
        [("1", True), ("true", True), ("YES", True), ("0", False), ("False", False), ("no", False)],
    )
    def test_flags(self, text: str, flag: bool) -> None:
        assert parse_settings({}, {"INGATE_DEVELOPMENT_KEYS": text}).development_keys is flag
        assert parse_settings({"development_keys": flag}, {}).development_keys is flag

    def test_lists(self) -> None:
        assert parse_settings({}, {"INGATE_DOMAINS": "a.example, b.example ,,"}).domains == ("a.example", "b.example")
        assert parse_settings({"domains": ("a.example",)}, {}).domains == ("a.example",)

    def test_paths_are_absolute_and_know_home(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("HOME", str(tmp_path))
        monkeypatch.chdir(tmp_path)
        assert parse_settings({}, {"INGATE_DATA_DIR": "~/x"}).data_dir == tmp_path / "x"
        assert parse_settings({"data_dir": Path("y")}, {}).data_dir == tmp_path / "y"

    def test_numbers(self) -> None:
        environment = {"INGATE_DRAIN_TIMEOUT": "2.5", "INGATE_WORKERS": "3"}
        settings = parse_settings({}, environment)
        assert (settings.drain_timeout, settings.workers) == (2.5, 3)


class TestTls:
    def test_a_port_for_it_asks_for_it(self) -> None:
        assert parse_settings({}, {}).tls is False
        assert parse_settings({"tls": True}, {}).tls_port == 443
        assert parse_settings({"tls_port": 0}, {}).tls is True
        assert parse_settings({}, {"INGATE_TLS_PORT": "8443", "INGATE_TLS": "no"}).tls is False

    @pytest.mark.parametrize("name", ["trusted_proxies", "private_ranges"])
    @pytest.mark.parametrize("network", ["127.0.0.1", "127.0.0.0/8", "::1", "0.0.0.0/0"])
    def test_on_other_addresses_loopback_stands_for_everyone(self, name: str, network: str) -> None:
        assert parse_settings({"tls": True, name: (network,)}, {}).tls
        assert parse_settings({"tls": True, "host": "0.0.0.0", name: ("10.0.0.0/8",)}, {}).tls
        with pytest.raises(SettingsError, match=f"{name.upper()}: with tls on 0.0.0.0, loopback"):
            parse_settings({"tls": True, "host": "0.0.0.0", name: (network,)}, {})


class TestErrors:
    @pytest.mark.parametrize(
        ("options", "environment", "message"),
        [
            ({}, {"INGATE_PORT": "http"}, "INGATE_PORT: a whole number is expected, not 'http'"),
            ({"port": "http"}, {}, "INGATE_PORT: a whole number is expected, not 'http'"),
            ({}, {"INGATE_HEAD_TIMEOUT": "soon"}, "INGATE_HEAD_TIMEOUT: a number is expected, not 'soon'"),
            (
                {},
                {"INGATE_DEVELOPMENT_KEYS": "maybe"},
                "INGATE_DEVELOPMENT_KEYS: 1, true, yes, 0, false or no is expected, not 'maybe'",
            ),
            ({}, {"INGATE_PORT": "65536"}, "INGATE_PORT: not a port"),
            ({}, {"INGATE_MANAGEMENT_PORT": "-1"}, "INGATE_MANAGEMENT_PORT: not a port"),
            ({}, {"INGATE_WORKERS": "0"}, "INGATE_WORKERS: at least 1"),
            ({}, {"INGATE_MAX_CONNECTIONS": "0"}, "INGATE_MAX_CONNECTIONS: at least 1"),
            ({}, {"INGATE_HEAD_TIMEOUT": "nan"}, "INGATE_HEAD_TIMEOUT: a finite number, not negative"),
            ({}, {"INGATE_DRAIN_TIMEOUT": "-1"}, "INGATE_DRAIN_TIMEOUT: a finite number, not negative"),
            ({}, {"INGATE_IDLE_TIMEOUT": "inf"}, "INGATE_IDLE_TIMEOUT: a finite number, not negative"),
            (
                {},
                {"INGATE_SIMULATOR_TOKENS_PER_SECOND": "-5"},
                "INGATE_SIMULATOR_TOKENS_PER_SECOND: a finite number, not negative",
            ),
            ({}, {"INGATE_LOG_LEVEL": "loud"}, "INGATE_LOG_LEVEL: debug, info, warning or error"),
            (
                {"development_keys": True, "host": "0.0.0.0"},
                {},
                "INGATE_HOST: 0.0.0.0 is not loopback, and the development keys are known to everyone; "
                "start without --development-keys",
            ),
        ],
    )
    def test_each_names_the_setting_and_says_what_it_takes(
        self, options: dict[str, object], environment: dict[str, str], message: str
    ) -> None:
        with pytest.raises(SettingsError) as caught:
            parse_settings(options, environment)
        assert str(caught.value) == message


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "localhost"])
def test_loopback(host: str) -> None:
    assert is_loopback(host)
    assert parse_settings({"host": host, "development_keys": True}, {}).development_keys


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.com", "", "127.1", "localhost.example.com"])
def test_not_loopback(host: str) -> None:
    assert not is_loopback(host)


def test_a_child_process_gets_the_same_settings() -> None:
    settings = parse_settings(
        {"port": 0, "domains": ("a.example", "é.example"), "data_dir": Path("/x y"), "idle_timeout": 0.5}, {}
    )
    assert restore_settings(render_settings(settings)) == settings
    assert restore_settings(render_settings(Settings())) == Settings()


def test_credentials_are_read_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_SECRET", "s")
    assert read_environment("SOME_SECRET") == "s"
    monkeypatch.delenv("SOME_SECRET")
    with pytest.raises(KeyError):
        read_environment("SOME_SECRET")


class TestSharedLimits:
    URL = "valkey://user:s3cret@cache.example:7000/2"

    def test_the_address_stands_in_settings_without_its_password(self) -> None:
        settings = parse_settings({}, {"INGATE_LIMITS": self.URL})
        assert settings.limits == "valkey://cache.example:7000/2"
        assert "s3cret" not in render_settings(settings) + repr(settings)

    def test_a_child_process_has_the_password_from_the_environment(self) -> None:
        environment = {"INGATE_LIMITS": self.URL}
        settings = restore_settings(render_settings(parse_settings({}, environment)))
        address = read_limits_address(settings, environment)
        assert address is not None
        assert (address.host, address.port, address.database) == ("cache.example", 7000, 2)
        assert (address.user, address.password) == ("user", "s3cret")

    def test_another_address_in_the_environment_does_not_count(self) -> None:
        settings = parse_settings({"limits": "valkey://a.example"}, {})
        address = read_limits_address(settings, {"INGATE_LIMITS": "valkey://:s3cret@b.example"})
        assert address is not None
        assert (address.host, address.password) == ("a.example", "")

    def test_without_one_limits_are_kept_in_process(self) -> None:
        assert read_limits_address(parse_settings({}, {}), {}) is None

    @pytest.mark.parametrize(
        ("variable", "value", "message"),
        [
            ("LIMITS", "valkey://:s3cret@h:x", "INGATE_LIMITS: in-process, or valkey://"),
            ("LIMITS", "redis://h", "INGATE_LIMITS: in-process, or valkey://"),
            ("LIMITS_WHEN_AWAY", "ignore", "INGATE_LIMITS_WHEN_AWAY: refuse or admit"),
            ("LIMITS_TIMEOUT", "0", "INGATE_LIMITS_TIMEOUT: more than 0 seconds"),
        ],
    )
    def test_one_that_cannot_be_used_is_named_but_not_shown(self, variable: str, value: str, message: str) -> None:
        with pytest.raises(SettingsError, match=message) as caught:
            parse_settings({}, {f"INGATE_{variable}": value})
        assert "s3cret" not in str(caught.value)


def test_free_ports_are_taken_for_both_management_listeners_at_once() -> None:
    assert parse_settings({"management_port": 0}, {}).management_tls_port == 0
    assert parse_settings({"management_port": 0, "management_tls_port": 9443}, {}).management_tls_port == 9443
    assert parse_settings({}, {}).management_tls_port == 8443


def test_a_script_needs_one_worker() -> None:
    with pytest.raises(SettingsError, match="INGATE_SCRIPT: .*--workers 1"):
        parse_settings({"script": "rules.yaml", "workers": 2}, {})


class TestRecording:
    def record(self, **options: object) -> Settings:
        given = {"record_to": "cassettes", "record_upstream_url": "https://api.example.com"}
        return parse_settings(given | options, {})

    def test_a_folder_and_an_upstream_are_enough(self) -> None:
        assert self.record(record_redact=("a.*",), record_deployments=("a=b",)).record_to == "cassettes"

    @pytest.mark.parametrize(
        ("options", "reason"),
        [
            ({"record_to": ""}, "one is of no use without the other"),
            ({"record_upstream_url": ""}, "one is of no use without the other"),
            ({"workers": 2}, "by one worker"),
            ({"local": "smollm2"}, "not with --local"),
            ({"record_upstream_url": "ftp://h"}, "INGATE_RECORD_UPSTREAM_URL: must be an http or https URL"),
            ({"record_upstream_url": "https://user:CANARY@h"}, "must not hold a user name or password"),
            ({"record_credential": "CANARY"}, "INGATE_RECORD_CREDENTIAL: must be env:VARIABLE"),
            ({"record_credential": "env:A", "record_upstream_url": "http://h"}, "over plain http to another machine"),
            ({"record_credential_header": "cookie"}, "INGATE_RECORD_CREDENTIAL_HEADER"),
            ({"record_profile": "x"}, "INGATE_RECORD_PROFILE: none"),
            ({"record_deployments": ("a",)}, "NAME=MODEL"),
            ({"record_redact": ("a..b",)}, "INGATE_RECORD_REDACT: 'a..b' is no path"),
        ],
    )
    def test_what_cannot_work_is_refused_without_repeating_secrets(
        self, options: dict[str, object], reason: str
    ) -> None:
        with pytest.raises(SettingsError) as raised:
            self.record(**options)
        assert reason in str(raised.value)
        assert "CANARY" not in str(raised.value)


class TestOtlpEndpoint:
    def test_a_collector_is_named_by_its_base_url(self) -> None:
        settings = parse_settings({}, {"INGATE_OTLP_ENDPOINT": "http://localhost:4318"})
        assert settings.otlp_endpoint == "http://localhost:4318"

    @pytest.mark.parametrize(
        "url", ["collector:4318", "http://me:secret@host", "http://host/v1", "http://host?key=1"]
    )
    def test_what_is_none_is_refused_without_repeating_it(self, url: str) -> None:
        with pytest.raises(SettingsError, match="INGATE_OTLP_ENDPOINT") as caught:
            parse_settings({}, {"INGATE_OTLP_ENDPOINT": url})
        assert url not in str(caught.value)

    def test_a_backlog_has_room(self) -> None:
        with pytest.raises(SettingsError, match="INGATE_SINK_BACKLOG_BYTES: at least 1"):
            parse_settings({}, {"INGATE_SINK_BACKLOG_BYTES": "0"})
