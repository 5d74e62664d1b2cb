# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an inventory may say beyond the common keys, and what it is told where that is wrong."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.proven.webapp.plugins.module_utils._spec.app import read_app
from ansible_collections.proven.webapp.plugins.module_utils._spec.faults import SpecError
from ansible_collections.proven.webapp.plugins.module_utils._spec.model import normal
from ansible_collections.proven.webapp.plugins.module_utils._spec.schedule import problem
from ansible_collections.proven.webapp.plugins.module_utils._spec.values import chart_values

from .test_faults import B, D, F, M, put

EVERYTHING = Path(__file__).parents[1] / "chart" / "everything.yaml"
CRON = {"kind": "cron", "image": "a/b:1", "cron": {"schedule": "@daily"}}
C = "webapp_components.nightly"

# where it is put (keys below the application), what is put there, and the fault that follows
CASES: list[tuple[str, object, str]] = [
    # kinds
    ("components.nightly", {**CRON, "cron": None}, f"{C}: has no schedule; give it one, such as cron:"),
    ("components.nightly", {**CRON, "ports": {"http": 80}}, f"{C}.ports: has no meaning for kind: cron; leave it out, or say kind: web"),
    ("components.nightly", {**CRON, "probes": {}}, f"{C}.probes: has no meaning for kind: cron"),
    ("components.nightly", {**CRON, "replicas": 2}, f"{C}.replicas: has no meaning for kind: cron"),
    ("components.nightly", {**CRON, "schedule": "@daily"}, f'{C}.schedule: unknown key; did you mean "cron.schedule"?'),
    ("components.nightly", {**CRON, "cron": {"schedule": "7 *"}}, f'{C}.cron.schedule: "7 *" has 2 fields and not 5; write five fields'),
    ("components.nightly", {**CRON, "cron": {"schedule": 7}}, f"{C}.cron.schedule: must be a text, not a number"),
    (
        "components.nightly",
        {**CRON, "cron": {"schedule": "@daily", "time_zone": "Europe/Berln"}},
        f'{C}.cron.time_zone: "Europe/Berln" is no time zone; did you mean "Europe/Berlin"?',
    ),
    ("components.nightly", {**CRON, "cron": {"schedule": "@daily", "concurrency": "No"}}, "choose one of: Forbid, Allow, Replace"),
    ("components.nightly", {**CRON, "cron": {"schedule": "@daily", "suspend": "maybe"}}, "suspend: must be true or false, not a text"),
    ("components.backend.cron", {"schedule": "@daily"}, f"{B}.cron: has no meaning for kind: web; leave it out, or say kind: cron"),
    ("components.backend.job", {"retries": 1}, f"{B}.job: has no meaning for kind: web; leave it out, or say kind: job or cron"),
    ("components.mailer.ingress", {"hosts": ["a.example.org"]}, f"{M}.ingress: has no meaning for kind: worker; leave it out, or say"),
    # images
    ("components.frontend", {"image_of": "bakend", "ports": {"http": 80}}, f'{F}.image_of: "bakend" is no other component of webapp_com'),
    ("components.frontend", {"image_of": "frontend", "ports": {"http": 80}}, f'{F}.image_of: "frontend" is no other component of'),
    ("components.backend.image_of", "mailer", f"{B}: has both build and image_of; keep the one that is meant"),
    # ports and environment
    ("components.backend.ports.http", {"port": 1, "protocol": "tcp"}, f'{B}.ports.http.protocol: "tcp" isn\'t one of them'),
    ("components.backend.ports.http", {"protocol": "TCP"}, f"{B}.ports.http.port: is missing; write {{port: 9000"),
    (
        "components.backend.env.A",
        {"secret": "x"},
        f"{B}.env.A.key: is missing; name the key of the Secret; those of webapp_secrets go under",
    ),
    ("components.backend.env.A", {"config_map": "x"}, f"{B}.env.A.key: is missing; name the key of the ConfigMap"),
    ("components.backend.env.A", {"secret": "x", "field": "status.podIP"}, f"{B}.env.A: has secret and field; give exactly one of secret,"),
    ("components.backend.env.A", {"secrt": "x", "key": "y"}, f'{B}.env.A.secrt: unknown key; did you mean "secret"?'),
    ("components.backend.env.A", {"field": "podIP"}, f'{B}.env.A.field: "podIP" isn\'t allowed here; write a field of the pod'),
    ("components.backend.env_from", {"secret": "x"}, f"{B}.env_from: must be a list, not a mapping; write [{{secret: name}}]"),
    ("components.backend.env_from", [{"prefix": "A_"}], f"{B}.env_from[0]: says nothing; give exactly one of secret, config_map"),
    ("components.backend.files", {"/x": {"secret": "TOKEN"}}, f'{B}.files["/x"].secret: "TOKEN" isn\'t among the component\'s secrets'),
    # volumes
    ("components.backend.volumes", {"a": {"claim": "c"}}, f"{B}.volumes.a.path: is missing"),
    ("components.backend.volumes", {"a": {"path": "/a"}}, f"{B}.volumes.a: says nothing; give exactly one of size, claim"),
    ("components.backend.volumes", {"a": {"path": "/a", "claim": "c", "keep": True}}, f"{B}.volumes.a.keep: has no meaning without a size"),
    (
        "components.backend.volumes",
        {"a": {"path": "/a", "size": "1Gi"}},
        f"{B}.volumes.a.access: 2 pods can't share it: it can be mounted on one node at a time; say access: ReadWriteMany",
    ),
    (
        "components.frontend.volumes",
        {"a": {"path": "/a", "size": "1Gi"}},
        f"{F}.volumes.a: can be mounted on one node at a time, so that a new pod could wait for the old one for ever; say rollout: {{str",
    ),
    ("components.backend.volumes", {"a": {"path": "/var/cache/app", "empty": {}}}, f"can't be mounted: {B}.writable[0] has it already"),
    # containers
    ("components.backend.init", {"a": {}}, f"{B}.init.a: does nothing of its own; give it an image, or a command"),
    ("components.backend.init", {"a": {"command": ["x"], "probes": {}}}, f"{B}.init.a.probes: unknown key"),
    ("components.backend.init", {"backend": {"command": ["x"]}}, f"{B}.init.backend: is the name of another container of the pod"),
    ("components.backend.sidecars", {"a": {"image": "a/b"}}, f'{B}.sidecars.a.image: "a/b" can be another image tomorrow'),
    (
        "components.backend.sidecars",
        {"a": {"image": "a/b:1", "probes": {"readiness": "/x"}}},
        f"{B}.sidecars.a.probes.readiness: a path alone asks the component's first port",
    ),
    (
        "components.backend.sidecars",
        {"a": {"image": "a/b:1", "secrets": ["POSTGRES_PASSWORD"]}},
        f"{B}.sidecars.a.secrets[0]: \"POSTGRES_PASSWORD\" isn't among the component's secrets; add it there too",
    ),
    # scaling
    ("components.backend.autoscale", {"min": 3, "max": 2, "cpu": 80}, f"{B}.autoscale.min: 3 is more than max, which is 2"),
    ("components.backend.autoscale", {"max": 2}, f"{B}.autoscale.cpu: is missing; say what to go by"),
    ("components.backend.autoscale", {"cpu": 80}, f"{B}.autoscale.max: is missing"),
    ("components.backend.autoscaling", {"max": 2}, f'{B}.autoscaling: unknown key; did you mean "autoscale"?'),
    ("components.database.autoscale", {"max": 2, "cpu": 80}, f"{D}.autoscale: has no meaning with storage"),
    ("components.frontend.disruption", {"max_unavailable": 1}, f"{F}.disruption: has no meaning for one pod"),
    ("components.backend.disruption", {}, f"{B}.disruption.max_unavailable: says nothing"),
    ("components.backend.rollout", {"strategy": "recreate", "max_surge": 1}, f"{B}.rollout.max_surge: has no meaning for the strategy"),
    ("components.backend.rollout", {"max_surge": 0, "max_unavailable": 0}, f"{B}.rollout.max_surge: nothing could ever be replaced"),
    ("components.database.rollout", {"strategy": "recreate"}, f"{D}.rollout.strategy: has no meaning with storage"),
    # where it runs, what it may
    ("components.backend.tolerations", [], f'{B}.tolerations: unknown key; did you mean "scheduling.tolerations"?'),
    ("components.backend.scheduling", {"tolerations": {"key": "x"}}, f"{B}.scheduling.tolerations: must be a list, not a mapping"),
    ("components.backend.security", {"user": 0}, f"{B}.security.user: 0 is out of range"),
    ("components.backend.security", {"capabilities": ["SYS_ADMIN"]}, f'{B}.security.capabilities[0]: "SYS_ADMIN" isn\'t one of them'),
    ("components.backend.pre_stop", {"seconds": 1, "command": ["x"]}, f"{B}.pre_stop: has seconds and command"),
    # network
    (
        "components.backend.network",
        {"allow_to": ["databse"]},
        f'{B}.network.allow_to[0]: "databse" is no component or external of webapp_components and webapp_network.externals; did you mean',
    ),
    ("network", {"isolated": True}, 'webapp_network.isolated: unknown key; did you mean "isolate"?'),
    ("network", {"externals": {"a": {"cidrs": ["10.0.0.1/8"]}}}, 'cidrs[0]: "10.0.0.1/8" is no range of addresses'),
    ("network", {"externals": {"backend": {"cidrs": ["10.0.0.0/8"]}}}, "webapp_network.externals.backend: is the name of a component"),
    ("network", {"externals": {"a": {"ports": [1]}}}, "webapp_network.externals.a: says nothing; give exactly one of cidrs, namespace"),
    # exposure and monitoring
    ("components.frontend.ingress", {}, f"{F}.ingress.hosts: is missing; write {{hosts: [app.example.org]"),
    ("components.frontend.ingress", {"hosts": ["A b"]}, f'{F}.ingress.hosts[0]: "A b" isn\'t allowed here; write a host name'),
    ("components.frontend.ingress", {"hosts": ["a.org"], "tls": "x"}, f'{F}.ingress.tls: unknown key; did you mean "tls_secret"?'),
    ("components.frontend.route", {"hosts": ["a.org"]}, f"{F}.route.parents: is missing"),
    ("components.frontend.route", {"parents": [{}], "timeouts": {"request": "ten"}}, "write a duration such as 30s"),
    ("components.backend.monitoring", {"port": "metrcs"}, f'{B}.monitoring.port: the component has no port "metrcs"; its ports: http, met'),
    # the namespace
    ("quota", {"pods": "many"}, 'webapp_quota.pods: "many" isn\'t a quantity'),
    ("limits", {"type": "Container"}, "webapp_limits: must be a list, not a mapping"),
    ("extra_objects", [{"kind": "ConfigMap"}], "webapp_extra_objects[0]: has no apiVersion and no metadata.name; write a whole object"),
    (
        "extra_objects",
        [{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "x"}}],
        "webapp_extra_objects[0]: is a Secret, which would be kept in clear text with the release; use webapp_secrets",
    ),
    (
        "extra_objects",
        [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}}] * 2,
        "webapp_extra_objects[1]: is webapp_extra_objects[0] again",
    ),
]


