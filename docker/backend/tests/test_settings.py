from __future__ import annotations

import json
import subprocess
import sys

import pytest

from todo.logs import configure_logging
from todo.push.vapid import public_key_of
from todo.settings import DigestSettings, Settings, WorkerSettings, load_settings

from .conftest import BACKEND, environment

GOOD = "postgresql://todo:sentinel@database:5432/todo"
AUTH = {
    "AUTH_JWKS_URL": "http://frontend:3000/api/auth/jwks",
    "AUTH_ISSUER": "https://todo.example",
    "AUTH_AUDIENCE": "https://todo.example",
}
# a pair made for these tests
PRIVATE = "eyk0_VjmBB0tHBVcsmyVW2hWqSm0WHlyXNe7xHn0n4k"


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "DATABASE_POOL_SIZE", "LOG_LEVEL", "LLM_API_KEY", "PUSH_ALLOWED_HOSTS"):
        monkeypatch.delenv(name, raising=False)
    for name, value in AUTH.items():
        monkeypatch.setenv(name, value)


def test_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", f" {GOOD}\n")
    monkeypatch.setenv("LOG_LEVEL", "")
    settings = load_settings(Settings)
    assert settings.llm_api_key is None
    assert (settings.dsn, settings.log_level, settings.database_pool_size) == (GOOD, "info", 5)
    assert "sentinel" not in repr(settings)


@pytest.mark.parametrize("url", ["postgres://u:p@h/d", "postgresql://u:p%40@h:1/d?sslmode=require"])
def test_urls_that_are_fine(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    assert load_settings(DigestSettings).dsn == url


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", None),
        ("DATABASE_URL", ""),
        ("DATABASE_URL", "mysql://u:sentinel@h/d"),
        ("DATABASE_URL", "postgresql://u:sentinel@h"),
        ("DATABASE_URL", "postgresql://u:sentinel@h:port/d"),
        ("DATABASE_URL", "postgresql://u:senti/nel@h:5432/d"),
        ("DATABASE_URL", "postgresql://[sentinel/d"),
        ("DATABASE_POOL_SIZE", "sentinel"),
        ("DATABASE_POOL_SIZE", "0"),
        ("LOG_LEVEL", "sentinel"),
        ("AUTH_JWKS_URL", None),
        ("AUTH_JWKS_URL", "frontend/sentinel"),
        ("AUTH_JWKS_URL", "http://u:sentinel@frontend/jwks"),
        ("AUTH_ISSUER", ""),
        ("AUTH_AUDIENCE", None),
        ("LLM_BASE_URL", "ftp://sentinel"),
        ("LLM_DAILY_TOKENS", "0"),
        ("VAPID_PUBLIC_KEY", "sentinel"),
    ],
)
def test_bad_settings_end_the_process(
    name: str, value: str | None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", GOOD)
    if value is None:
        monkeypatch.delenv(name)
    else:
        monkeypatch.setenv(name, value)
    configure_logging()
    with pytest.raises(SystemExit) as ended:
        load_settings(Settings)
    assert ended.value.code == 1
    said = capsys.readouterr()
    [line] = said.out.splitlines()
    assert said.err == ""
    assert name in json.loads(line)["message"]
    assert "senti" not in line


def test_push_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", GOOD)
    assert "fcm.googleapis.com" in load_settings(Settings).push_allowed_hosts
    monkeypatch.setenv("PUSH_ALLOWED_HOSTS", "Push.example.org, *.push.example.com ,")
    assert load_settings(Settings).push_allowed_hosts == ("push.example.org", "*.push.example.com")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("VAPID_PRIVATE_KEY", None, "VAPID_PRIVATE_KEY: is not set"),
        ("VAPID_PRIVATE_KEY", "sentinel", "VAPID_PRIVATE_KEY: must be 32 bytes in base64url"),
        ("VAPID_PRIVATE_KEY", "A" * 42 + "E", "VAPID_PUBLIC_KEY doesn't belong to VAPID_PRIVATE_KEY"),
        ("VAPID_PRIVATE_KEY", "A" * 43, "VAPID_PRIVATE_KEY is no key of the curve P-256"),
        ("VAPID_SUBJECT", "sentinel", "VAPID_SUBJECT: must be a mailto: or https:// address that push services can write to"),
    ],
)
def test_the_workers_keys(
    name: str, value: str | None, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    good = {
        "DATABASE_URL": GOOD,
        "VAPID_PRIVATE_KEY": PRIVATE + "\n",
        "VAPID_PUBLIC_KEY": public_key_of(PRIVATE),
        "VAPID_SUBJECT": "mailto:a@b.c",
    }
    for variable, text in good.items():
        monkeypatch.setenv(variable, text)
    assert PRIVATE not in repr(load_settings(WorkerSettings))
    monkeypatch.delenv(name) if value is None else monkeypatch.setenv(name, value)
    configure_logging()
    with pytest.raises(SystemExit):
        load_settings(WorkerSettings)
    [line] = capsys.readouterr().out.splitlines()
    assert json.loads(line)["message"] == f"bad settings: {said}"


@pytest.mark.parametrize(
    "command",
    [["uvicorn", "--factory", "todo.main:create_app", "--port", "0"], ["alembic", "upgrade", "head"], ["todo.worker"], ["todo.digest"]],
)
def test_all_commands_say_it_in_one_line(command: list[str]) -> None:
    vapid = {"VAPID_PRIVATE_KEY": PRIVATE, "VAPID_PUBLIC_KEY": public_key_of(PRIVATE), "VAPID_SUBJECT": "mailto:a@b.c"}
    env = environment(DATABASE_URL="mysql://u:sentinel@h/d", **AUTH, **vapid)
    done = subprocess.run([sys.executable, "-m", *command], cwd=BACKEND, env=env, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr == ""
    [line] = done.stdout.splitlines()
    assert json.loads(line)["message"].startswith("bad settings: DATABASE_URL: must look like")
    assert "sentinel" not in line
