#!/usr/bin/python
# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The release as plain manifests in a folder."""

from __future__ import annotations

DOCUMENTATION = r"""
---
module: release_manifests
short_description: Writes a release as plain manifests, for kubectl, Argo CD and Flux
version_added: 0.1.0
author:
  - The proven.webapp maintainers (@proven)
description:
  - Renders the chart without a cluster and writes the objects into a folder, one folder a component, with kustomizations for the whole and
    for each component alone.
  - No Secret is among them. Those that have to be there are named in the kustomization of the whole.
  - Migrations are Jobs that carry the digest of their content in their names, so that each version's runs once.
  - What C(helm test) runs is left out.
  - What an earlier run wrote and this one doesn't is removed. Files of others are left alone.
options:
  binary_path:
    description: The helm to use; without it the one on the PATH.
    type: path
  chart_ref:
    description: The chart's folder.
    type: path
    required: true
  release:
    description: Name of the release.
    type: str
    required: true
  namespace:
    description: Its namespace.
    type: str
    required: true
  namespace_labels:
    description: More labels of the namespace.
    type: dict
    default: {}
  values:
    description: The values that P(proven.webapp.spec#module) made.
    type: dict
    required: true
  kube_version:
    description: Version of Kubernetes that they are for.
    type: str
    default: 1.34.0
  dest:
    description: The folder.
    type: path
    required: true
attributes:
  check_mode:
    support: full
    description: Says what would be written.
  diff_mode:
    support: full
    description: Shows what changes in the files.
  idempotent:
    support: full
    description: The same values always give the same files.
"""

EXAMPLES = r"""
- name: Write the manifests
  proven.webapp.release_manifests:
    chart_ref: "{{ playbook_dir }}/../roles/release/files/chart"
    release: todo
    namespace: todo
    values: "{{ inputs['values'] }}"
    dest: manifests/todo
"""

RETURN = r"""
written:
  description: Files that are new or changed, below the folder.
  returned: success
  type: list
  elements: str
removed:
  description: Files that an earlier run wrote and that are gone.
  returned: success
  type: list
  elements: str
secrets:
  description: Names of the Secrets that have to be there.
  returned: success
  type: list
  elements: str
"""

from pathlib import Path
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._manifests.folder import look, write
from ansible_collections.proven.webapp.plugins.module_utils._manifests.layout import layout
from ansible_collections.proven.webapp.plugins.module_utils._module import Call, run_module
from ansible_collections.proven.webapp.plugins.module_utils._preview.helm import Helm
from ansible_collections.proven.webapp.plugins.module_utils._preview.manifests import parse
from ansible_collections.proven.webapp.plugins.module_utils._secrets.manifests import namespace_manifest

ARGUMENTS: dict[str, Any] = {
    "binary_path": {"type": "path"},
    "chart_ref": {"type": "path", "required": True},
    "release": {"type": "str", "required": True},
    "namespace": {"type": "str", "required": True},
    "namespace_labels": {"type": "dict", "default": {}},
    "values": {"type": "dict", "required": True},
    "kube_version": {"type": "str", "default": "1.34.0"},
    "dest": {"type": "path", "required": True},
}


def run(call: Call) -> dict[str, Any]:
    params = call.params
    values, namespace = params["values"], params["namespace"]
    helm = Helm(params["binary_path"] or "", None, None)
    text = helm.template_alone(params["release"], namespace, params["chart_ref"], values, version=params["kube_version"])
    named = {str(item["secretName"]) for item in (values.get("components") or {}).values() if item.get("secretName")}
    secrets = sorted({*named, *map(str, values.get("imagePullSecrets") or ())})
    files = layout(parse(text, namespace), namespace_manifest(namespace, params["namespace_labels"]), secrets)
    folder = Path(params["dest"])
    change = look(folder, files)
    if not call.check:
        write(folder, change)
    result: dict[str, Any] = {"changed": bool(change.written or change.removed)}
    result |= {"written": change.written, "removed": change.removed, "secrets": secrets}
    if call.diff:
        result["diff"] = [
            {
                "before": change.before.get(name, ""),
                "after": change.after.get(name, ""),
                "before_header": str(folder / name),
                "after_header": str(folder / name),
            }
            for name in (*change.written, *change.removed)
        ]
    return result


def main() -> None:
    run_module(ARGUMENTS, run)


if __name__ == "__main__":
    main()
