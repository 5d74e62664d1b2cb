# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Backup and restore of a real PostgreSQL in the cluster: what was there is there again, and what fails loses nothing."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.proven.webapp.molecule.support import ROOT, Cluster, Run
from ansible_collections.proven.webapp.tests.integration.byo.site import Site

COMPONENTS: dict[str, Any] = {
    "database": {
        "build": {"context": str(ROOT / "docker/postgres")},
        "ports": {"postgres": 5432},
        "env": {"POSTGRES_USER": "shop", "POSTGRES_DB": "shop"},
        "secrets": ["POSTGRES_PASSWORD"],
        "storage": {"path": "/var/lib/postgresql/data", "size": "200Mi"},
        "probes": {
            "startup": {"exec": {"command": ["pg_isready", "-q", "-h", "127.0.0.1"]}, "periodSeconds": 1, "failureThreshold": 90},
            "liveness": {"tcpSocket": {"port": "postgres"}, "periodSeconds": 3, "failureThreshold": 3, "timeoutSeconds": 2},
            "readiness": {"exec": {"command": ["pg_isready", "-q", "-h", "127.0.0.1"]}, "periodSeconds": 3, "timeoutSeconds": 2},
        },
    }
}


class Database:
    """:ivar kept: folder of what runs leave, which is no inventory."""

    def __init__(self, site: Site, kept: Path) -> None:
        self.site, self.kept = site, kept

    def run(self, playbook: str, **answers: object) -> Run:
        given = json.dumps({name: str(value) if isinstance(value, Path) else value for name, value in answers.items()})
        variables = {
            "webapp_name": "shop",
            "webapp_components": COMPONENTS,
            "webapp_secrets": {"POSTGRES_PASSWORD": "x" * 20},
            "verify_report_dir": str(self.kept),
            "release_artifacts_dir": str(self.kept),
        }
        return self.site.run(variables, playbook, "-e", given)

    def sql(self, text: str, database: str = "shop") -> str:
        pod = ["exec", "shop-database-0", "--", "psql", "-U", "postgres", "-At", "-d", database, "-c", text]
        return self.site.kubectl(*pod).strip()

    @property
    def names(self) -> set[str]:
        return set(self.sql("SELECT datname FROM pg_database WHERE NOT datistemplate", "postgres").split())


@pytest.fixture(scope="module")
def database(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    site = Site(cluster, "awx-database", tmp_path_factory.mktemp("database"))
    made = Database(site, tmp_path_factory.mktemp("kept"))
    made.run("site.yml").succeeded()
    made.sql("CREATE TABLE notes (id serial PRIMARY KEY, text text); ALTER TABLE notes OWNER TO shop")
    made.sql("INSERT INTO notes (text) SELECT 'note ' || n || repeat(md5(n::text), 20) FROM generate_series(1, 5000) n")
    yield made
    site.remove()


@pytest.fixture(scope="module")
def saved(database: Database) -> Path:
    folder = database.kept / "backups"
    database.run("playbooks/backup.yml", backup_dir=folder, backup_name="shop.dump").succeeded()
    return folder / "shop.dump"


@pytest.mark.slow
def test_a_backup_is_its_owners_alone(saved: Path) -> None:
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600
    assert [path.name for path in saved.parent.iterdir()] == ["shop.dump"]


@pytest.mark.slow
def test_a_file_that_is_there_is_left_alone(database: Database, saved: Path) -> None:
    before = saved.read_bytes()
    run = database.run("playbooks/backup.yml", backup_dir=saved.parent, backup_name="shop.dump")
    assert "There is a file of that name already; nothing was changed." in run.output
    assert saved.read_bytes() == before


@pytest.mark.slow
def test_a_restoration_wants_a_word(database: Database, saved: Path) -> None:
    run = database.run("playbooks/restore.yml", restore_file=saved)
    assert run.code
    assert "This replaces what is in the database shop of shop. Nothing was changed." in run.output


@pytest.mark.slow
@pytest.mark.parametrize("damage", ["cut off", "no backup", "flipped"])
def test_a_bad_file_changes_nothing(database: Database, saved: Path, tmp_path: Path, damage: str) -> None:
    content = saved.read_bytes()
    middle = len(content) * 3 // 4
    bad = tmp_path / "bad.dump"
    bad.write_bytes(
        {"cut off": content[:-4000], "no backup": b"SELECT 1;", "flipped": content[:middle] + b"\\0" * 64 + content[middle + 64 :]}[damage]
    )
    before = database.sql("SELECT count(*) FROM notes"), database.names
    run = database.run("playbooks/restore.yml", restore_file=bad, restore_confirmed="true")
    assert run.code
    assert "That is no backup" in run.output or "damaged or cut off" in run.output
    assert (database.sql("SELECT count(*) FROM notes"), database.names) == before


@pytest.mark.slow
def test_a_backup_without_room_leaves_no_file(database: Database, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    run = database.run("playbooks/backup.yml", backup_dir=tmp_path / "file/below")
    assert "The backup can't be written" in run.output


@pytest.mark.slow
def test_what_was_there_is_there_again(database: Database, saved: Path) -> None:
    database.sql("DELETE FROM notes WHERE id > 10; INSERT INTO notes (text) VALUES ('since')")
    run = database.run("playbooks/restore.yml", restore_file=saved, restore_confirmed="yes").succeeded()
    assert "kept as shop_before_restore" in run.output
    assert database.sql("SELECT count(*), count(*) FILTER (WHERE text = 'since') FROM notes") == "5000|0"
    assert database.sql("SELECT tableowner FROM pg_tables WHERE tablename = 'notes'") == "shop"
    # The serial goes on, and the owner may write
    assert database.sql("SET ROLE shop; INSERT INTO notes (text) VALUES ('new') RETURNING id").splitlines()[-2:] == ["5001", "INSERT 0 1"]
    assert database.names == {"postgres", "shop", "shop_before_restore"}


@pytest.mark.slow
def test_a_restoration_that_is_not_proven_is_undone(database: Database, saved: Path) -> None:
    database.sql("DELETE FROM notes; INSERT INTO notes (text) VALUES ('the one that was there')")
    # A proof that can't succeed: more pods than there are
    run = database.run(
        "playbooks/restore.yml", restore_file=saved, restore_confirmed="yes", verify_timeout=5, preflight_replicas={"database": 2}
    )
    assert run.code
    assert "the database that was there before is in its place again" in run.output
    assert database.sql("SELECT text FROM notes") == "the one that was there"
    assert database.names == {"postgres", "shop"}
