# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The way back to an earlier revision by Helm, also over fields that can't be changed."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._preview import again, immutable, scaling, stored
from ansible_collections.proven.webapp.plugins.module_utils._preview.again import Doomed
from ansible_collections.proven.webapp.plugins.module_utils._preview.cluster import Cluster, Tried
from ansible_collections.proven.webapp.plugins.module_utils._preview.helm import Helm, said
from ansible_collections.proven.webapp.plugins.module_utils._release import claim

THREADS = 8


def in_the_way(place: claim.Place, revision: int) -> list[Doomed]:
    """Objects that have to be deleted before Helm goes back, because a field of theirs is another one by now and can't be changed.
    None that a volume hangs on: those are Helm's to tell.

    :raises ProvenError: Helm has no such revision, or the cluster doesn't tell.
    """
    newest = stored.read(place).newest
    now = {item.key: item for item in newest.manifests(place.namespace)} if newest else {}
    then = stored.revision(place, revision).manifests(place.namespace)
    suspects = [item for item in then if item.key in now and immutable.may_refuse(item, now[item.key])]
    if not suspects:
        return []
    with ThreadPoolExecutor(THREADS) as pool:
        cluster = Cluster(place, pool)
        kinds = cluster.kinds()
        known = [item for item in suspects if kinds.get(item)]
        trials: list[Tried] = cluster.each(lambda item: cluster.apply(item, now[item.key], kinds.path(item)), known)
    found = []
    for tried in trials:
        if tried.live is not None and immutable.refuses(tried.status, tried.body):
            item = tried.manifest
            how = immutable.change(item, tried.live, now[item.key]).propagation
            if how:
                found.append(Doomed(str(item), f"{kinds.path(item)}/{item.name}", str(tried.live["metadata"]["uid"]), how))
    return found


def go_back(place: claim.Place, helm: Helm, revision: int, options: list[str], say: Callable[[str], None]) -> None:
    """Have Helm make a revision of what an earlier one was.

    :param options: of ``helm rollback``.
    :param say: gets a line for each object that is deleted to be made again.
    :raises ProvenError: it didn't; what was deleted for it was brought back.
    """
    scaling.hand_over(place, stored.revision(place, revision).values)
    away = again.remove(place.api, in_the_way(place, revision), say)
    done = helm.rollback(place.release, place.namespace, revision, options)
    if done.returncode:
        reason = said(done.stderr) if done.stderr.strip() else f"helm ended with {done.returncode}"
        raise ProvenError("\n".join([reason, *again.mended(place.api, away, say)]))
