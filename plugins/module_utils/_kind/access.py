# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Does a kubeconfig lead to a cluster that answers; and if not, what is wrong."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._kind.state import DEFAULT_CLASS
from ansible_collections.proven.webapp.plugins.module_utils._kubeconfig import Access, load_kubeconfig

SPARE_SECONDS = 5
"""How much longer than a request kubectl may take: it may have to run a program to log in."""


def refusal(access: Access, path: str, said: str, seconds: int) -> ProvenError:
    """What kubectl's words mean."""
    words = said.lower()
    reason = said.strip().splitlines()[-1] if said.strip() else "no reason given"
    where = f"context {access.context} of {path}"
    if any(sign in words for sign in ("connection refused", "no route to host", "network is unreachable", "host is down")):
        return ProvenError(f"Nothing answers at {access.server}.", where=where, fix="Start the cluster, or name another context.")
    if any(sign in words for sign in ("no such host", "name resolution", "server misbehaving")):
        return ProvenError(
            f"The name in {access.server} leads nowhere.", where=where, fix="Correct the server in the kubeconfig, or fetch it again."
        )
    if any(sign in words for sign in ("timeout", "deadline exceeded", "timed out", "client.timeout")):
        return ProvenError(
            f"{access.server} doesn't answer within {seconds} s.",
            where=where,
            fix="See that this machine may reach it (VPN, firewall), or raise cluster_timeout.",
        )
    if any(sign in words for sign in ("unauthorized", "must be logged in", "provide credentials", "the server has asked for the client")):
        return ProvenError(
            f"{access.server} doesn't accept the credentials.", where=where, fix="Log in again and fetch the kubeconfig again."
        )
    if "forbidden" in words:
        return ProvenError(f"{access.server} lets us in, but not look at its nodes: {reason}", where=where, fix="Ask for more rights.")
    if "x509" in words or "certificate" in words:
        return ProvenError(
            f"The certificate of {access.server} is not the one that the kubeconfig expects: {reason}",
            where=where,
            fix="Fetch the kubeconfig again; the cluster may be another one now.",
        )
    if "executable" in words and "not found" in words:
        return ProvenError(f"The kubeconfig logs in by a program that isn't here: {reason}", where=where, fix="Install it.")
    return ProvenError(f"The cluster at {access.server} can't be used: {reason}", where=where)


def facts(answer: Mapping[str, Any]) -> dict[str, str]:
    """What later stages need, from a list of nodes and storage classes."""
    nodes = [item for item in answer.get("items") or [] if item.get("kind") == "Node"]
    classes = [item for item in answer.get("items") or [] if item.get("kind") == "StorageClass"]
    addresses = [address for node in nodes for address in node.get("status", {}).get("addresses") or []]
    by_kind = {address["type"]: address["address"] for address in reversed(addresses)}
    default = next(
        (item["metadata"]["name"] for item in classes if (item["metadata"].get("annotations") or {}).get(DEFAULT_CLASS) == "true"), ""
    )
    return {
        "kubernetes_version": nodes[0].get("status", {}).get("nodeInfo", {}).get("kubeletVersion", "") if nodes else "",
        "node_address": by_kind.get("ExternalIP") or by_kind.get("InternalIP") or "",
        "storage_class": default,
    }


def examine(path: str, context: str, seconds: int, kubectl: str) -> dict[str, str]:
    """Ask the cluster.

    :param context: the current one when empty.
    :param seconds: that it has to answer.
    :raises ProvenError: what is wrong.
    """
    if not path:
        raise ProvenError(
            "No kubeconfig is named, and the environment leads to no cluster.",
            where="cluster_kubeconfig, K8S_AUTH_HOST",
            fix="Name the file that leads to your cluster; in AWX, give the job template a credential of the type"
            " OpenShift or Kubernetes API Bearer Token.",
        )
    access = load_kubeconfig(path).access(context)
    command = [kubectl, "--kubeconfig", path, "--context", access.context, f"--request-timeout={seconds}s"]
    command += ["get", "nodes,storageclasses.storage.k8s.io", "-o", "json"]
    try:
        answer = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds + SPARE_SECONDS,
            check=False,
        )
    except FileNotFoundError as error:
        raise ProvenError(f"There is no {kubectl}.", fix="Run the toolchain role first.") from error
    except subprocess.TimeoutExpired as error:
        raise refusal(access, path, "timed out", seconds) from error
    if answer.returncode != 0:
        raise refusal(access, path, answer.stderr, seconds)
    return {"kubeconfig": path, "context": access.context, "server": access.server, **facts(json.loads(answer.stdout))}
