# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Has the scenario's application released by the previous release of the collection, and stores something in it.

Where the repository's history isn't here, nothing is done but to say so, in the file SKIPPED.
"""

from __future__ import annotations

import json
import shutil

from ansible_collections.proven.webapp.molecule.support import FACTS, ROOT, Cluster, ansible_playbook, copy_inventory
from ansible_collections.proven.webapp.tests.integration.byo.previous import previous

NAMESPACE = "molecule-upgrade"
FOLDER = FACTS / "upgrade"
SKIPPED = FOLDER / "skipped"
LIVE = ("-n", NAMESPACE, "-l", "proven.webapp/track=live")


def main() -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    try:
        collections = previous(FOLDER)
    except LookupError as error:
        SKIPPED.write_text(str(error))
        return
    cluster = Cluster.load()
    changes = {
        "cluster_provider": "existing",
        "cluster_kubeconfig": cluster.kubeconfig,
        "cluster_context": cluster.context,
        "cluster_push_registry": cluster.registry["push"],
    }
    inventory = copy_inventory(FOLDER / "inventory", changes, ROOT / "molecule/upgrade/inventory")
    cluster.kubectl("delete", "namespace", NAMESPACE, "--ignore-not-found")
    ansible_playbook("proven.webapp.site", inventory, env={"ANSIBLE_COLLECTIONS_PATH": collections}).succeeded()
    (pod,) = cluster.get("pods", *LIVE)
    writes = "open('/data/kept', 'w').write('live data')"
    cluster.kubectl("exec", "-n", NAMESPACE, pod["metadata"]["name"], "--", "python3", "-c", writes)
    (FOLDER / "before.json").write_text(json.dumps(pod["metadata"]["uid"]))


if __name__ == "__main__":
    main()
