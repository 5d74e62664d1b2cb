# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the modules have in common that build what a cluster on this machine is made of."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  ca_bundle:
    description: File with CA certificates (PEM) that builds trust besides this machine's own; they stay in no image.
    type: path
  buildx:
    description: Path of buildx.
    type: str
    default: buildx
  docker:
    description: Path of Docker's client.
    type: str
    default: docker
attributes:
  check_mode:
    description: Says what would be built.
    support: full
  diff_mode:
    description: There is nothing to compare.
    support: none
  idempotent:
    description: Does nothing where what it builds is there.
    support: full
"""
