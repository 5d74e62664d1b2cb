# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The Secrets that a cloud has put into its cluster for pulling images.

DigitalOcean copies one into every namespace, and names it in the service account `default` there. Applications that have a service account
of their own, as ours, have to name it themselves.
"""

from __future__ import annotations

import time

from ansible_collections.proven.webapp.plugins.module_utils._api import Api

ACCOUNT = "/api/v1/namespaces/default/serviceaccounts/default"
WAIT_SECONDS = 60.0
"""How long the cloud has for it after it was asked."""


def secrets_of(kubeconfig: str, context: str) -> list[str]:
    """Names of the Secrets; empty where none came in time.

    :raises ProvenError: the cluster doesn't answer.
    """
    api = Api(kubeconfig, context)
    start = time.monotonic()
    while True:
        _status, account = api.document(ACCOUNT)
        names = [str(item["name"]) for item in account.get("imagePullSecrets") or []]
        if names or time.monotonic() - start >= WAIT_SECONDS:
            return names
        time.sleep(2)
