# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""YAML, by a library that Ansible brings along and modules may not count on."""

from __future__ import annotations

from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError


def library() -> Any:
    """PyYAML.

    :raises ProvenError: it isn't there.
    """
    try:
        import yaml
    except ImportError as error:
        raise ProvenError("The Python library PyYAML isn't there.", fix="pip install PyYAML") from error
    return yaml


def dumper() -> Any:
    """The fastest that there is, with which PyYAML writes plain data."""
    yaml = library()
    return getattr(yaml, "CSafeDumper", yaml.SafeDumper)
