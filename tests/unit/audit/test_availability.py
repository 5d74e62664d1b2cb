# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How pods end, and how many are left."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from ansible_collections.proven.webapp.plugins.module_utils._audit.check_availability import image_tag
from ansible_collections.proven.webapp.plugins.module_utils._audit.model import scaled

from .conftest import broken, budget, container, deployment, found, report, scaler, service, workload


def sleeping(seconds: int) -> dict[str, Any]:
    return {"preStop": {"sleep": {"seconds": seconds}}}


@pytest.mark.parametrize(
    ("hook", "waited"),
    [
        ({"sleep": {"seconds": 20}}, 20),
        ({"sleep": {"seconds": 21}}, 21),
        ({"sleep": {"seconds": 35}}, 35),
        ({"exec": {"command": ["sleep", "25"]}}, 25),
        ({"exec": {"command": ["/bin/sh", "-c", "sleep 25 && nginx -s quit"]}}, 25),
        ({"exec": {"command": ["sh", "-c", "sleep 12; sleep 13.5"]}}, 25),
        ({"exec": {"command": ["sleep", "1m"]}}, 60),
        ({"exec": {"command": ["sleep", "1h"]}}, 3600),
        ({"exec": {"command": ["sleep", "25s"]}}, 25),
        ({"exec": {"command": ["sleep", "$DELAY"]}}, 0),
        ({"exec": {"command": ["nap", "25"]}}, 0),
        ({"httpGet": {"port": "http"}}, 0),
    ],
)
def test_what_pre_stop_takes(hook: dict[str, Any], waited: int) -> None:
    short = deployment(lifecycle={"preStop": hook}, pod={"terminationGracePeriodSeconds": 5})
    assert found(short, service()) == [("PV130", f"of a grace period of 5 s, preStop takes {waited} s and leaves {max(5 - waited, 0)} s")]
    what = f"of a grace period of 30 s, preStop takes {waited} s and leaves {max(30 - waited, 0)} s"
    seen = report(deployment(lifecycle={"preStop": hook})).findings
    assert [finding.what for finding in seen] == ([what] if waited > 20 else [])
    for finding in seen:
        assert yaml.safe_load(finding.corrected) == {"spec": {"template": {"spec": {"terminationGracePeriodSeconds": waited + 30}}}}


def test_grace() -> None:
    assert broken(deployment(pod={"terminationGracePeriodSeconds": 9})) == []
    assert broken(deployment(pod={"terminationGracePeriodSeconds": 10}), service()) == []
    assert broken(deployment(pod={"terminationGracePeriodSeconds": 9}), service()) == ["PV130"]
    assert broken(deployment(lifecycle=sleeping(21), pod={"terminationGracePeriodSeconds": 31})) == []
    assert broken(deployment(lifecycle=sleeping(1), pod={"terminationGracePeriodSeconds": 10})) == ["PV130"]
    both = workload("Deployment", container(lifecycle=sleeping(5)), container("other", lifecycle=sleeping(25)))
    assert found(both) == [("PV130", "of a grace period of 30 s, preStop takes 25 s and leaves 5 s")]
    empty = deployment(pod={"containers": [], "terminationGracePeriodSeconds": 5})
    assert found(empty, service(ports=[])) == [("PV130", "of a grace period of 5 s, preStop takes 0 s and leaves 5 s")]
    (finding,) = report(workload("Pod", container(lifecycle=sleeping(25)))).findings
    assert yaml.safe_load(finding.corrected) == {"spec": {"terminationGracePeriodSeconds": 55}}


@pytest.mark.parametrize(("grace", "expected"), [(30, []), (31, [("PV131", "its grace period is 31 s, the pod's 30 s")])])
def test_grace_of_a_probe(grace: int, expected: list[tuple[str, str]]) -> None:
    assert found(deployment(liveness={"terminationGracePeriodSeconds": grace})) == expected
    assert found(deployment(startup={"terminationGracePeriodSeconds": grace})) == expected
    (finding,) = report(deployment(liveness={"terminationGracePeriodSeconds": 90})).findings
    assert yaml.safe_load(finding.corrected) == {"livenessProbe": {"terminationGracePeriodSeconds": 30}}


def rolling(**numbers: Any) -> dict[str, Any]:
    return {"strategy": {"rollingUpdate": numbers}}


