# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Options of modules that work on a PostgreSQL database in a pod."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  kubeconfig:
    description: Path of the kubeconfig. Without it, the environment's E(KUBECONFIG) and E(K8S_AUTH_HOST) and the like are used.
    type: path
    default: ""
  context:
    description: Context in the kubeconfig.
    type: str
    default: ""
  kubectl:
    description: The kubectl binary.
    type: str
    default: kubectl
  release:
    description: The Helm release that the database belongs to.
    type: str
    required: true
  namespace:
    description: Its namespace.
    type: str
    required: true
  component:
    description: The component that is the database.
    type: str
    default: database
  database:
    description: Name of the database in PostgreSQL.
    type: str
    required: true
  user:
    description: A superuser whom the container lets in without a password.
    type: str
    default: postgres
  timeout:
    description: Seconds that a program in the container may take.
    type: int
    default: 3600
"""
