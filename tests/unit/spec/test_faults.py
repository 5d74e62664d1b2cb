# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a wrong inventory is told: where, what, and what to do."""

from __future__ import annotations

import contextlib
import copy
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.proven.webapp.plugins.module_utils._spec.app import read_app
from ansible_collections.proven.webapp.plugins.module_utils._spec.faults import SpecError, closest

B = "webapp_components.backend"
D = "webapp_components.database"
F = "webapp_components.frontend"
M = "webapp_components.mailer"
DELETE = object()

# where it is put (keys below the application), what is put there, and the fault that follows
CASES: list[tuple[str, object, str]] = [
    # names
    ("name", DELETE, "webapp_name: is missing"),
    ("name", "Todo_App", 'webapp_name: "Todo_App" isn\'t allowed here; write lower-case'),
    ("name", "t" * 54, "54 characters; 53 at most"),
    ("name", 7, "webapp_name: must be a text, not a number"),
    ("namespace", "kube-system", 'webapp_namespace: the namespace "kube-system" can\'t be used: it belongs to Kubernetes'),
    ("namespace", "default", 'the namespace "default" can\'t be used: it is shared'),
    ("namespace", "a.b", "webapp_namespace: "),
    ("components.Back_End", {"image": "a:1", "ports": {"http": 80}}, 'webapp_components.Back_End: "Back_End" isn\'t allowed as a name'),
    (f"components.{'x' * 50}", {"image": "a:1", "ports": {"http": 80}}, "55 characters; 52 at most"),
    ("components.backend-migrate", {"image": "a:1", "ports": {"http": 80}}, 'its name ends with "-migrate"'),
    # shapes
    ("components", DELETE, "webapp_components: there are none"),
    ("components", {}, "webapp_components: there are none"),
    ("components", ["backend"], "webapp_components: must be a mapping, not a list; write {backend: {...}}"),
    ("components.backend", None, f"{B}: is empty; give it a build"),
    ("components.backend", "image", f"{B}: must be a mapping, not a text"),
    ("secrets", {"A": "value"}, "webapp_secrets: must be a list, not a mapping"),
    ("secrets", ["A-B"], 'webapp_secrets[0]: "A-B" isn\'t allowed here'),
    # unknown keys
    ("components.backend.prot", {"http": 1}, f'{B}.prot: unknown key; did you mean "ports"?'),
    ("components.backend.environment", {}, f'{B}.environment: unknown key; did you mean "env"?'),
    ("components.backend.dockerfile", "x", f'{B}.dockerfile: unknown key; did you mean "build.dockerfile"?'),
    ("components.backend.zzz", 1, f"{B}.zzz: unknown key; known here: kind, build, image"),
    ("components.backend.build.contxt", "x", f'{B}.build.contxt: unknown key; did you mean "context"?'),
    ("components.backend.expose", {"nodePort": 30000}, f'{B}.expose.nodePort: unknown key; did you mean "node_port"?'),
    ("components.backend.migrate.timeout", 3, f'{B}.migrate.timeout: unknown key; did you mean "timeout_seconds"?'),
    ("components.database.storage.class", "x", f'{D}.storage.class: unknown key; did you mean "storage_class"?'),
    ("components.backend.probes.live", "/x", f'{B}.probes.live: unknown key; did you mean "liveness"?'),
    ("components.backend.resources.limit", {}, f'{B}.resources.limit: unknown key; did you mean "limits"?'),
    ("components.backend.resources.limits.mem", "1Gi", f"{B}.resources.limits.mem: unknown key"),
    ("components.backend.depends_on.database.onloss", "x", f'{B}.depends_on.database.onloss: unknown key; did you mean "on_loss"?'),
    # image and build
    ("components.frontend.image", DELETE, f"{F}: has neither image nor build"),
    ("components.backend.image", "a:1", f"{B}: has both image and build"),
    ("components.frontend.image", "ghcr.io/acme/web", f'{F}.image: "ghcr.io/acme/web" can be another image tomorrow; name a version'),
    ("components.frontend.image", "reg:5000/web:latest", "can be another image tomorrow"),
    ("components.frontend.image", "Acme/Web:1", f'{F}.image: "Acme/Web:1" isn\'t allowed here; write registry/name:tag'),
    ("components.frontend.image", "", f"{F}.image: is empty"),
    ("components.backend.build.context", DELETE, f"{B}.build.context: is missing"),
    ("components.backend.build.context", "docker/nope", f"{B}.build.context: there is no folder /"),
    ("components.backend.build.dockerfile", "Nope", f"{B}.build.dockerfile: there is no file /"),
    ("components.backend.build.dockerfile", "../postgres/Dockerfile", "is outside of the context"),
    ("components.backend.build.args.X", [1], f"{B}.build.args.X: must be a text, a number or a boolean, not a list"),
    ("components.backend.build", "docker/backend", f"{B}.build: must be a mapping, not a text; write {{context: folder}}"),
    ("components.backend.kind", "cronjob", f'{B}.kind: "cronjob" isn\'t one of them; choose one of: web, worker, cron, job'),
    # ports
    ("components.backend.ports.http", 0, f"{B}.ports.http: 0 is out of range; 1 to 65535"),
    ("components.backend.ports.http", 65536, "65536 is out of range"),
    ("components.backend.ports.http", "http", f"{B}.ports.http: must be a whole number, not a text"),
    ("components.backend.ports.http", True, "must be a whole number, not true or false"),
    ("components.backend.ports.http", 80.5, "must be a whole number, not a number"),
    ("components.backend.ports.http", None, "must be a whole number, not nothing"),
    ("components.backend.ports.metrics", 8000, f"{B}.ports.metrics: 8000 is the port of http too"),
    ("components.backend.ports", {"a-port-name-too-long": 1}, "has 20 characters; 15 at most"),
    ("components.backend.ports", {"HTTP": 1}, f'{B}.ports.HTTP: "HTTP" isn\'t allowed as a name here'),
    ("components.backend.ports", {"99": 1}, "with at least one letter"),
    ("components.backend.ports", {80: "http"}, f"{B}.ports.80: its name must be a text, not a number; write {{http: 8000}}"),
    ("components.backend.ports", [8000], f"{B}.ports: must be a mapping, not a list; write {{http: 8000}}"),
    ("components.frontend.ports", DELETE, f"{F}: has no port; give it one"),
    # expose
    ("components.frontend.expose.type", "nodeport", f'{F}.expose.type: "nodeport" isn\'t one of them; choose one of: ClusterIP'),
    ("components.frontend.expose.node_port", 80, f"{F}.expose.node_port: 80 is out of range; 30000 to 32767"),
    ("components.frontend.expose.type", "LoadBalancer", f"{F}.expose.node_port: has no meaning for type LoadBalancer"),
    ("components.backend.expose", {"type": "NodePort", "node_port": 30080}, f"{F}.expose.node_port: 30080 is the node port of backend too"),
    ("components.backend.expose", {"port": 9000}, f"{B}.expose.port: 9000 is another port of the component"),
    ("components.mailer.expose", {"type": "NodePort"}, f"{M}.expose: a worker has no Service to expose"),
    # probes
    ("components.backend.probes.startup", "livez", f'{B}.probes.startup: "livez" isn\'t allowed here; write a path that begins'),
    ("components.mailer.probes", {"startup": "/x"}, f"{M}.probes.startup: a path alone asks the component's first port, and it has none"),
    ("components.backend.probes.startup", {}, f"{B}.probes.startup: has no handler; give exactly one of httpGet"),
    ("components.backend.probes.startup", 5, f"{B}.probes.startup: must be a mapping, not a number; write a path"),
    (
        "components.backend.probes.startup",
        {"httpGet": {"port": 1}, "tcpSocket": {"port": 1}},
        f"{B}.probes.startup: has httpGet and tcpSocket; give exactly one",
    ),
    ("components.backend.probes.startup", {"httpget": {"port": 1}}, f'{B}.probes.startup.httpget: unknown key; did you mean "httpGet"?'),
    (
        "components.backend.probes.startup",
        {"httpGet": {}},
        f"{B}.probes.startup.httpGet.port: is missing; name one of its ports (http, metrics)",
    ),
    ("components.backend.probes.startup", {"httpGet": {"port": "htp"}}, 'the component has no port "htp"; its ports: http, metrics'),
    ("components.backend.probes.startup", {"httpGet": {"port": 70000}}, "70000 is out of range"),
    ("components.backend.probes.startup", {"httpGet": {"port": 1, "scheme": "http"}}, 'scheme: "http" isn\'t one of them'),
    (
        "components.backend.probes.startup",
        {"httpGet": {"port": 1, "httpHeaders": {"A": "b"}}},
        "httpHeaders: must be a list, not a mapping",
    ),
    ("components.backend.probes.startup", {"grpc": {"port": "http"}}, "must be a number: gRPC probes know no port names; write 8000"),
    ("components.backend.probes.startup", {"exec": {}}, f"{B}.probes.startup.exec.command: is missing"),
    ("components.backend.probes.startup", {"exec": {"command": "pg_isready -q"}}, 'write ["pg_isready", "-q"]'),
    ("components.backend.probes.startup", {"tcpSocket": {"port": 1}, "periodSeconds": 0}, "periodSeconds: 0 is out of range"),
    ("components.backend.probes.startup", {"tcpSocket": {"port": 1}, "successThreshold": 2}, "successThreshold: must be 1 for startup"),
    ("components.backend.probes.liveness", {"tcpSocket": {"port": 1}, "successThreshold": 2}, "successThreshold: must be 1 for liveness"),
    (
        "components.backend.probes.readiness",
        {"tcpSocket": {"port": 1}, "terminationGracePeriodSeconds": 2},
        "terminationGracePeriodSeconds: has no meaning for readiness",
    ),
    # env, files, secrets
    ("components.backend.env.A-B", "x", f'{B}.env.A-B: "A-B" isn\'t allowed as a name here'),
    ("components.backend.env.A", None, f'{B}.env.A: is empty; write "" for an empty text'),
    ("components.backend.env.A", ["b"], f"{B}.env.A: must be a text, a number or a boolean, not a list"),
    ("components.backend.env", {True: "x"}, f"{B}.env.True: its name must be a text, not true or false; put it in quotes"),
    ("components.backend.env", ["A=1"], f"{B}.env: must be a mapping, not a list; write {{LOG_LEVEL: info}}"),
    ("components.backend.env.DATABASE_URL", "x", f"{B}.env.DATABASE_URL: is among the component's secrets too"),
    ("components.backend.files", {"etc/x": "1"}, f'{B}.files["etc/x"]: "etc/x" isn\'t allowed as a name here; write an absolute path'),
    ("components.backend.files", {"/a/../b": "1"}, "write an absolute path without '..'"),
    ("components.backend.files", {"/x": "1" * 1_000_001}, "a ConfigMap holds 1000000 at most"),
    (
        "components.backend.secrets",
        ["DATABSE_URL"],
        f'{B}.secrets[0]: "DATABSE_URL" is no key of webapp_secrets; did you mean "DATABASE_URL"?',
    ),
    ("components.backend.secrets", ["DATABASE_URL", "DATABASE_URL"], f'{B}.secrets[1]: "DATABASE_URL" is there twice'),
    ("components.backend.secrets", "DATABASE_URL", f"{B}.secrets: must be a list, not a text; write [DATABASE_URL]"),
    # depends_on
    (
        "components.backend.depends_on",
        {"databse": {}},
        f'{B}.depends_on.databse: "databse" is no component of webapp_components; did you mean "database"?',
    ),
    ("components.backend.depends_on", {"backend": {}}, f"{B}.depends_on.backend: a component can't depend on itself"),
    (
        "components.backend.depends_on.database.on_loss",
        "dead",
        f'{B}.depends_on.database.on_loss: "dead" isn\'t one of them; choose one of: unready, degraded',
    ),
    ("components.backend.depends_on", ["database"], "must be a mapping, not a list; write {database: {on_loss: unready}}"),
    # numbers and quantities
    ("components.backend.replicas", -1, f"{B}.replicas: -1 is out of range"),
    ("components.backend.replicas", "two", f"{B}.replicas: must be a whole number, not a text"),
    ("components.backend.rollout", "fast", f"{B}.rollout: must be a mapping, not a text; write {{strategy: blue_green}}"),
    (
        "components.backend.rollout",
        {"restarts": 2},
        f'{B}.rollout.restarts: unknown key; did you mean "restarts_tolerated"?',
    ),
    ("components.backend.rollout", {"restarts_tolerated": -1}, f"{B}.rollout.restarts_tolerated: -1 is out of range; 0 to 1000"),
    ("components.backend.rollout", {"ready_within": 0}, f"{B}.rollout.ready_within: 0 is out of range; 1 to 3600"),
    ("components.backend.rollout", {"ready_within": "1m"}, f"{B}.rollout.ready_within: must be a whole number, not a text"),
    (
        "components.backend.rollout",
        {"strategy": "bluegreen"},
        f'{B}.rollout.strategy: "bluegreen" isn\'t one of them; choose one of: rolling',
    ),
    ("components.database.rollout", {"strategy": "blue_green"}, f"{D}.rollout.strategy: blue_green would have two versions at work on one"),
    ("components.database.rollout", {"strategy": "canary"}, f"{D}.rollout.strategy: canary would have two versions at work on one volume"),
    ("components.mailer.rollout", {"strategy": "blue_green"}, f"{M}.rollout.strategy: a worker has no Service that could switch"),
    ("components.backend.rollout", {"strategy": "canary", "weight": 0}, f"{B}.rollout.weight: 0 is out of range; 1 to 99"),
    ("components.backend.rollout", {"strategy": "canary", "weight": 100}, f"{B}.rollout.weight: 100 is out of range; 1 to 99"),
    ("components.backend.rollout", {"weight": 20}, f"{B}.rollout.weight: has no meaning for the strategy rolling; say strategy: canary"),
    ("components.backend.rollout", {"strategy": "blue_green", "weight": 20}, "has no meaning for the strategy blue_green"),
    ("components.backend.strategy", "canary", f'{B}.strategy: unknown key; did you mean "rollout.strategy"?'),
    ("components.backend-green", {"image": "a:1", "ports": {"http": 80}}, 'its name ends with "-green"'),
    ("components.backend.rollout_", {}, f'{B}.rollout_: unknown key; did you mean "rollout"?'),
    ("components.backend.termination_grace_seconds", 5, f"{B}.termination_grace_seconds: 5 is out of range; 10 to"),
    (
        "components.backend.resources.limits.memory",
        "256MB",
        f'{B}.resources.limits.memory: "256MB" isn\'t a quantity; did you mean "256Mi"?',
    ),
    ("components.backend.resources.limits.memory", "lots", 'write one such as "500m" or "1Gi"'),
    ("components.backend.resources.limits.memory", "32Mi", f"{B}.resources.requests.memory: 64Mi is more than the limit of 32Mi"),
    ("components.backend.resources.limits.memory", "0", '"0" is nothing'),
    # storage and writable
    ("components.database.replicas", 2, f"{D}.replicas: 2 replicas with storage would each have a volume of its own"),
    ("components.database.storage.size", DELETE, f"{D}.storage.size: is missing"),
    ("components.database.storage.size", "1G i", f'{D}.storage.size: "1G i" isn\'t a quantity'),
    ("components.database.storage.path", "data", f'{D}.storage.path: "data" isn\'t allowed here'),
    ("components.database.storage.path", "/", "isn't allowed here"),
    ("components.database.storage.path", "/proc", f'{D}.storage.path: "/proc" can\'t be mounted: it belongs to the kernel'),
    ("components.backend.writable", ["/tmp"], f'{B}.writable[0]: "/tmp" can\'t be mounted: it is always writable'),
    ("components.backend.writable", ["/etc/app/settings.ini"], f"can't be mounted: {B}.writable[0] has it already"),
    # commands
    (
        "components.backend.migrate.command",
        "alembic upgrade head",
        f'{B}.migrate.command: must be a list, not a text; write ["alembic", "upgrade", "head"]',
    ),
    ("components.backend.migrate", {}, f"{B}.migrate.command: is missing"),
    ("components.backend.migrate.command", [], f"{B}.migrate.command: is missing"),
    ("components.backend.migrate.timeout_seconds", 0, f"{B}.migrate.timeout_seconds: 0 is out of range"),
    ("components.backend.command", [["a"]], f"{B}.command[0]: must be a text, a number or a boolean, not a list"),
    ("components.backend.args", "it's", f"{B}.args: must be a list, not a text"),
]