@pytest.mark.parametrize(
    ("replicas", "strategy", "gone"),
    [
        (2, {}, None),
        (3, rolling(maxUnavailable=2), None),
        (3, rolling(maxUnavailable=3), 3),
        (3, rolling(maxUnavailable=4), 4),
        (3, rolling(maxUnavailable="99%"), None),
        (3, rolling(maxUnavailable="100%"), 3),
        (3, rolling(maxUnavailable="all"), None),
        (2, rolling(maxUnavailable="30%", maxSurge=0), None),
        (0, rolling(maxUnavailable=1), None),
    ],
)
def test_rollout(replicas: int, strategy: dict[str, Any], gone: int | None) -> None:
    spec = {"replicas": replicas, **strategy}
    expected = [] if gone is None else [("PV132", f"{gone} of its {replicas} pods may be unavailable")]
    assert found(deployment(spec=spec), service()) == expected
    assert found(deployment(spec=spec)) == []
    assert found(workload("StatefulSet", **spec), service()) == []


def test_rollout_of_one() -> None:
    """Of one pod a quarter is none, and a quarter more is one: nothing is lost. Without one more, it is."""

    def rules(**strategy: Any) -> list[str]:
        return [rule for rule in broken(deployment(spec={"replicas": 1, **strategy}), service()) if rule != "PV133"]

    assert rules() == []
    assert rules(**rolling(maxUnavailable="50%", maxSurge=1)) == []
    assert rules(**rolling(maxUnavailable="50%", maxSurge=0)) == ["PV132"]
    assert rules(**rolling(maxUnavailable=0, maxSurge="1%")) == []
    assert rules(**rolling(maxUnavailable=1)) == ["PV132"]


