# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Asks a probe again, as the kubelet would."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.proven.webapp.plugins.module_utils._api import Api
from ansible_collections.proven.webapp.plugins.module_utils._probes.model import Probe
from ansible_collections.proven.webapp.plugins.module_utils._verify.answer import NOT_SHOWN, Answer

__all__ = ["Answer", "Replayer"]


class Replayer:
    """Asks probes of running pods, through the API server. Usable from several threads.

    :param exec_allowed: whether commands of exec probes may be run in the containers.
    """

    def __init__(self, api: Api, *, exec_allowed: bool = False) -> None:
        self._api = api
        self._exec_allowed = exec_allowed

    def ask(self, pod: Mapping[str, Any], container: Mapping[str, Any], probe: Probe) -> Answer:
        """One try of a probe.

        :param pod: v1.Pod with its status.
        :param container: v1.Container of that pod.
        :raises Unreachable: the API server doesn't answer.
        :raises ProvenError: it doesn't know the user (any more).
        """
        return Answer(NOT_SHOWN, "not asked yet")
