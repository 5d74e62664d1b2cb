# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The workloads of a live namespace, and what belongs to them, as documents."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Protocol

from ansible_collections.proven.webapp.plugins.module_utils._audit.documents import Document, expand
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError

WORKLOADS = (
    ("apps/v1", "deployments"),
    ("apps/v1", "statefulsets"),
    ("apps/v1", "daemonsets"),
    ("apps/v1", "replicasets"),
    ("batch/v1", "cronjobs"),
    ("batch/v1", "jobs"),
    ("v1", "pods"),
)
CONTEXT = (
    ("v1", "services", "which containers get traffic"),
    ("policy/v1", "poddisruptionbudgets", "whether nodes can be drained"),
    ("autoscaling/v2", "horizontalpodautoscalers", "how few pods may be left"),
)


class Asking(Protocol):
    """What is needed of `_api.Api`."""

    def get(self, path: str, query: dict[str, str] | None = None) -> tuple[int, bytes]: ...


def path_of(version: str, resource: str, namespace: str) -> str:
    root = f"apis/{version}" if "/" in version else f"api/{version}"
    return f"/{root}/namespaces/{namespace}/{resource}"


def read_namespace(api: Asking, namespace: str, selectors: Sequence[str] = ()) -> tuple[list[Document], list[str]]:
    """(documents, what couldn't be read and why).

    :param selectors: label selectors that workloads have to match, each as kubectl takes it; Services and the like are read whole.
    :raises ProvenError: no workload can be read at all, the credentials aren't valid, or nothing is there.
    """
    query = {"labelSelector": ",".join(selectors)} if selectors else None
    documents: list[Document] = []
    not_shown: list[str] = []
    for version, resource in WORKLOADS:
        found, problem = _list(api, version, resource, namespace, query)
        documents += found
        not_shown += [f"{resource} of namespace {namespace} can't be read: {problem}"] if problem else []
    if not documents:
        of = f" with {query['labelSelector']}" if query else ""
        if not_shown:
            raise ProvenError(
                f"No workload can be seen: {'; '.join(not_shown)}.",
                where=f"namespace {namespace}",
                fix="give the user the right to list them",
            )
        raise ProvenError(f"There is no workload{of}.", where=f"namespace {namespace}", fix="check the namespace and the selectors")
    for version, resource, told in CONTEXT:
        found, problem = _list(api, version, resource, namespace, None)
        documents += found
        not_shown += [f"{told} isn't known: {resource} of namespace {namespace} can't be read: {problem}"] if problem else []
    return documents, not_shown


def _list(api: Asking, version: str, resource: str, namespace: str, query: dict[str, str] | None) -> tuple[list[Document], str]:
    """(objects, why there are none)."""
    path = path_of(version, resource, namespace)
    status, body = api.get(path, query)
    if status == 401:
        raise ProvenError("The cluster doesn't accept the credentials.", where=path, fix="renew the token or the kubeconfig")
    if status == 400:
        raise ProvenError(f"The cluster refuses the selectors: {_message(body)}.", where=path, fix="write them as kubectl takes them")
    if status != 200:
        return [], f"status {status}, {_message(body)}"
    try:
        return list(expand(Document(json.loads(body)))), ""
    except ValueError as error:
        raise ProvenError("The cluster's answer is no JSON.", where=path, fix="check that the address is a Kubernetes API's") from error


def _message(body: bytes) -> str:
    try:
        return str(json.loads(body)["message"]).rstrip(".")
    except (ValueError, KeyError, TypeError):
        return "no reason given"
