# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is deleted to be made again is there again where the release fails, and the way back leads over it too."""

from __future__ import annotations

import json
from typing import Any

from ansible_collections.proven.webapp.molecule.support import until
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError

from .cases import DATABASE, POD, SETTINGS, WEB, changed, thing
from .lab import RELEASE, Lab
from .test_release import apply, playbook

ONE = changed(DATABASE, "spec", "replicas", to=1)
LARGER = changed(ONE, "spec", "volumeClaimTemplates", 0, "spec", "resources", "requests", "storage", to="2Gi")
OTHER = changed(
    changed(WEB, "spec", "selector", to={"matchLabels": {"app": "other"}}), "spec", "template", "metadata", "labels", to={"app": "other"}
)
# No node takes its pod, and it has three seconds.
MIGRATION = thing(
    "Job", "migrate", "batch/v1", spec={"activeDeadlineSeconds": 3, "template": changed(POD, "spec", "restartPolicy", to="Never")}
)
MIGRATION["metadata"]["annotations"] = {"helm.sh/hook": "pre-upgrade"}


def size(lab: Lab) -> str:
    return str(lab.get("statefulset", "database")["spec"]["volumeClaimTemplates"][0]["spec"]["resources"]["requests"]["storage"])


def selector(lab: Lab) -> str:
    return str(lab.get("deployment", "web")["spec"]["selector"]["matchLabels"]["app"])


def pod(lab: Lab) -> dict[str, Any]:
    (found,) = until(lambda: [item for item in lab.get("pods") if item["metadata"]["name"] == "database-0"], 30)
    return dict(found["metadata"])


def adopted(lab: Lab) -> bool:
    return bool(pod(lab).get("ownerReferences", [{}])[0].get("uid") == lab.get("statefulset", "database")["metadata"]["uid"])


def test_a_migration_that_fails_brings_back_what_was_deleted_and_the_way_back_leads_over_it(lab: Lab) -> None:
    apply(lab, (ONE, WEB)).succeeded()
    serving = pod(lab)["uid"]

    failed = apply(lab, (LARGER, OTHER, MIGRATION), recreate=["web"])
    assert failed.code != 0
    for name in ("StatefulSet/database", "Deployment/web"):
        assert f"{name} was brought back as it was" in failed.output
    assert (size(lab), selector(lab)) == ("1Gi", "web")
    assert pod(lab)["uid"] == serving
    until(lambda: adopted(lab), 30)

    # What was brought back is as good as new to Helm.
    apply(lab, (LARGER, OTHER), recreate=["web"]).succeeded()
    assert (size(lab), selector(lab)) == ("2Gi", "other")
    assert pod(lab)["uid"] == serving

    given = {
        "kubeconfig": lab.cluster.kubeconfig,
        "context": lab.cluster.context,
        "binary_path": lab.cluster.tools["helm"],
        "release": RELEASE,
        "namespace": lab.namespace,
        "revision": 1,
    }
    went = playbook(lab.folder.parent, [{"proven.webapp.helm_back": given}], {}).succeeded()
    assert "StatefulSet/database was deleted to be made again, its pods stay" in went.output
    assert (size(lab), selector(lab)) == ("1Gi", "web")
    assert pod(lab)["uid"] == serving
    until(lambda: adopted(lab), 30)


def test_a_kind_that_the_cluster_has_lost_is_told_before_helm_stumbles_over_it(lab: Lab) -> None:
    group = f"{lab.namespace}.example.com"
    names = {"kind": "Widget", "plural": "widgets"}
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    spec = {
        "group": group,
        "names": names,
        "scope": "Namespaced",
        "versions": [{"name": "v1", "served": True, "storage": True, "schema": schema}],
    }
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"widgets.{group}"},
        "spec": spec,
    }
    widget = thing("Widget", "x", f"{group}/v1")

    # Not there yet: by name, and nothing is made.
    refused = apply(lab, (widget, SETTINGS))
    assert f"Widget/x, kind: the cluster doesn't know the kind Widget of {group}/v1" in refused.messages[-1]
    assert lab.get("configmaps", "--field-selector=metadata.name=settings") == []
    assert lab.get("secrets", "-l", "owner=helm") == []

    lab.cluster.kubectl("apply", "-f", "-", stdin=json.dumps(definition))
    try:
        lab.cluster.kubectl("wait", "--for=condition=Established", f"crd/widgets.{group}")
        # The API server tells of it a moment later.
        until(lambda: lab.cluster.kubectl("get", "widgets", "-n", lab.namespace, ok=False).startswith("No resources"), 30)
        lab.release((widget, SETTINGS))
    finally:
        lab.cluster.kubectl("delete", "crd", f"widgets.{group}")
    # Left out by now, and still in the way.
    wanted = (changed(SETTINGS, "data", "LEVEL", to="debug"),)

    def told() -> str:
        try:
            lab.preview(wanted)
        except ProvenError as error:
            return str(error)
        return ""

    message = until(told, 30)
    assert "Widget/x, apiVersion: Helm can't go on from the revision that runs: it has this object" in message
    assert f"the cluster knows no Widget of {group}/v1 any more" in message
    assert lab.get("configmap", "settings")["data"] == SETTINGS["data"]