@pytest.fixture
def everything() -> dict[str, Any]:
    return dict(yaml.safe_load(EVERYTHING.read_text()))


@pytest.mark.parametrize(("path", "value", "fault"), CASES, ids=[f"{index}-{path}" for index, (path, _value, _fault) in enumerate(CASES)])
def test_one_fault(todo: dict[str, Any], project: Path, path: str, value: object, fault: str) -> None:
    with pytest.raises(SpecError) as caught:
        read_app(put(todo, path, value), project_dir=project)
    assert [item for item in caught.value.faults if fault in str(item)], str(caught.value)
    assert len(caught.value.faults) == 1, str(caught.value)


def test_two_scalers_at_once(todo: dict[str, Any]) -> None:
    todo["components"]["backend"] |= {"autoscale": {"max": 2, "cpu": 80}, "keda": {"max": 2, "triggers": [{}]}}
    with pytest.raises(SpecError, match="would fight with autoscale over the number of pods"):
        read_app(todo)


def test_percent_of_nothing(todo: dict[str, Any]) -> None:
    todo["components"]["backend"] |= {"autoscale": {"max": 2, "cpu": 80}, "resources": {"requests": {"memory": "64Mi"}}}
    with pytest.raises(SpecError, match=r"autoscale\.cpu: is in percent of what is requested, and nothing is"):
        read_app(todo)


