# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What makes a container restart for another's fault."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from ansible_collections.proven.webapp.plugins.module_utils._audit.commands import client_in, other_host_in

from .conftest import broken, deployment, found, report

SAME = {"httpGet": {"path": "/same", "port": "http"}}


@pytest.mark.parametrize(
    ("command", "client", "host"),
    [
        (["/app/check", "--quick"], "", ""),
        ([], "", ""),
        (["/app/check", "x;curl"], "", ""),
        (["sh", "x;curl"], "curl", ""),
        (["curl", "-f", "http://localhost:8080/livez"], "curl", ""),
        (["curl", "-f", "http://127.0.0.1/"], "curl", ""),
        (["curl", "-g", "http://[::1]:80/"], "curl", ""),
        (["curl", "-g", "http://[fd00::1]:80/"], "curl", "fd00::1"),
        (["/usr/bin/curl", "-h"], "curl", ""),
        (["wget", "-qO-", "https://user:pass@auth.example/ok"], "wget", "auth.example"),
        (["sh", "-c", "curl -s http://api:80/x || exit 1"], "curl", "api"),
        (["/bin/bash", "-ec", 'psql "$DATABASE_URL" -c "select 1"'], "psql", "$DATABASE_URL"),
        (["sh", "-c", "curl http://$POD_IP:8080/"], "curl", ""),
        (["sh", "-c", "curl http://${HOSTNAME}:8080/"], "curl", ""),
        (["sh", "-c", "curl http://$API_HOST:8080/"], "curl", "$API_HOST"),
        (["sh", "-c", "redis-cli -a $REDIS_PASSWORD ping"], "redis-cli", ""),
        (["redis-cli", "-h", "cache", "ping"], "redis-cli", "cache"),
        (["redis-cli", "ping"], "redis-cli", ""),
        (["psql", "connect_timeout=db"], "psql", ""),
        (["redis-cli", "-u", "redis://cache:6379"], "redis-cli", "cache"),
        (["pg_isready", "-q", "-h", "127.0.0.1", "-U", "todo"], "pg_isready", ""),
        (["pg_isready", "-h", "/var/run/postgresql"], "pg_isready", ""),
        (["pg_isready", "--host=db"], "pg_isready", "db"),
        (["pg_isready", "--host=localhost"], "pg_isready", ""),
        (["psql", "--host", "$(DB_HOST)"], "psql", "$DB_HOST"),
        (["mysqladmin", "-hdb", "ping"], "mysqladmin", "db"),
        (["mysqladmin", "ping", "-h"], "mysqladmin", ""),
        (["nc", "-z", "-w", "2", "db", "5432"], "nc", "db"),
        (["nc", "-z", "localhost", "5432"], "nc", ""),
        (["nc", "-h"], "nc", ""),
        (["bash", "-c", "</dev/tcp/db/5432"], "", "db"),
        (["bash", "-c", "echo > /dev/tcp/127.0.0.1/5432"], "", ""),
        (["grpc_health_probe", "-addr=:9000"], "grpc_health_probe", ""),
        (["grpc_health_probe", "-addr", "other:9000"], "grpc_health_probe", "other"),
        (["grpc_health_probe", "-addr=localhost:9000"], "grpc_health_probe", ""),
        (["/app/check", "--host", "db"], "", "db"),
        (["/app/check", "$DATABASE_URL"], "", ""),
        (["cat", "/tmp/curl.log"], "", ""),
        (["mongosh", "--eval", "1", "mongodb://mongo-0.mongo:27017"], "mongosh", "mongo-0.mongo"),
        (["psql", "-h", "$(my_pod)"], "psql", ""),
        (["ping", "$SERVER"], "ping", "$SERVER"),
        (["ping", "$COUNT"], "ping", ""),
        (["psql", "-h", "http://db:1/"], "psql", "db"),
        (["psql", "-h", "@x"], "psql", ""),
        (["psql", "-h", "fd00::5"], "psql", "fd00::5"),
    ],
)
def test_commands(command: list[str], client: str, host: str) -> None:
    assert (client_in(command), other_host_in(command)) == (client, host)


def test_a_client_that_asks_elsewhere_is_told_once() -> None:
    command = {"exec": {"command": ["pg_isready", "-h", "db"]}}
    assert found(deployment(liveness=command)) == [("PV119", "its command asks db")]
    assert found(deployment(startup=command)) == [("PV119", "its command asks db")]
    # Readiness is where a dependency belongs.
    assert found(deployment(readiness={**command, "periodSeconds": 10}, liveness={"failureThreshold": 4})) == []
    own = {"exec": {"command": ["pg_isready", "-h", "localhost"]}}
    assert found(deployment(liveness=own)) == [("PV120", "it runs pg_isready")]
    assert found(deployment(startup=own)) == []
    assert found(deployment(liveness={"exec": {"command": ["/app/check"]}})) == []


