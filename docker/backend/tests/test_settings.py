from __future__ import annotations

import json
import subprocess
import sys

import pytest

from todo.logs import configure_logging
from todo.settings import load_settings

from .conftest import BACKEND, environment

GOOD = "postgresql://todo:sentinel@database:5432/todo"


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "DATABASE_POOL_SIZE", "LOG_LEVEL"):
        monkeypatch.delenv(name, raising=False)


def test_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", f" {GOOD}\n")
    monkeypatch.setenv("LOG_LEVEL", "")
    settings = load_settings()
    assert (settings.dsn, settings.log_level, settings.database_pool_size) == (GOOD, "info", 5)
    assert "sentinel" not in repr(settings)


@pytest.mark.parametrize("url", ["postgres://u:p@h/d", "postgresql://u:p%40@h:1/d?sslmode=require"])
def test_urls_that_are_fine(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    assert load_settings().dsn == url


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
        load_settings()
    assert ended.value.code == 1
    said = capsys.readouterr()
    [line] = said.out.splitlines()
    assert said.err == ""
    assert name in json.loads(line)["message"]
    assert "senti" not in line


@pytest.mark.parametrize("command", [["uvicorn", "--factory", "todo.main:create_app", "--port", "0"], ["alembic", "upgrade", "head"]])
def test_both_commands_say_it_in_one_line(command: list[str]) -> None:
    env = environment(DATABASE_URL="mysql://u:sentinel@h/d")
    done = subprocess.run([sys.executable, "-m", *command], cwd=BACKEND, env=env, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr == ""
    [line] = done.stdout.splitlines()
    assert json.loads(line)["message"].startswith("bad settings: DATABASE_URL: must look like")
    assert "sentinel" not in line
