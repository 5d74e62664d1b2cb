# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Options of modules that look at, or write down something about, one Helm release."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  release:
    description: The Helm release, which its objects carry as C(app.kubernetes.io/instance).
    type: str
    required: true
  namespace:
    description: Namespace of the release; it has to be there.
    type: str
    required: true
"""
