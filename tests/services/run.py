"""The second pass of `make test`: what differs on PostgreSQL and Redis, at the addresses in the environment,
else where those servers are found on loopback. Without them the pass is skipped, or fails under TRUSTSR_REQUIRE_ALL=1.
"""

from __future__ import annotations

import os
import subprocess
import sys

POSTGRES = ("postgres://postgres@127.0.0.1:5432/postgres", "postgres://root@127.0.0.1:5432/root")
REDIS = ("redis://127.0.0.1:6379/15",)


def answering_postgres(url: str) -> bool:
    import psycopg

    try:
        psycopg.connect(url, connect_timeout=3).close()
    except psycopg.Error:
        return False
    return True


def answering_redis(url: str) -> bool:
    import redis

    try:
        return bool(redis.Redis.from_url(url, socket_connect_timeout=3).ping())
    except redis.RedisError:
        return False


def main() -> int:
    given = os.environ.get("DATABASE_URL"), os.environ.get("CELERY_BROKER_URL")
    database = next((url for url in ((given[0],) if given[0] else POSTGRES) if answering_postgres(url)), None)
    broker = next((url for url in ((given[1],) if given[1] else REDIS) if answering_redis(url)), None)
    if database is None or broker is None:
        lacking = " and ".join(n for n, url in (("PostgreSQL", database), ("Redis", broker)) if url is None)
        print(f"{lacking} not found; the tests of PostgreSQL and Redis did not run.")
        return int(os.environ.get("TRUSTSR_REQUIRE_ALL") == "1")
    environment = os.environ | {"DATABASE_URL": database, "CELERY_BROKER_URL": broker}
    command = [sys.executable, "-m", "pytest", "-m", "services or both", *sys.argv[1:]]
    return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
