# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a live rule is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ansible_collections.proven.webapp.plugins.module_utils._probes.finding import Finding, Rule
from ansible_collections.proven.webapp.plugins.module_utils._verify.window import Window


@dataclass(frozen=True)
class LiveRule:
    """:ivar check: yields a finding for each place where the rule is broken.
    :ivar tiers: what it rests on: 2 the cluster's own objects, 3 replayed probes; 1, the kubelet's counters, where they are read.
    """

    rule: Rule
    check: Callable[[Rule, Window], Iterator[Finding]]
    tiers: tuple[int, ...]
