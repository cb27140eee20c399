"""Typed readers of the environment. Nonsense stops the start with the setting's name."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qs, unquote, urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured
from environs import Env, EnvError

T = TypeVar("T")

FILES_URL = "trustsr-files://localhost"  # the scheme of trustsr/broker.py

env = Env()


def read(reader: Callable[..., T], name: str, **options: Any) -> T:
    """One setting from the environment, through one of environs' readers."""
    try:
        return reader(name, **options)
    except EnvError as error:
        raise ImproperlyConfigured(f"{name}: {error}") from None


def data_dir(project: Path) -> Path:
    """The folder of everything that is not code: made when missing, private to its owner."""
    folder = Path(read(env.str, "TRUSTSR_DATA_DIR", default=str(project / "data"))).expanduser().resolve()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(f"TRUSTSR_DATA_DIR: {folder} cannot be made ({error.strerror}).") from None
    return folder


def secret_key(folder: Path) -> str:
    """SECRET_KEY of the environment; else the installation's own, made once in the data folder (mode 0600)."""
    given = read(env.str, "SECRET_KEY", default="")
    if given:
        if len(given) < 50:
            raise ImproperlyConfigured("SECRET_KEY: use at least 50 random characters.")
        return given
    path = folder / "secret_key"
    if not path.exists():
        _create_once(path, secrets.token_urlsafe(50))
    return path.read_text().strip()


def _create_once(path: Path, text: str) -> None:
    """Write a file that two starting processes may both want: the first link wins, whole."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
}


def database(folder: Path) -> dict[str, Any]:
    """DATABASE_URL, or SQLite in the data folder; PostgreSQL goes through psycopg's pool."""
    url = read(env.str, "DATABASE_URL", default=f"sqlite:///{folder / 'trustsr.sqlite3'}")
    try:
        config: dict[str, Any] = dict(dj_database_url.parse(url))
    except (ValueError, KeyError) as error:
        raise ImproperlyConfigured(f"DATABASE_URL: {error}") from None
    engine = config["ENGINE"].rsplit(".", 1)[-1]
    if engine == "sqlite3":
        config["OPTIONS"] = {**SQLITE_OPTIONS, **config.get("OPTIONS", {})}
        config["CONN_MAX_AGE"] = 600  # opening the file and its pragmas cost more than most queries
    elif engine == "postgresql":
        config["OPTIONS"] = {"pool": {"min_size": 1, "max_size": 16, "timeout": 10}, **config.get("OPTIONS", {})}
    else:
        raise ImproperlyConfigured("DATABASE_URL: use sqlite:///PATH or postgres://USER@HOST/NAME.")
    return config


def broker(folder: Path) -> tuple[str, dict[str, Any]]:
    """CELERY_BROKER_URL and transport options; without it, files in the data folder."""
    url = read(env.str, "CELERY_BROKER_URL", default="")
    if not url:
        box = folder / "broker"
        for name in ("messages", "done", "control"):
            (box / name).mkdir(mode=0o700, parents=True, exist_ok=True)
        return FILES_URL, {
            "data_folder_in": str(box / "messages"),
            "data_folder_out": str(box / "messages"),
            "processed_folder": str(box / "done"),
            "control_folder": str(box / "control"),
            "polling_interval": 0.2,
        }
    scheme = urlsplit(url).scheme
    if scheme in {"redis", "rediss"}:
        # Far above the longest task: a message must not come back while its task still runs.
        return url, {"visibility_timeout": 24 * 3600}
    if scheme in {"amqp", "amqps", "pyamqp"}:
        return url, {}
    raise ImproperlyConfigured("CELERY_BROKER_URL: use redis://HOST or amqp://USER@HOST, or leave it out.")


def cache() -> dict[str, Any]:
    """CACHE_URL: a Redis that all web processes share; without it, each process remembers for itself."""
    url = read(env.str, "CACHE_URL", default="")
    if not url:
        return {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    if urlsplit(url).scheme in {"redis", "rediss"}:
        return {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": url, "KEY_PREFIX": "trustsr"}
    raise ImproperlyConfigured("CACHE_URL: use redis://HOST/NUMBER, or leave it out.")


def storages(folder: Path) -> dict[str, Any]:
    """STORAGE_URL: `file:///PATH` (default: the data folder) or `s3://BUCKET/PREFIX?endpoint=URL&region=NAME`.

    Two private stores: `default` for what may be shown, `truth` for ground truth, which no page shows.
    """
    url = read(env.str, "STORAGE_URL", default=(folder / "media").as_uri())
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.path:
        base = Path(unquote(parts.path))
        shown, hidden = _files(base), _files(base.with_name(f"{base.name}-truth"))
    elif parts.scheme == "s3" and parts.netloc:
        prefix = parts.path.strip("/")
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        shown, hidden = (_bucket(parts.netloc, f"{prefix}/{part}", query) for part in ("media", "truth"))
    else:
        raise ImproperlyConfigured("STORAGE_URL: use file:///PATH or s3://BUCKET/PREFIX.")
    return {"default": shown, "truth": hidden}


def _files(base: Path) -> dict[str, Any]:
    return {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(base), "base_url": None, "directory_permissions_mode": 0o700},
    }


def _bucket(bucket: str, prefix: str, query: dict[str, str]) -> dict[str, Any]:
    options = {"bucket_name": bucket, "location": prefix.strip("/"), "default_acl": "private"}
    options |= {f"{name}_url" if name == "endpoint" else f"{name}_name": text for name, text in query.items()}
    return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}
