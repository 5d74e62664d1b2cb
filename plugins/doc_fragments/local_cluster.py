# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the modules have in common that make a cluster on this machine."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  kubeconfig:
    description:
      - File that leads to the cluster; written by this module alone, readable by its owner. The user's own kubeconfig is never touched.
    type: path
    required: true
  registry:
    description: A registry in a container, reached as C(localhost:PORT) from this machine and from the cluster.
    type: dict
    suboptions:
      name:
        description: Name of its container and volume.
        type: str
        default: proven-registry
      image:
        description: Its image. Needed where there is to be a cluster.
        type: str
      port:
        description: Its port on 127.0.0.1.
        type: int
        default: 5001
  encrypt_secrets:
    description:
      - Whether the API server of a cluster that is made encrypts Secrets in etcd. The key is made with the cluster and lies in its node.
      - A cluster that is there stays as it is.
    type: bool
    default: true
  recreate:
    description: Make the cluster anew where it differs from what is asked for. Its data is lost.
    type: bool
    default: false
  docker:
    description: Path of Docker's client.
    type: str
    default: docker
attributes:
  check_mode:
    description: Says what would be done.
    support: full
  diff_mode:
    description: Shows the cluster before and after.
    support: full
  idempotent:
    description: Does nothing where all is as asked for.
    support: full
"""
