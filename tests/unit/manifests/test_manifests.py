# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A release as a folder of plain manifests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._manifests.folder import look, write
from ansible_collections.proven.webapp.plugins.module_utils._manifests.layout import layout
from ansible_collections.proven.webapp.plugins.module_utils._preview.manifests import Manifest
from ansible_collections.proven.webapp.plugins.module_utils._secrets.manifests import namespace_manifest


def thing(kind: str, name: str, component: str = "", **more: Any) -> Manifest:
    labels = {"app.kubernetes.io/component": component} if component else {}
    metadata = {"name": name, "namespace": "space", "labels": labels, **more.pop("metadata", {})}
    return Manifest({"apiVersion": "v1", "kind": kind, "metadata": metadata, **more}, "space")


def hook(when: str, image: str = "a:1") -> Manifest:
    annotations = {"helm.sh/hook": when, "helm.sh/hook-delete-policy": "x", "mine": "yes"}
    return thing("Job", "shop-api-migrate", "api", metadata={"annotations": annotations}, spec={"image": image})


RELEASE = [
    thing("ServiceAccount", "shop"),
    thing("Deployment", "shop-api", "api", spec={}),
    thing("ConfigMap", "shop-api-env", "api", data={"A": "1"}),
    hook("post-install,pre-upgrade"),
    hook("test"),
    thing("Service", "shop-web", "web", spec={}),
]


def files(*manifests: Manifest) -> dict[str, str]:
    return layout(manifests or RELEASE, namespace_manifest("space", {"team": "shop"}), ["shop-api-1"])


def objects(text: str) -> list[dict[str, Any]]:
    return [item for item in yaml.safe_load_all(text) if item]


def test_each_component_has_its_folder() -> None:
    found = files()
    assert found.keys() == {f"{part}/{name}" for part in ("shared", "api", "web") for name in ("objects.yaml", "kustomization.yaml")} | {
        "kustomization.yaml"
    }
    assert [item["kind"] for item in objects(found["shared/objects.yaml"])] == ["Namespace", "ServiceAccount"]
    assert [item["kind"] for item in objects(found["api/objects.yaml"])] == ["ConfigMap", "Deployment", "Job"]
    assert objects(found["shared/objects.yaml"])[0]["metadata"]["labels"]["team"] == "shop"


def test_nothing_is_there_twice() -> None:
    found = files()
    assert objects(found["kustomization.yaml"])[0]["resources"] == ["shared", "api/objects.yaml", "web/objects.yaml"]
    assert objects(found["api/kustomization.yaml"])[0]["resources"] == ["../shared", "objects.yaml"]


def test_a_migration_runs_once_for_each_version() -> None:
    job = objects(files()["api/objects.yaml"])[-1]
    assert job["metadata"]["name"].startswith("shop-api-migrate-")
    assert job["metadata"]["annotations"] == {"mine": "yes"}
    assert files() == files()
    other = objects(files(hook("pre-upgrade", "a:2"))["api/objects.yaml"])[-1]
    assert other["metadata"]["name"] != job["metadata"]["name"]


def test_secrets_are_named_and_not_there() -> None:
    found = files()
    assert "# shop-api-1\n" in found["kustomization.yaml"]
    assert "kind: Secret" not in "".join(found.values())


def test_a_component_called_as_the_shared_folder() -> None:
    with pytest.raises(ProvenError, match='A component is called "shared"'):
        files(thing("Service", "shop-shared", "shared"))


def test_folder_follows(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    first = look(folder, files())
    write(folder, first)
    assert len(first.written) == 7
    assert not look(folder, files()).written
    (folder / "mine.yaml").write_text("a: 1\n")
    fewer = look(folder, files(*RELEASE[:4]))
    assert fewer.removed == ["web/kustomization.yaml", "web/objects.yaml"]
    write(folder, fewer)
    assert sorted(path.name for path in folder.iterdir()) == ["api", "kustomization.yaml", "mine.yaml", "shared"]


def test_files_of_others_are_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "kustomization.yaml").write_text("mine: yes\n")
    with pytest.raises(ProvenError, match="wasn't written here"):
        look(tmp_path, files())
