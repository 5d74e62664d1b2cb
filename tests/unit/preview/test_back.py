"""The way back by Helm over fields that can't be changed. The API server (standin.py) and helm are stand-ins."""

from __future__ import annotations

import subprocess
from typing import Any, cast

import pytest
import yaml
from ansible_collections.proven.webapp.plugins.module_utils._api import Api
from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._preview import back
from ansible_collections.proven.webapp.plugins.module_utils._preview.helm import Helm
from ansible_collections.proven.webapp.plugins.module_utils._release import claim

from .standin import Server, failure, path_of
from .test_run import deployment, named

OTHER = {"matchLabels": {"a": "other"}}
REFUSED = failure(422, "spec.selector: field is immutable", ("spec.selector", "field is immutable"))


class Rollback:
    """Stands for helm."""

    def __init__(self, code: int = 0, stderr: str = "") -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.done = subprocess.CompletedProcess[str]([], code, "", stderr)

    def rollback(self, *words: Any) -> subprocess.CompletedProcess[str]:
        self.calls.append(words)
        return self.done


def stored(server: Server, number: int, status: str, *objects: dict[str, Any]) -> None:
    server.store(number, status, config={}, manifest=yaml.safe_dump_all(objects), hooks=[])


@pytest.fixture
def server() -> Server:
    """Revision 2 was made with another selector than revision 1; the ConfigMap is another one too, which hurts nobody."""
    server = Server()
    stored(server, 1, "superseded", deployment(), named("ConfigMap", "settings", data={"LEVEL": "info"}))
    stored(server, 2, "deployed", deployment(selector=OTHER), named("ConfigMap", "settings", data={"LEVEL": "debug"}))
    server.add(deployment(selector=OTHER), owned=True)
    server.refuse["Deployment"] = REFUSED
    return server


def place(server: Server) -> claim.Place:
    return claim.Place(cast(Api, server), "todo", "todo")


def go_back(server: Server, helm: Rollback) -> list[str]:
    said: list[str] = []
    back.go_back(place(server), cast(Helm, helm), 1, ["--timeout=9s"], said.append)
    return said


def test_what_stands_in_the_way_is_deleted_first(server: Server) -> None:
    helm = Rollback()
    assert go_back(server, helm) == ["Deployment/web was deleted to be made again"]
    assert helm.calls == [("todo", "todo", 1, ["--timeout=9s"])]
    assert f"{path_of(deployment())}/web" not in server.objects
    assert [path for method, path in server.written if method == "DELETE"] == [f"{path_of(deployment())}/web"]


def test_where_nothing_does_the_cluster_is_asked_for_nothing_but_helm_s_records(server: Server) -> None:
    stored(server, 2, "deployed", deployment(replicas=5), named("ConfigMap", "settings", data={"LEVEL": "debug"}))
    go_back(server, Rollback())
    assert {path.split("/")[5] for _method, path, _dry in server.asked} == {"secrets"}


def test_what_was_never_changed_in_the_cluster_is_left_alone(server: Server) -> None:
    """Revision 2 failed before it was applied."""
    del server.refuse["Deployment"]
    assert go_back(server, Rollback()) == []
    assert server.written == []


def test_a_volume_is_helm_s_to_tell(server: Server) -> None:
    small, large = (named("PersistentVolumeClaim", "files", spec={"resources": {"requests": {"storage": size}}}) for size in ("1Gi", "2Gi"))
    stored(server, 1, "superseded", small)
    stored(server, 2, "deployed", large)
    server.add(large, owned=True)
    server.refuse["PersistentVolumeClaim"] = failure(422, "spec.resources: field can not be less than previous value")
    assert back.in_the_way(place(server), 1) == []


@pytest.mark.parametrize(("stderr", "words"), [("Error: no such luck", "no such luck"), ("", "helm ended with 9")])
def test_where_helm_fails_it_is_told_and_what_was_deleted_is_there_again(server: Server, stderr: str, words: str) -> None:
    class Fails(Rollback):
        def rollback(self, *arguments: Any) -> subprocess.CompletedProcess[str]:
            del server.refuse["Deployment"]
            return super().rollback(*arguments)

    with pytest.raises(ProvenError, match=words):
        go_back(server, Fails(9, stderr))
    assert server.objects[f"{path_of(deployment())}/web"]["spec"]["selector"] == OTHER


def test_a_revision_that_helm_has_no_record_of_is_told(server: Server) -> None:
    with pytest.raises(ProvenError, match="There is no revision 5 of todo"):
        back.in_the_way(place(server), 5)