def test_recreate() -> None:
    changed = deployment(spec={"strategy": {"type": "Recreate"}})
    (finding,) = report(changed, service()).findings
    assert (finding.rule.id, finding.what) == ("PV132", "its strategy is Recreate")
    right = {"spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}}}
    assert yaml.safe_load(finding.corrected) == right
    assert found(deployment(spec=right["spec"]), service()) == []


def test_one_pod() -> None:
    one: dict[str, Any] = {"replicas": 1}
    assert broken(deployment(spec=one)) == []
    assert found(deployment(spec=one), service(), service("other")) == [("PV133", "it has 1 pod for Service/shop, Service/other")]
    assert broken(deployment(spec={"replicas": None}), service()) == ["PV133"]
    assert broken(deployment(spec={"replicas": 0}), service()) == []
    assert broken(workload("StatefulSet", **one), service()) == ["PV133"]
    for kind in ("DaemonSet", "Pod"):
        assert broken(workload(kind), service()) == []


def test_an_autoscaler_says_how_few_there_may_be() -> None:
    assert broken(deployment(spec={"replicas": 1}), service(), scaler(2)) == []
    assert found(deployment(), service(), scaler(1)) == [("PV133", "HorizontalPodAutoscaler/shop may leave 1 pod for Service/shop")]
    assert broken(deployment(), service(), scaler(None)) == ["PV133"]
    assert broken(deployment(), service(), scaler(1, kind="StatefulSet")) == []
    second = {**scaler(5), "metadata": {"name": "second"}}
    assert found(deployment(), service(), scaler(1), second) == [("PV133", "HorizontalPodAutoscaler/shop may leave 1 pod for Service/shop")]


def test_more_pods_are_proposed_where_that_is_simple() -> None:
    def proposed(*objects: Any) -> Any:
        (finding,) = report(*objects, service()).findings
        return yaml.safe_load(finding.corrected)

    assert proposed(deployment(spec={"replicas": 1})) == {"spec": {"replicas": 2}}
    assert proposed(workload("StatefulSet", replicas=1)) is None
    assert proposed(deployment(), scaler(1)) is None


@pytest.mark.parametrize(
    ("replicas", "spec", "expected"),
    [
        (2, {"maxUnavailable": 1}, []),
        (2, {"maxUnavailable": 2}, [("PV135", "none of 2 pods has to stay: Deployment/shop")]),
        (2, {"maxUnavailable": 3}, [("PV135", "none of 2 pods has to stay: Deployment/shop")]),
        # 1 % of 2 is rounded up to 1, 51 % to 2.
        (2, {"maxUnavailable": "1%"}, []),
        (2, {"maxUnavailable": "51%"}, [("PV135", "none of 2 pods has to stay: Deployment/shop")]),
        (2, {"maxUnavailable": 0}, [("PV134", "maxUnavailable is 0")]),
        (2, {"maxUnavailable": "0%"}, [("PV134", "maxUnavailable is 0%")]),
        (2, {"minAvailable": 1}, []),
        (2, {"minAvailable": 2}, [("PV134", "2 of 2 pods have to stay: Deployment/shop")]),
        (2, {"minAvailable": 3}, [("PV134", "3 of 2 pods have to stay: Deployment/shop")]),
        (2, {"minAvailable": "50%"}, []),
        (2, {"minAvailable": "51%"}, [("PV134", "2 of 2 pods have to stay: Deployment/shop")]),
        (2, {"minAvailable": "100%"}, [("PV134", "minAvailable is 100%")]),
        (2, {"minAvailable": 0}, [("PV135", "none of 2 pods has to stay: Deployment/shop")]),
        (1, {"minAvailable": 1}, [("PV134", "1 of 1 pods have to stay: Deployment/shop")]),
        (1, {"minAvailable": 0}, []),
        (1, {"maxUnavailable": 1}, []),
        (0, {"minAvailable": 1}, []),
        (0, {"maxUnavailable": 0}, []),
        (2, {}, []),
        (2, {"minAvailable": "most"}, []),
        (2, {"maxUnavailable": "most"}, []),
        # The controller looks at maxUnavailable first.
        (2, {"minAvailable": "100%", "maxUnavailable": 1}, []),
    ],
)
def test_budgets(replicas: int, spec: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert found(deployment(spec={"replicas": replicas}), budget(**spec)) == expected


def test_budgets_of_nothing_that_is_known() -> None:
    assert broken(budget(minAvailable=2)) == []
    assert broken(budget(maxUnavailable=0)) == ["PV134"]
    assert broken(workload("DaemonSet"), budget(minAvailable=2)) == []
    assert broken(workload("DaemonSet"), budget(maxUnavailable=0)) == ["PV134"]
    assert broken(workload("DaemonSet"), budget(minAvailable=0)) == []
    assert broken(deployment(), budget(minAvailable=2, selector={"matchLabels": {"app": "other"}})) == []
    assert broken(deployment(), budget(minAvailable=2, selector=None)) == []


def test_budgets_count_all_that_they_select() -> None:
    other = deployment()
    other["metadata"]["name"] = "other"
    assert broken(deployment(), other, budget(minAvailable=3)) == []
    assert found(deployment(), other, budget(minAvailable=4)) == [("PV134", "4 of 4 pods have to stay: Deployment/shop, Deployment/other")]
    assert broken(deployment(), other, budget(minAvailable=4), scaler(3)) == []
    assert broken(deployment(), workload("DaemonSet"), budget(minAvailable=2)) == []


def test_a_budget_that_works_is_proposed() -> None:
    (finding,) = report(deployment(), budget(minAvailable=2)).findings
    assert yaml.safe_load(finding.corrected) == {"spec": {"minAvailable": None, "maxUnavailable": 1}}
    (finding,) = report(deployment(), budget(maxUnavailable=2)).findings
    assert yaml.safe_load(finding.corrected) == {"spec": {"maxUnavailable": 1}}


@pytest.mark.parametrize(
    ("value", "total", "up", "expected"),
    [
        (3, 10, True, 3),
        ("25%", 10, True, 3),
        ("25%", 10, False, 2),
        ("30%", 10, True, 3),
        ("100%", 7, False, 7),
        ("0%", 7, True, 0),
        ("25", 10, True, None),
        ("%", 10, True, None),
        ("-5%", 10, True, None),
        ("99999%", 1, False, 999),
        ("100000%", 1, False, None),
        ("٣%", 100, True, None),
    ],
)
def test_percentages(value: int | str, total: int, up: bool, expected: int | None) -> None:
    assert scaled(value, total, up=up) == expected


@pytest.mark.parametrize(
    ("image", "tag"),
    [
        ("shop", "latest"),
        ("shop:latest", "latest"),
        ("shop:1", "1"),
        ("host:5000/shop", "latest"),
        ("host:5000/shop:1", "1"),
        ("host:5000/shop:1@sha256:0", None),
        ("shop@sha256:0", None),
    ],
)
def test_images(image: str, tag: str | None) -> None:
    assert image_tag(image) == tag
    rules = {None: [], "latest": [("PV136", f"the image is {image}")], "1": [("PV137", f"the image is {image}")]}
    findings = report(deployment(image=image)).findings
    assert [(finding.rule.id, finding.what) for finding in findings] == rules[tag]
    for finding in findings:
        assert yaml.safe_load(finding.corrected) == {"image": f"{image.removesuffix(':latest')}@sha256:…"}


def test_no_image() -> None:
    assert broken(deployment(image=None)) == []