def test_how_it_would_be_asked_instead() -> None:
    def proposed(**changes: Any) -> Any:
        (finding,) = report(deployment(**changes)).findings
        return yaml.safe_load(finding.corrected)

    elsewhere = {"exec": {"command": ["pg_isready", "-h", "db"]}}
    local = {"exec": {"command": ["pg_isready"]}}
    assert proposed(liveness=elsewhere) == {"livenessProbe": {"httpGet": {"path": "/livez", "port": "http"}, "exec": None}}
    assert proposed(liveness=local) == {"livenessProbe": {"tcpSocket": {"port": "http"}, "exec": None}}
    numbered = {"httpGet": {"path": "/a", "port": 8080}}
    own = {"startup": numbered, "readiness": numbered, "liveness": local}
    several = [{"containerPort": 7000}, {"containerPort": 7001}, {"containerPort": 7002, "name": "c"}]
    assert proposed(**own, ports=several) == {"livenessProbe": {"tcpSocket": {"port": 7000}, "exec": None}}
    assert proposed(**own, ports=[{"containerPort": 7000}]) == {"livenessProbe": {"tcpSocket": {"port": 7000}, "exec": None}}
    assert proposed(**own, ports=None) == {"livenessProbe": {"tcpSocket": {"port": 8080}, "exec": None}}
    assert proposed(liveness=SAME, readiness=SAME) == {"livenessProbe": {"httpGet": {"path": "/livez"}}}
    assert proposed(liveness={"httpGet": {"port": "http", "path": "/ready"}}) == {"livenessProbe": {"httpGet": {"path": "/livez"}}}
    same = {"tcpSocket": {"port": "http"}}
    assert proposed(liveness=same, readiness=same) is None


@pytest.mark.parametrize(
    ("liveness", "readiness", "what"),
    [
        (SAME, SAME, "both ask /same on port 8080"),
        (SAME, {"httpGet": {"path": "/same", "port": 8080, "scheme": "HTTP"}}, "both ask /same on port 8080"),
        ({"httpGet": {"port": "http"}}, {"httpGet": {"path": "/", "port": 8080}}, "both ask / on port 8080"),
        ({"httpGet": {"path": "/a?t=1", "port": 8080}}, {"httpGet": {"path": "/a?t=1", "port": 8080}}, "both ask /a?… on port 8080"),
        (SAME, {"httpGet": {"path": "/other", "port": "http"}}, ""),
        (SAME, {"httpGet": {"path": "/same", "port": 8081}}, ""),
        (SAME, {"httpGet": {"path": "/same", "port": "http", "httpHeaders": [{"name": "A", "value": "1"}]}}, ""),
        ({"tcpSocket": {"port": "http"}}, {"tcpSocket": {"port": 8080}}, "both ask port 8080"),
        ({"tcpSocket": {"port": "http"}}, {"tcpSocket": {"port": 8081}}, ""),
        ({"tcpSocket": {"port": "http"}}, {"grpc": {"port": 8080}}, ""),
        ({"grpc": {"port": 8080}}, {"grpc": {"port": 8080, "service": ""}}, "both ask port 8080"),
        ({"grpc": {"port": 8080}}, {"grpc": {"port": 8080, "service": "a"}}, ""),
        ({"exec": {"command": ["a", "s3cret"]}}, {"exec": {"command": ["a", "s3cret"]}}, "both ask the command a"),
        ({"exec": {"command": ["a"]}}, {"exec": {"command": ["b"]}}, ""),
    ],
)
def test_the_same_question(liveness: dict[str, Any], readiness: dict[str, Any], what: str) -> None:
    slow = {"periodSeconds": 20}
    expected = [("PV118", what)] if what else []
    assert found(deployment(liveness={**liveness, **slow}, readiness={**readiness, "periodSeconds": 10})) == expected


def test_questions_that_cannot_be_asked_are_not_the_same() -> None:
    nowhere = {"httpGet": {"port": "nowhere"}}
    assert broken(deployment(liveness=nowhere, readiness=nowhere)) == ["PV106", "PV106"]
    none = {"httpGet": None}
    assert broken(deployment(liveness=none, readiness=none)) == ["PV103", "PV103"]
    assert broken(deployment(liveness=None, readiness=SAME)) == []
    assert broken(deployment(liveness=SAME, readiness=None)) == []


@pytest.mark.parametrize(
    ("path", "looks"),
    [
        ("/livez", ""),
        ("/healthz", ""),
        ("/health", ""),
        ("/health/live", ""),
        ("/already", ""),
        ("/readyz", "readiness"),
        ("/READY", "readiness"),
        ("/health/ready", "readiness"),
        ("/health-readiness", "readiness"),
        ("/health/ready?verbose", "readiness"),
        ("/live?ready", ""),
        ("/actuator/health", "an aggregated health"),
        ("/actuator/health/", "an aggregated health"),
        ("/actuator/health/liveness", ""),
        ("/q/health", "an aggregated health"),
        ("/q/health/live", ""),
        ("/api/health/db", "an aggregated health"),
        ("/healthcheck/full", "an aggregated health"),
        ("/deep-health", "an aggregated health"),
        ("/dependencies", "an aggregated health"),
    ],
)
def test_paths(path: str, looks: str) -> None:
    handler = {"httpGet": {"path": path, "port": "http"}}
    expected = [("PV121", f"it asks {path.partition('?')[0]}, which looks like {looks}")] if looks else []
    other = {"httpGet": {"path": "/other/ready", "port": "http"}}
    assert found(deployment(liveness=handler, readiness=other)) == expected
    assert found(deployment(startup=handler)) == expected
    assert found(deployment(readiness=handler, liveness={"httpGet": {"path": "/alive", "port": "http"}})) == []
