# Copyright: (c) 2026, the proven.webapp maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Minikube's command line."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from ansible_collections.proven.webapp.plugins.module_utils._errors import ProvenError
from ansible_collections.proven.webapp.plugins.module_utils._given import given
from ansible_collections.proven.webapp.plugins.module_utils._minikube.events import Event, parse_event, progress

SHORT_SECONDS = 60.0
PATIENCE_SECONDS = 10.0


@dataclass
class Answer:
    """How a command ended.

    :ivar rest: lines besides events.
    :ivar late: it was ended because its time was up.
    """

    code: int = 0
    events: list[Event] = field(default_factory=list)
    rest: list[str] = field(default_factory=list)
    late: bool = False


@dataclass(frozen=True)
class Minikube:
    """One profile's.

    :ivar program: path.
    :ivar home: Minikube's folder; its own choice where it is empty.
    :ivar kubeconfig: the only one that it may write to.
    :ivar path: folder of Docker's client, which it calls by name; may be empty.
    """

    program: str
    profile: str
    home: str
    kubeconfig: str
    path: str = ""

    @property
    def folder(self) -> str:
        """Where it keeps everything, told as Minikube tells it itself."""
        home = self.home or os.environ.get("MINIKUBE_HOME") or os.path.expanduser("~")
        return home if os.path.basename(home.rstrip("/")) == ".minikube" else os.path.join(home, ".minikube")

    @property
    def environment(self) -> dict[str, str]:
        found = {
            **os.environ,
            "KUBECONFIG": self.kubeconfig,
            "MINIKUBE_HOME": self.folder,
            "MINIKUBE_IN_STYLE": "false",
            "MINIKUBE_WANTUPDATENOTIFICATION": "false",
        }
        if self.path:
            found["PATH"] = f"{self.path}:{found.get('PATH', os.defpath)}"
        return found

    def config(self) -> str | None:
        """The profile as Minikube wrote it down; None where there is none.

        :raises ProvenError: it can't be read.
        """
        file = os.path.join(self.folder, "profiles", self.profile, "config.json")
        try:
            with open(file, encoding="utf-8") as opened:
                return opened.read()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise ProvenError(
                f"Minikube's profile can't be read: {error.strerror}.", where=file, fix="Give the folder back to this user (chown -R)."
            ) from error

    @property
    def unfinished(self) -> str:
        """A file that is there as long as the profile was begun by us and never finished."""
        return os.path.join(self.folder, "profiles", f".{self.profile}.unfinished")

    def mark_unfinished(self) -> None:
        """
        :raises ProvenError: Minikube's folder can't be written to.
        """
        try:
            os.makedirs(os.path.dirname(self.unfinished), exist_ok=True)
            with open(self.unfinished, "w", encoding="utf-8"):
                pass
        except OSError as error:
            raise ProvenError(
                f"Minikube's folder can't be written to: {error.strerror}.",
                where=self.folder,
                fix="Give it back to this user (chown -R), or name another one in MINIKUBE_HOME.",
            ) from error

    def ask(self, *arguments: str, timeout: float = SHORT_SECONDS) -> subprocess.CompletedProcess[str]:
        """A short command, to its end, whatever that is.

        :raises ProvenError: there is no Minikube, or it doesn't end.
        """
        try:
            return subprocess.run(
                [self.program, *arguments, f"--profile={self.profile}"],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=timeout,
                check=False,
            )
        except FileNotFoundError as error:
            raise self.missing() from error
        except subprocess.TimeoutExpired as error:
            raise ProvenError(f"minikube {arguments[0]} did not end within {timeout:.0f} s.", where=f"profile {self.profile}") from error

    def version(self) -> str:
        """Its own, as v1.38.1; empty where it can't be asked."""
        try:
            answer = self.ask("version", "--short")
        except ProvenError:
            return ""
        return answer.stdout.strip() if answer.returncode == 0 else ""

    def work(self, *arguments: str, say: Callable[[str], None], timeout: float, lock: int | None = None) -> Answer:
        """A long command with events, whose steps are told as they come.

        :param timeout: seconds; then it is ended.
        :param lock: a file descriptor that it holds for as long as it runs.
        """
        answer = Answer()
        try:
            process = subprocess.Popen(
                [self.program, *arguments, f"--profile={self.profile}"],
                env=self.environment,
                pass_fds=(lock,) if lock is not None else (),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
            )
        except FileNotFoundError as error:
            raise self.missing() from error

        def end() -> None:
            answer.late = True
            _end(process)

        timer = threading.Timer(timeout, end)
        timer.start()
        try:
            for line in given(process.stdout):
                event = parse_event(line)
                if event is None:
                    answer.rest.append(line.rstrip())
                    continue
                answer.events.append(event)
                text = progress(event)
                if text:
                    say(text)
            process.wait()
        finally:
            timer.cancel()
            _end(process)
        answer.code = process.returncode
        return answer

    def missing(self) -> ProvenError:
        """What to say where there is no such program."""
        return ProvenError(
            f"There is no {self.program}.",
            where="minikube",
            fix="Install Minikube (https://minikube.sigs.k8s.io/docs/start), or let cluster_provider be kind.",
        )


def _end(process: subprocess.Popen[str]) -> None:
    """Asked first, then by force."""
    for sign in (signal.SIGINT, signal.SIGKILL):
        if process.poll() is not None:
            return
        process.send_signal(sign)
        try:
            process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            continue