@pytest.mark.parametrize("strategy", ["blue_green", "canary"])
def test_two_versions_and_an_autoscaler(todo: dict[str, Any], strategy: str) -> None:
    todo["components"]["backend"] |= {"autoscale": {"max": 3, "cpu": 80}, "rollout": {"strategy": strategy}}
    with pytest.raises(SpecError, match=f"{strategy} has a fixed number of pods of each version"):
        read_app(todo)


def test_misspelt_variables_of_the_application(todo: dict[str, Any]) -> None:
    with pytest.raises(SpecError, match='webapp_netwerk: unknown variable; did you mean "webapp_network"'):
        read_app(todo, variables=["webapp_name", "webapp_netwerk"])


def test_normal_form_of_everything_is_valid_input_again(everything: dict[str, Any]) -> None:
    once = normal(read_app(everything))
    assert json.loads(json.dumps(once)) == once
    assert normal(read_app(once)) == once


@pytest.mark.parametrize("junk", [None, 1, "x", [], [1], {"a": 1}, {"a": {"ports": {"b": {}}}}, True, [{"a": None}]])
def test_junk_anywhere_is_a_fault_and_no_crash(everything: dict[str, Any], junk: object) -> None:
    places = [key for key in everything if key != "components"]
    for name, component in everything["components"].items():
        for key, value in component.items():
            places.append(f"components.{name}.{key}")
            places += [f"components.{name}.{key}.{inner}" for inner in value if "." not in inner] if isinstance(value, dict) else []
    for place in places:
        # Some of it is right by chance; whatever else happens must be a fault.
        with contextlib.suppress(SpecError):
            read_app(put(everything, place, junk))


