"""Settings from files and variables, and the messages about wrong ones."""

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import pytest

from easd import config
from easd.config import ConfigError, Settings, load
from easd.service import context

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def _write(text: str) -> Path:
        path = tmp_path / "easd.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return _write


def _faults(path: Path | None = None, environ: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(path, environ or {})
    return str(caught.value).replace(str(path), "FILE").splitlines()


def test_without_file_and_variables_all_defaults_hold() -> None:
    assert load(None, {}) == Settings()


def test_the_database_is_a_file_in_the_data_directory_unless_a_url_is_given() -> None:
    assert load(None, {"EASD_DATABASE_DATA_DIR": "/srv/easd"}).database_url == "sqlite:////srv/easd/easd.db"
    assert load(None, {"EASD_DATABASE_URL": "postgresql+psycopg://h/d"}).database_url == "postgresql+psycopg://h/d"


def test_a_variable_wins_over_the_file(write: Write) -> None:
    path = write('[server]\nport = 1000\nhost = "::1"\n[log]\nformat = "console"\n')
    found = load(path, {"EASD_SERVER_PORT": "2000"})
    assert (found.server.port, found.server.host, found.log.format) == (2000, "::1", "console")


def test_lists_come_as_arrays_or_with_commas(write: Write) -> None:
    path = write('[server]\ntrusted_proxies = ["10.0.0.0/8", "::1"]\n')
    assert load(path, {}).server.trusted_proxies == ("10.0.0.0/8", "::1")
    assert load(None, {"EASD_SERVER_TRUSTED_PROXIES": "10.0.0.1, 10.0.0.2,"}).server.trusted_proxies == (
        "10.0.0.1",
        "10.0.0.2",
    )


def test_words_of_the_environment_become_truth_values() -> None:
    assert load(None, {"EASD_METRICS_ENABLED": "false"}).metrics.enabled is False
    assert load(None, {"EASD_METRICS_ENABLED": "1"}).metrics.enabled is True


@pytest.mark.parametrize(
    "text, fault",
    [
        ("[server]\nport = 70000\n", "FILE: [server] port: expected `int` <= 65535"),
        ("[server]\nport = '8080'\n", "FILE: [server] port: expected `int`, got `str`"),
        ("[server]\nprot = 1\n", "FILE: [server] prot is no setting; did you mean port?"),
        ("[server]\nzzzz = 1\n", "FILE: [server] zzzz is no setting"),
        ("[sever]\nport = 1\n", "FILE: [sever] is no section; did you mean server?"),
        ("server = 1\n", "FILE: server is a section: write [server] and its keys below"),
        ("[log]\nlevel = 'loud'\n", "FILE: [log] level: invalid enum value 'loud'"),
        ("[server]\ntls_cert = 'c'\n", "server.tls_cert and server.tls_key: give both or none"),
        ("[server]\npublic_url = 'mail'\n", "server.public_url: 'mail' does not begin with https:// or http://"),
        ("[server]\ntrusted_proxies = ['x']\n", "server.trusted_proxies: 'x' is neither an address nor a network"),
        ("[metrics]\npath = 'm'\n", "metrics.path: does not begin with /"),
        (
            "[limits]\nheartbeat_min = 100\nheartbeat_max = 99\n",
            "limits.heartbeat_min is greater than limits.heartbeat_max",
        ),
        (
            "[limits]\nwindow_default = 100\nwindow_max = 99\n",
            "limits.window_default is greater than limits.window_max",
        ),
        (
            "[limits]\nbody_bytes = 2048\nmessage_bytes = 2047\n",
            "limits.body_bytes is greater than limits.message_bytes",
        ),
        (
            '[relay]\nhost = "relay.test"\ndirect = true\n',
            "relay.host and relay.direct: mail goes one way or the other",
        ),
        (
            '[relay]\nhost = "relay.test"\nusername = "u"\npassword = "p"\npassword_file = "f"\n',
            "relay.password and relay.password_file: give one of them",
        ),
        (
            '[relay]\nhost = "relay.test"\nusername = "u"\n',
            "relay.username and relay.password or relay.password_file: give both or none",
        ),
        (
            '[relay]\nhost = "relay.test"\nusername = "u"\npassword = "p"\ntls = "none"\n',
            "relay.username with relay.tls = none: the password would be seen on the way",
        ),
        ("[smtp]\nlisten = '25'\n", "smtp.listen: '25' is not an address, a colon and a port"),
        (
            "[smtp]\nsubmission = ':587'\n",
            "smtp.submission: nobody may sign in without TLS, so server.tls_cert is needed",
        ),
        ("[smtp]\ntrusted = ['x']\n", "smtp.trusted: 'x' is neither an address nor a network"),
        ("[smtp]\ndns_servers = ['x:53']\n", "smtp.dns_servers: 'x:53' is not an address, with or without a port"),
        (
            "[smtp]\nmemory_bytes = 1048576\n",
            "smtp.memory_bytes is not twice smtp.message_bytes: the largest message would never be taken",
        ),
        ("[queue]\nmost_seconds = 59\n", "queue.first_seconds is greater than queue.most_seconds"),
        ("[queue]\ngive_up_hours = 4\n", "queue.warn_hours is not less than queue.give_up_hours"),
    ],
)
def test_a_wrong_file_gets_a_message_that_names_the_place(write: Write, text: str, fault: str) -> None:
    assert _faults(write(text)) == [fault]


@pytest.mark.parametrize(
    "variable, value, fault",
    [
        ("EASD_SERVER_PORT", "http", "EASD_SERVER_PORT: expected `int`, got `str`"),
        ("EASD_SERVER_PORT", "-1", "EASD_SERVER_PORT: expected `int` >= 0"),
        ("EASD_SERVER_PROT", "1", "EASD_SERVER_PROT is no setting; did you mean EASD_SERVER_PORT?"),
        ("EASD_SEVER_PORT", "1", "EASD_SEVER_PORT is no setting; did you mean EASD_SERVER_PORT?"),
    ],
)
def test_a_wrong_variable_gets_a_message_that_names_it(variable: str, value: str, fault: str) -> None:
    assert _faults(None, {variable: value}) == [fault]


def test_all_faults_are_told_at_once(write: Write) -> None:
    path = write("[server]\nport = -1\nfoo = 1\n")
    assert len(_faults(path, {"EASD_LOG_LEVEL": "loud"})) == 3


@pytest.mark.parametrize("variable", ["PATH", "EASD_SERVICE_PORT", "EASD_PORT_443_TCP", "EASD_UNRELATED"])
def test_variables_of_others_are_left_alone(variable: str) -> None:
    assert load(None, {variable: "x"}) == Settings()


def test_a_file_that_is_not_there_or_no_toml_is_named(tmp_path: Path, write: Write) -> None:
    with pytest.raises(ConfigError, match=r"absent\.toml: .*No such file"):
        load(tmp_path / "absent.toml", {})
    with pytest.raises(ConfigError, match=r"easd\.toml: .*line 1"):
        load(write("= 3"), {})


def test_a_secret_in_a_url_is_not_repeated_in_a_message() -> None:
    assert "hunter2" not in "".join(_faults(None, {"EASD_DATABASE_URLL": "postgresql://u:hunter2@h/d"}))


def test_the_process_environment_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EASD_SERVER_PORT", "4711")
    assert load().server.port == 4711


def test_every_setting_is_documented_and_numbers_are_bounded() -> None:
    every = config.settings()
    assert len({setting.variable for setting in every}) == len(every)
    for setting in every:
        assert setting.description.endswith("."), setting.name
        if type(setting.default) is int:
            assert setting.least is not None, setting.name
            assert setting.most is not None, setting.name
            assert setting.least <= setting.default <= setting.most


def test_the_limits_of_the_services_are_settings_with_the_same_defaults() -> None:
    for limit in fields(context.Limits):
        assert getattr(Settings().limits, limit.name) == limit.default, limit.name
