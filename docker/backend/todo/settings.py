"""Settings: environment variables, checked once when a process starts. Each process asks for what it uses, and no more."""

from __future__ import annotations

import base64
import binascii
import logging
from typing import Annotated, Literal, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

log = logging.getLogger(__name__)

URL_FORM = "must look like postgresql://user:password@host:5432/database (percent-encode special characters)"
BROWSERS_PUSH_SERVICES = (
    "fcm.googleapis.com",
    "*.push.services.mozilla.com",
    "*.push.apple.com",
    "*.notify.windows.com",
)


def _tidy(value: object) -> object:
    """Secrets mounted from files often end in a newline."""
    return value.strip() if isinstance(value, str) else value


def _tidy_lower(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


def _http_url(value: str) -> str:
    try:
        url = urlsplit(value)
        good = url.scheme in ("http", "https") and bool(url.hostname) and not url.username and not url.password
        _ = url.port
    except ValueError:
        good = False
    if not good:
        raise ValueError("must be an http:// or https:// URL without a user or password")
    return value


def _key_of(size: int) -> AfterValidator:
    def check(value: str | SecretStr) -> str | SecretStr:
        text = value.get_secret_value() if isinstance(value, SecretStr) else value
        try:
            raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        except (binascii.Error, ValueError):
            raw = b""
        if len(raw) != size:
            raise ValueError(f"must be {size} bytes in base64url")
        return value

    return AfterValidator(check)


def _hosts(value: object) -> object:
    if isinstance(value, str):
        return tuple(part for part in (piece.strip().lower() for piece in value.split(",")) if part)
    return value


Text = Annotated[str, BeforeValidator(_tidy)]
Secret = Annotated[SecretStr, BeforeValidator(_tidy)]
HttpUrl = Annotated[Text, AfterValidator(_http_url)]
VapidPublicKey = Annotated[Text, _key_of(65)]
VapidPrivateKey = Annotated[Secret, _key_of(32)]
Hosts = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_hosts)]


class DatabaseSettings(BaseSettings):
    """What every process needs. Field names are the variables' names in lower case. An empty variable counts as unset."""

    model_config = SettingsConfigDict(env_ignore_empty=True, hide_input_in_errors=True)

    database_url: Secret
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


class PushSettings(DatabaseSettings):
    """Where pushed messages may go. Plain http is for tests."""

    push_allowed_hosts: Hosts = BROWSERS_PUSH_SERVICES
    push_allow_http: bool = False


class Settings(PushSettings):
    """The API."""

    auth_jwks_url: HttpUrl
    auth_issuer: Text
    auth_audience: Text

    llm_base_url: HttpUrl = "https://openrouter.ai/api/v1"
    llm_model: Text = "openai/gpt-4o-mini"
    llm_api_key: Secret | None = None
    llm_connect_seconds: float = Field(default=5, gt=0, le=60)
    llm_first_token_seconds: float = Field(default=30, gt=0, le=300)
    llm_total_seconds: float = Field(default=120, gt=0, le=600)
    llm_messages_per_minute: int = Field(default=10, ge=1)
    llm_daily_tokens: int = Field(default=200_000, ge=1)
    llm_daily_cost_usd: float = Field(default=1.0, gt=0)

    vapid_public_key: VapidPublicKey | None = None


class WorkerSettings(PushSettings):
    """The worker that sends reminders."""

    vapid_public_key: VapidPublicKey
    vapid_private_key: VapidPrivateKey
    vapid_subject: Text

    @field_validator("vapid_subject")
    @classmethod
    def _check_subject(cls, value: str) -> str:
        if not value.startswith(("mailto:", "https://")):
            raise ValueError("must be a mailto: or https:// address that push services can write to")
        return value

    @model_validator(mode="after")
    def _check_pair(self) -> WorkerSettings:
        """A pair that doesn't belong together would be refused by each browser's push service, one delivery at a time."""
        from .push.vapid import public_key_of

        try:
            belonging = public_key_of(self.vapid_private_key.get_secret_value())
        except ValueError:
            raise ValueError("VAPID_PRIVATE_KEY is no key of the curve P-256") from None
        if belonging != self.vapid_public_key.rstrip("="):
            raise ValueError("VAPID_PUBLIC_KEY doesn't belong to VAPID_PRIVATE_KEY")
        return self


class DigestSettings(DatabaseSettings):
    """The job that plans the daily summaries; `digest_hour` is each user's own hour of the day."""

    digest_hour: int = Field(default=8, ge=0, le=23)


def describe(error: ValidationError) -> str:
    """One line that names each bad variable and what it should be, without its value."""
    parts = []
    for item in error.errors(include_url=False, include_context=False, include_input=False):
        name = str(item["loc"][0]).upper() + ": " if item["loc"] else ""
        message = "is not set" if item["type"] == "missing" else item["msg"].removeprefix("Value error, ")
        parts.append(f"{name}{message}")
    return "; ".join(parts)


Kind = TypeVar("Kind", bound=DatabaseSettings)


def load_settings(kind: type[Kind]) -> Kind:
    """Read the environment; end the process (exit code 1) with one line when a setting is bad."""
    try:
        return kind()  # type: ignore[call-arg]  # the fields come from the environment
    except ValidationError as error:
        log.critical("bad settings: %s", describe(error))
        raise SystemExit(1) from None
