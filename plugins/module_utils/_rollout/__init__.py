# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Watching a release until it serves or can't.

Pure, takes objects as the API gives them: model (words that all share), grace (how long a container may take), signs (what messages mean),
pods, creating, workloads and around (judge one thing each), judge (all of it), migration (what Helm waits for). With the cluster: streams
and store (what there is, as it changes), cluster (single questions), watch (until done or doomed), onlooker (while Helm is at work). For
people: words (progress), report (a failure).
"""
