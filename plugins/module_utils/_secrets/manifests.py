# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The Kubernetes objects: a namespace, and one immutable Secret a component, named by its content."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

MANAGED_BY = "proven.webapp"
UNKNOWN = "0" * 10
"""Stands for the digest of a content that isn't known yet (check mode before the values are generated)."""


def digest(content: Mapping[str, str]) -> str:
    """Ten hex digits that change when a key or a value does."""
    canonical = json.dumps(dict(content), sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[: len(UNKNOWN)]


def secret_contents(used: Mapping[str, Sequence[str]], values: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Component → the keys and values that it uses; components that use none are left out."""
    contents = {component: {key: values[key] for key in keys if key in values} for component, keys in used.items()}
    return {component: content for component, content in contents.items() if content}


def secret_name(app: str, component: str, content_digest: str) -> str:
    return f"{app}-{component}-{content_digest}"


def namespace_manifest(name: str, labels: Mapping[str, str]) -> dict[str, Any]:
    """:param labels: more of them; they may choose another Pod Security Standard."""
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {
            "name": name,
            "labels": {"pod-security.kubernetes.io/enforce": "restricted", **labels, "app.kubernetes.io/managed-by": MANAGED_BY},
        },
    }


def selector(app: str) -> str:
    """Of the Secrets that were made here for an application."""
    return f"app.kubernetes.io/name={app},app.kubernetes.io/managed-by={MANAGED_BY}"


def secret_manifest(app: str, component: str, namespace: str, content: Mapping[str, str]) -> dict[str, Any]:
    """A changed content is another Secret, so an older release keeps its own and a rollback finds it."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": secret_name(app, component, digest(content)),
            "namespace": namespace,
            "labels": {
                "app.kubernetes.io/name": app,
                "app.kubernetes.io/component": component,
                "app.kubernetes.io/managed-by": MANAGED_BY,
            },
        },
        "type": "Opaque",
        "immutable": True,
        "data": {key: base64.b64encode(value.encode()).decode() for key, value in sorted(content.items())},
    }
