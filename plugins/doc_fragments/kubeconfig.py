# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which cluster, for modules that ask its API server."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  kubeconfig:
    description:
      - Path of the kubeconfig. Without it, the cluster that E(K8S_AUTH_HOST) and the like name, else E(KUBECONFIG), else kubectl's default.
    type: path
  context:
    description: Context in the kubeconfig; without it the current one.
    type: str
requirements:
  - urllib3 (Python library), where a cluster is asked
  - kubernetes (Python library), where a program logs the kubeconfig's user in
"""
