#!/usr/bin/python
# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: page_check
short_description: Fetches a page from each component that is exposed
version_added: 0.1.0
author:
  - The proven.webapp maintainers (@proven)
description:
  - Finds out at which address each NodePort and LoadBalancer Service of a release is reached, and fetches its first page from this machine,
    as a user's browser would.
  - Never fails for a page that isn't served; it says so in the verdict.
extends_documentation_fragment:
  - proven.webapp.read_only
  - proven.webapp.kubeconfig
  - proven.webapp.release
  - proven.webapp.exposure
  - proven.webapp.patience
options:
  timeout:
    description: Seconds to keep trying before giving up.
    type: int
    default: 30
"""

EXAMPLES = r"""
- name: Is the page served?
  proven.webapp.page_check:
    kubeconfig: "{{ cluster_kubeconfig }}"
    context: "{{ cluster_context }}"
    namespace: todo
    release: todo
    port_map: {"30080": 30080}
  register: pages
"""

RETURN = r"""
verdict:
  description: V(proven) when all are served, else V(not_proven).
  type: str
  returned: success
reasons:
  description: What isn't served, one line each.
  type: list
  elements: str
  returned: success
pages:
  description: Component to C(url), C(status) and C(seconds).
  type: dict
  returned: success
  sample:
    frontend: {url: "http://127.0.0.1:30080/", status: 200, seconds: 0.02}
"""

import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._api import Api
from ansible_collections.proven.webapp.plugins.module_utils._exposure import EXPOSURE_ARGUMENTS, urls
from ansible_collections.proven.webapp.plugins.module_utils._module import Call, run_module
from ansible_collections.proven.webapp.plugins.module_utils._patience import PATIENCE_ARGUMENT, patiently
from ansible_collections.proven.webapp.plugins.module_utils._probes.finding import NOT_PROVEN, PROVEN
from ansible_collections.proven.webapp.plugins.module_utils._release.claim import RELEASE_ARGUMENTS
from ansible_collections.proven.webapp.plugins.module_utils._rollout.watch import exposed

PAGE_TIMEOUT = 10.0
THREADS = 8
PAUSE_SECONDS = 0.5


def fetch(url: str) -> tuple[int, float, str]:
    """(status or 0, seconds, reason)."""
    start = time.monotonic()
    try:
        with urllib.request.build_opener().open(url, timeout=PAGE_TIMEOUT) as answer:
            answer.read()
            return answer.status, time.monotonic() - start, ""
    except urllib.error.HTTPError as error:
        return error.code, time.monotonic() - start, f"status {error.code}"
    except OSError as error:
        return 0, time.monotonic() - start, str(error)


def look(api: Api, params: Mapping[str, Any]) -> dict[str, Any]:
    query = {"labelSelector": f"app.kubernetes.io/instance={params['release']}"}
    reached = exposed(api.items(f"/api/v1/namespaces/{params['namespace']}/services", query))
    addresses = urls(reached, params["port_map"], params["node_address"])
    reasons = [f"{component}: its load balancer has no address yet" for component in reached if component not in addresses]
    with ThreadPoolExecutor(THREADS) as pool:
        answers = dict(zip(addresses, pool.map(fetch, addresses.values()), strict=True))
    reasons += [f"{name}: {addresses[name]} is not served: {why}" for name, (_status, _seconds, why) in answers.items() if why]
    pages = {
        name: {"url": addresses[name], "status": status, "seconds": round(seconds, 3)} for name, (status, seconds, _why) in answers.items()
    }
    return {"verdict": NOT_PROVEN if reasons else PROVEN, "reasons": reasons, "findings": [], "pages": pages}


ARGUMENTS: dict[str, Any] = {
    **RELEASE_ARGUMENTS,
    **EXPOSURE_ARGUMENTS,
    "timeout": {"type": "int", "default": 30},
    **PATIENCE_ARGUMENT,
}


def run(call: Call) -> dict[str, Any]:
    """Fetch each page until all are served or the time is over."""
    params = call.params
    api = Api(params["kubeconfig"], params["context"])
    end = time.monotonic() + params["timeout"]
    while True:
        seen = patiently(lambda: look(api, params), api, params["patience"], call.say)
        if not seen["reasons"] or time.monotonic() >= end:
            return seen
        time.sleep(PAUSE_SECONDS)


def main() -> None:
    run_module(ARGUMENTS, run)


if __name__ == "__main__":
    main()
