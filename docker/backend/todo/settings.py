"""Settings: environment variables, checked once when a process starts."""

from __future__ import annotations

import logging
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

log = logging.getLogger(__name__)

URL_FORM = "must look like postgresql://user:password@host:5432/database (percent-encode special characters)"


def _tidy(value: object) -> object:
    """Secrets mounted from files often end in a newline."""
    return value.strip() if isinstance(value, str) else value


def _tidy_lower(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


class Settings(BaseSettings):
    """Field names are the environment variables' names in lower case. An empty variable counts as unset."""

    model_config = SettingsConfigDict(env_ignore_empty=True, hide_input_in_errors=True)

    database_url: Annotated[SecretStr, BeforeValidator(_tidy)]
    database_pool_size: int = Field(default=5, ge=1, le=100)
    log_level: Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_tidy_lower)] = "info"

    @field_validator("database_url")
    @classmethod
    def _check_url(cls, value: SecretStr) -> SecretStr:
        """Say what is wrong here, by name, and not at the first query; never repeat the value."""
        try:
            url = urlsplit(value.get_secret_value())
            complete = bool(url.hostname and url.path.strip("/"))
            _ = url.port
        except ValueError:
            raise ValueError(URL_FORM) from None
        if url.scheme not in ("postgresql", "postgres") or not complete:
            raise ValueError(URL_FORM)
        return value

    @property
    def dsn(self) -> str:
        return self.database_url.get_secret_value()


def describe(error: ValidationError) -> str:
    """One line that names each bad variable and what it should be, without its value."""
    parts = []
    for item in error.errors(include_url=False, include_context=False, include_input=False):
        name = str(item["loc"][0]).upper()
        message = "is not set" if item["type"] == "missing" else item["msg"].removeprefix("Value error, ")
        parts.append(f"{name}: {message}")
    return "; ".join(parts)


def load_settings() -> Settings:
    """Read the environment; end the process (exit code 1) with one line when a setting is bad."""
    try:
        return Settings()  # type: ignore[call-arg]  # the fields come from the environment
    except ValidationError as error:
        log.critical("bad settings: %s", describe(error))
        raise SystemExit(1) from None
