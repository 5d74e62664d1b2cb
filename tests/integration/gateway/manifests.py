# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Traefik as the gateway of one namespace."""

from __future__ import annotations

from typing import Any

CONTROLLER = "traefik.io/gateway-controller"
READ = ["get", "list", "watch"]
RULES = [
    {"apiGroups": [""], "resources": ["namespaces", "services", "secrets", "configmaps", "nodes", "pods"], "verbs": READ},
    {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": READ},
    {"apiGroups": ["gateway.networking.k8s.io"], "resources": ["*"], "verbs": [*READ, "update", "patch"]},
]
"""As Traefik's documentation of its Kubernetes Gateway provider has them."""


def objects(name: str, namespace: str, image: str) -> list[dict[str, Any]]:
    """:param name: of what isn't in the namespace."""
    labels = {"app": "gateway"}
    arguments = [
        "--providers.kubernetesgateway",
        f"--providers.kubernetesgateway.namespaces={namespace}",
        "--entrypoints.web.address=:8000",
        "--ping",
        "--global.checknewversion=false",
        "--global.sendanonymoususage=false",
    ]
    container = {
        "name": "traefik",
        "image": image,
        "args": arguments,
        "ports": [{"name": "web", "containerPort": 8000}],
        "readinessProbe": {"httpGet": {"path": "/ping", "port": 8080}, "periodSeconds": 1},
        "securityContext": {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}},
    }
    pod = {
        "serviceAccountName": "gateway",
        "securityContext": {"runAsNonRoot": True, "runAsUser": 1001, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [container],
    }
    here = {"name": "gateway", "namespace": namespace}
    return [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": here},
        {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": name}, "rules": RULES},
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": name},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name},
            "subjects": [{"kind": "ServiceAccount", **here}],
        },
        {
            "apiVersion": "gateway.networking.k8s.io/v1",
            "kind": "GatewayClass",
            "metadata": {"name": name},
            "spec": {"controllerName": CONTROLLER},
        },
        {
            "apiVersion": "gateway.networking.k8s.io/v1",
            "kind": "Gateway",
            "metadata": here,
            "spec": {"gatewayClassName": name, "listeners": [{"name": "web", "protocol": "HTTP", "port": 8000}]},
        },
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": here,
            "spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": pod}},
        },
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": here,
            "spec": {"selector": labels, "ports": [{"name": "web", "port": 80, "targetPort": "web"}]},
        },
    ]
