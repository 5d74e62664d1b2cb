# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The playbooks as AWX runs them, on a real cluster: see job.py for what of AWX is real here and what isn't."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.proven.webapp.molecule.support import disguises

from .conftest import NAMESPACE, PASSWORD, PROGRAM, SECRET, Shop
from .job import NOBODY, Done, kubernetes
from .test_database import COMPONENTS


@pytest.fixture(scope="module")
def first(shop: Shop) -> Done:
    """The first release, proven."""
    return shop.launch("site.yml").succeeded()


def files_in(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def leaks(done: Done, shop: Shop) -> list[str]:
    """Where a secret shows up that a job knows: in what AWX shows and keeps of it, and in what it leaves behind."""
    forms = disguises([PASSWORD, SECRET, shop.account.token])
    places = {"output": done.output, "artifacts": str(done.artifacts), "events": str(done.events), "environment": str(done.shown)}
    # What AWX and its runner put there themselves goes with the job: the folder `env`, and the command with its environment.
    left = [path for path in files_in(done.left) if not path.is_relative_to(done.left / "runner/env") and path.parent != done.left]
    left = [path for path in [*left, *files_in(done.kept)] if path.name != "command"]
    places |= {str(path): path.read_text(errors="replace") for path in left}
    return [name for name, text in places.items() if any(form in text for form in forms)]


def test_a_release_is_made_and_proven(first: Done, shop: Shop) -> None:
    assert first.result["verdict"] == "proven", first.result["reasons"]
    assert first.result["revision"] == 1
    assert first.result["namespace"] == NAMESPACE
    assert first.artifacts["webapp_images"] == {"web": shop.toolbox}
    pods = shop.cluster.get("pods", "-n", NAMESPACE, "-l", "app.kubernetes.io/instance=shop")
    # As many as an earlier job gave it
    assert {pod["status"]["phase"] for pod in pods} == {"Running"}


def test_the_secret_got_there_byte_for_byte(first: Done, shop: Shop) -> None:
    pod = "deploy/shop-web"
    assert (
        shop.cluster.kubectl("-n", NAMESPACE, "exec", pod, "--", "python3", "-c", "import os; print(os.environ['TOKEN'], end='')") == SECRET
    )


def test_awx_keeps_the_report(first: Done) -> None:
    kept = first.kept / "artifacts/shop"
    assert {"report.html", "report.json", "junit.xml"} <= {path.name for path in kept.iterdir()}


def test_nothing_is_left_in_the_project_or_at_home(first: Done, shop: Shop) -> None:
    def content(folder: Path) -> dict[str, bytes]:
        return {str(path.relative_to(folder)): path.read_bytes() for path in files_in(folder) if "__pycache__" not in path.parts}

    assert not [path for path in (first.left / "runner/project").rglob("*") if path.stat().st_mode & 0o222], "it could be written to"
    assert content(first.left / "runner/project") == content(shop.awx.project)
    # Caches of tools, which nothing relies on
    at_home = {str(path.relative_to(first.left / "home")) for path in files_in(first.left / "home")}
    assert {name for name in at_home if not name.startswith((".cache/", ".kube/cache/"))} == set()


def test_no_secret_shows(first: Done, shop: Shop) -> None:
    assert leaks(first, shop) == []


@pytest.mark.slow
def test_a_second_run_changes_nothing(first: Done, shop: Shop) -> None:
    second = shop.launch("site.yml", verbosity=3, diff=True).succeeded()
    assert second.changed == []
    assert second.result["revision"] == 1
    assert leaks(second, shop) == []


def test_status(first: Done, shop: Shop) -> None:
    done = shop.launch("playbooks/status.yml").succeeded()
    assert (done.result["revision"], done.result["verdict"]) == (1, "proven")


@pytest.mark.slow
def test_scale(first: Done, shop: Shop) -> None:
    done = shop.launch("playbooks/scale.yml", {"scale_component": "web", "scale_replicas": 2}).succeeded()
    assert done.result["verdict"] == "proven"
    assert shop.cluster.get("deployment", "shop-web", "-n", NAMESPACE)["status"]["readyReplicas"] == 2
    again = shop.launch("playbooks/scale.yml", {"scale_component": "web", "scale_replicas": 2}).succeeded()
    assert again.changed == []


@pytest.mark.parametrize(
    "answers",
    [
        {"scale_component": "{{ lookup('pipe', 'touch /tmp/awx-jobs-was-here') }}", "scale_replicas": 2},
        {"scale_component": "web; touch /tmp/awx-jobs-was-here", "scale_replicas": 2},
        {"scale_component": "web", "scale_replicas": 0},
        {"scale_component": "web", "scale_replicas": "{{ 7 }}"},
        {"scale_component": "$(touch /tmp/awx-jobs-was-here)", "scale_replicas": "`id`"},
    ],
    ids=["jinja", "shell", "none", "jinja-number", "substitution"],
)
@pytest.mark.slow
def test_an_answer_is_data(first: Done, shop: Shop, answers: dict[str, object]) -> None:
    done = shop.launch("playbooks/scale.yml", answers)
    assert done.status == "failed"
    assert "That can't be scaled; nothing was changed." in done.output
    assert not Path("/tmp/awx-jobs-was-here").exists()


@pytest.mark.slow
def test_a_new_version_and_the_way_back(first: Done, shop: Shop) -> None:
    shop.describe("2")
    second = shop.launch("playbooks/deploy.yml", {"release_timeout": 120}).succeeded()
    number = second.result["revision"]
    assert number > 1
    assert second.result["verdict"] == ""
    back = shop.launch("playbooks/rollback.yml", {"rollback_unless_proven": True}).succeeded()
    assert back.result["verdict"] == "proven"
    assert back.result["revision"] == number + 1
    version = shop.cluster.get("configmap", "shop-web-env", "-n", NAMESPACE)["data"]["VERSION"]
    assert version == "1"
    still = shop.launch("playbooks/rollback.yml", {"rollback_unless_proven": True}).succeeded()
    assert still.result["revision"] == number + 1
    assert still.changed == []
    shop.describe("1")


@pytest.mark.slow
def test_a_release_that_fails_hands_on_why(first: Done, shop: Shop) -> None:
    shop.describe("3", {"env": {"VERSION": "3", "LIES": "1"}})
    done = shop.launch("site.yml")
    shop.describe("1")
    assert done.status == "failed"
    result = done.result
    assert result["verdict"] == "not_proven"
    assert result["reasons"]
    assert 0 < result["went_back_to"] < result["revision"]
    assert Path(str(result["evidence"])).is_relative_to(done.left)
    assert leaks(done, shop) == []


@pytest.mark.slow
def test_a_backup_and_its_restoration(first: Done, shop: Shop) -> None:
    """With no rights but the account's."""
    image = shop.cluster.get("pods", "-n", "todo", "-l", "app.kubernetes.io/component=database")[0]["spec"]["containers"][0]["image"]
    database = {name: value for name, value in COMPONENTS["database"].items() if name != "build"} | {"image": image}
    folder = shop.awx.folder / "backups"
    folder.mkdir()
    shutil.chown(folder, NOBODY, NOBODY)

    def sql(text: str) -> str:
        pod = ["exec", "shop-database-0", "--", "psql", "-U", "postgres", "-At", "-d", "shop", "-c", text]
        return shop.cluster.kubectl("-n", NAMESPACE, *pod).strip()

    shop.describe(beside={"database": database})
    try:
        shop.launch("playbooks/deploy.yml").succeeded()
        sql("CREATE TABLE notes AS SELECT generate_series(1, 500) AS n")
        saved = shop.launch("playbooks/backup.yml", {"backup_dir": str(folder)}).succeeded()
        file = Path(str(saved.artifacts["webapp_backup"]["path"]))
        assert file.parent == folder
        sql("DELETE FROM notes")
        unsaid = shop.launch("playbooks/restore.yml", {"restore_file": str(file), "restore_confirmed": "no"})
        assert unsaid.status == "failed"
        assert sql("SELECT count(*) FROM notes") == "0"
        done = shop.launch("playbooks/restore.yml", {"restore_file": str(file), "restore_confirmed": "yes"}).succeeded()
        assert sql("SELECT count(*) FROM notes") == "500"
        assert done.result["verdict"] == "proven"
        assert leaks(saved, shop) == leaks(done, shop) == []
    finally:
        shop.describe("1")


@pytest.mark.slow
def test_a_drill(first: Done, shop: Shop) -> None:
    shop.describe("1", {"env": {"VERSION": "1", "STORE": "http://shop-store:8081"}}, store=True)
    try:
        shop.launch("playbooks/deploy.yml").succeeded()
        done = shop.launch("playbooks/drill.yml", {"verify_drill_scenarios": ["refused"]}).succeeded()
    finally:
        shop.describe("1")
    assert done.result["verdict"] in ("proven", "not_shown")
    assert "refused" in done.output


@pytest.mark.slow
@pytest.mark.parametrize("playbook", ["playbooks/secrets.yml", "playbooks/verify.yml", "playbooks/deploy.yml"])
def test_other_playbooks(first: Done, shop: Shop, playbook: str) -> None:
    done = shop.launch(playbook).succeeded()
    assert leaks(done, shop) == []


@pytest.mark.slow
def test_a_dry_run(first: Done, shop: Shop) -> None:
    shop.describe("9")
    done = shop.launch("site.yml", check=True, diff=True).succeeded()
    shop.describe("1")
    assert shop.cluster.get("configmap", "shop-web-env", "-n", NAMESPACE)["data"]["VERSION"] == "1"
    assert leaks(done, shop) == []


@pytest.mark.slow
def test_images_that_the_job_before_has_built(first: Done, shop: Shop) -> None:
    done = shop.launch("playbooks/deploy.yml", first.artifacts).succeeded()
    assert done.artifacts["webapp_images"] == {"web": shop.toolbox}
    for bad in ({"web": "{{ 'x' }}"}, {"other": shop.toolbox}, "text"):
        done = shop.launch("playbooks/deploy.yml", {"webapp_images": bad})
        assert done.status == "failed"
        assert "The images that are given can't be used; nothing was changed." in done.output


@pytest.mark.slow
def test_images_are_built_and_handed_on(first: Done, shop: Shop) -> None:
    source = shop.awx.folder / "source"
    source.mkdir()
    source.chmod(0o755)
    (source / "server.py").write_text(PROGRAM)
    (source / "Dockerfile").write_text(f"FROM {shop.toolbox}\nCOPY server.py /app/server.py\n")
    shop.describe(more={"image": None, "files": None, "build": {"context": str(source)}})
    try:
        bare = shop.launch("playbooks/build.yml", engine=True)
        assert "Docker has no buildx" in bare.output
        shutil.copy(shop.cluster.tools["buildx"], shop.awx.folder / "bin/buildx")
        (shop.awx.folder / "bin/buildx").chmod(0o755)
        built = shop.launch("playbooks/build.yml", engine=True).succeeded()
        (reference,) = built.artifacts["webapp_images"].values()
        assert reference.startswith(f"{shop.cluster.registry['push']}/shop/web@sha256:")
        assert leaks(built, shop) == []
        # The next job has no engine
        shop.describe(more={"files": None})
        shop.launch("playbooks/deploy.yml", built.artifacts).succeeded()
    finally:
        shop.describe("1")
    deployed = shop.cluster.get("deployment", "shop-web", "-n", NAMESPACE)
    assert deployed["spec"]["template"]["spec"]["containers"][0]["image"] == reference


@pytest.mark.slow
def test_wrong_and_missing_credentials(first: Done, shop: Shop) -> None:
    wrong = shop.launch("playbooks/status.yml", credentials=[kubernetes(shop.account.host, "wrong", shop.account.authority)])
    assert "doesn't accept the credentials" in wrong.output
    none = shop.launch("playbooks/status.yml", credentials=[])
    assert "No kubeconfig is named, and the environment leads to no cluster." in none.output
    empty = shop.launch("playbooks/status.yml", credentials=[kubernetes(shop.account.host, "", shop.account.authority)])
    assert "names a cluster, and no token for it" in empty.output
    for done in (wrong, none, empty):
        assert done.status == "failed"


@pytest.mark.slow
def test_a_credential_without_ca(first: Done, shop: Shop) -> None:
    """AWX then asks for no verification at all."""
    done = shop.launch("playbooks/status.yml", credentials=[kubernetes(shop.account.host, shop.account.token)])
    assert done.succeeded().result["namespace"] == NAMESPACE


@pytest.mark.slow
def test_a_wrong_vault_password(first: Done, shop: Shop) -> None:
    for vault in ({"staging": "wrong-password-1x"}, {}, {"other": "wrong-password-1x"}):
        done = shop.launch("playbooks/deploy.yml", vault=vault)
        assert done.status == "failed"
        assert "TOKEN" in done.output
        assert leaks(done, shop) == []
        assert "wrong-password-1x" not in done.output