@pytest.mark.parametrize(
    "schedule", ["0 7 * * *", "*/15 0-6 1,15 jan-mar,12 MON-FRI", "@hourly", "0 0 ? * sun", "5/10 * * * *", "1-5/2 * * * 6"]
)
def test_schedules(schedule: str) -> None:
    assert problem(schedule) == ""


@pytest.mark.parametrize(
    ("schedule", "words"),
    [
        ("", "has 0 fields"),
        ("60 * * * *", 'has "60" for the minute, which goes from 0 to 59'),
        ("* 24 * * *", "for the hour"),
        ("* * 0 * *", "for the day of the month"),
        ("* * * 13 *", "for the month"),
        ("* * * * 7", "for the day of the week"),
        ("* * * * fry", "for the day of the week"),
        ("5-1 * * * *", "for the minute"),
        ("*/0 * * * *", "for the minute"),
        ("@often", "isn't one of @yearly"),
        ("CRON_TZ=UTC 0 7 * * *", "names a time zone, which belongs under time_zone"),
    ],
)
def test_no_schedules(schedule: str, words: str) -> None:
    assert words in problem(schedule)


def test_several_components_of_one_image(todo: dict[str, Any]) -> None:
    todo["components"] |= {
        "nightly": {**CRON, "image": None, "image_of": "backend"},
        "sender": {"kind": "worker", "image_of": "mailer"},
    }
    app = read_app(todo)
    images = {"backend": "reg/backend@sha256:b", "database": "reg/database@sha256:d"}
    names = {"backend": "todo-backend-1", "database": "todo-database-1"}
    values = chart_values(app, images=images, secret_names=names, chart_digest="sha256:x")["components"]
    assert values["nightly"]["image"] == "reg/backend@sha256:b"
    assert values["sender"]["image"] == app.components["mailer"].image
    todo["components"]["third"] = {"kind": "worker", "image_of": "sender"}
    with pytest.raises(SpecError, match="sender has no image of its own either; name the one that has"):
        read_app(todo)