def put(app: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    """The application with one key changed."""
    app = copy.deepcopy(app)
    *parents, last = path.split(".")
    place = app
    for key in parents:
        place = place[key]
    if value is DELETE:
        del place[last]
    else:
        place[last] = value
    return app


@pytest.mark.parametrize(("path", "value", "fault"), CASES, ids=[f"{index}-{path}" for index, (path, _value, _fault) in enumerate(CASES)])
def test_one_fault(todo: dict[str, Any], project: Path, path: str, value: object, fault: str) -> None:
    with pytest.raises(SpecError) as caught:
        read_app(put(todo, path, value), project_dir=project)
    assert [item for item in caught.value.faults if fault in str(item)], str(caught.value)
    # Each mistake is told once: nothing is reported that only follows from another.
    assert len(caught.value.faults) == 1, str(caught.value)


def test_all_faults_come_in_one_message(todo: dict[str, Any], project: Path) -> None:
    for path, value in (
        ("name", "Bad"),
        ("components.backend.replicas", "x"),
        ("components.frontend.image", DELETE),
        ("namespace", DELETE),
    ):
        todo = put(todo, path, value)
    with pytest.raises(SpecError) as caught:
        read_app(todo, project_dir=project)
    message = str(caught.value)
    assert message.startswith("The inventory has 4 faults; nothing was changed.\n")
    assert [line.split(":")[0].strip() for line in message.splitlines()[1:]] == ["webapp_name", "webapp_namespace", f"{B}.replicas", F]


def test_misspelt_variable_is_the_one_fault(todo: dict[str, Any]) -> None:
    del todo["components"]
    with pytest.raises(SpecError) as caught:
        read_app(todo, variables=["webapp_name", "webapp_namespace", "webapp_componets", "webapp_secrets"])
    assert [str(fault) for fault in caught.value.faults] == ['webapp_componets: unknown variable; did you mean "webapp_components"?']


def test_misspelt_secrets_variable_is_the_one_fault(todo: dict[str, Any]) -> None:
    todo["secrets"] = []
    with pytest.raises(SpecError) as caught:
        read_app(todo, variables=["webapp_name", "webapp_namespace", "webapp_components", "webapp_secret"])
    assert [str(fault) for fault in caught.value.faults] == ['webapp_secret: unknown variable; did you mean "webapp_secrets"?']


def test_variables_of_other_roles_are_none_of_our_business(todo: dict[str, Any]) -> None:
    read_app(todo, variables=["webapp_secrets_schema", "webapp_stages"])


@pytest.mark.parametrize("junk", [None, 1, "x", [], [1], {"a": 1}, {"a": {"ports": {"b": {}}}}, True])
def test_junk_anywhere_is_a_fault_and_no_crash(todo: dict[str, Any], junk: object) -> None:
    for name, component in todo["components"].items():
        for key in component:
            bent = put(todo, f"components.{name}.{key}", junk)
            # Some of it is right by chance; whatever else happens must be a fault.
            with contextlib.suppress(SpecError):
                read_app(bent)


def test_closest() -> None:
    assert closest("Liveness", ("startup", "liveness")) == "liveness"
    assert closest("xyz", ("startup", "liveness")) is None
