# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the modules that speak to a cloud have in common."""

from __future__ import annotations

import os
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._cloud.choose import cloud_of, wish_of
from ansible_collections.proven.webapp.plugins.module_utils._cloud.waiting import Job
from ansible_collections.proven.webapp.plugins.module_utils._module import Call

CLOUD_ARGUMENTS: dict[str, Any] = {
    "provider": {"type": "str", "choices": ["doks", "gke", "aks"], "required": True},
    "name": {"type": "str", "required": True},
    "region": {"type": "str", "default": ""},
    "project": {"type": "str", "default": ""},
    "resource_group": {"type": "str", "default": ""},
    "credentials": {
        "type": "dict",
        "no_log": True,
        "options": {
            "token": {"type": "str", "no_log": True},
            "service_account": {"type": "raw", "no_log": True},
            "client_id": {"type": "str"},
            "client_secret": {"type": "str", "no_log": True},
            "tenant": {"type": "str"},
        },
    },
}
"""Of every module that speaks to a cloud; plugins/doc_fragments/cloud.py documents them."""


def job_of(call: Call) -> Job:
    """
    :raises ProvenError: the cloud can't be spoken to.
    """
    params = call.params
    extra = {key: params[key] for key in ("version", "node_pools") if key in params}
    wish = wish_of(params["provider"], params["name"], params["region"], **extra)
    cloud = cloud_of(
        params["provider"], wish, credentials=params["credentials"] or {}, project=params["project"], group=params["resource_group"]
    )
    return Job(
        cloud,
        wish,
        os.path.abspath(params["kubeconfig"]) if params.get("kubeconfig") else "",
        params.get("wait") or 0,
        call.say,
        call.check,
        params["registry"],
    )
