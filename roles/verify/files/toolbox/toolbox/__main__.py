"""The command line: `serve` and `traffic`."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys

from .control import Control
from .dns import Resolver
from .proxy import Gate, Mode, Target
from .traffic import Load, Traffic

LAST_WORDS_SECONDS = 4.0
"""How long the end waits for whoever wants to know what became of the stream."""


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="toolbox", description="A TCP proxy that fails on request, and a stream of requests.")
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="proxy, and whatever is asked for on the control port")
    serve.add_argument("--address", help="of the control port; all of the pod's without it")
    serve.add_argument("--control", type=int, default=15790, metavar="PORT")
    serve.add_argument("--target", type=Target.read, action="append", default=[], metavar="NAME=ADDRESS:PORT=HOST:PORT")
    serve.add_argument("--mode", type=Mode.read, default="pass", help="at the beginning: pass, refuse, blackhole or slow:<ms>")
    serve.add_argument("--load", type=lambda text: Load.read(json.loads(text)), help="JSON: a stream of requests to start with")
    traffic = commands.add_parser("traffic", help="send requests, and say what became of them")
    traffic.add_argument("--url", required=True)
    traffic.add_argument("--path", action="append", dest="paths")
    traffic.add_argument("--stream", action="append", dest="streams")
    traffic.add_argument("--seconds", type=float, help="without it, until it is told to end")
    traffic.add_argument("--rate", type=float, default=20.0)
    traffic.add_argument("--fresh", type=int, default=4)
    traffic.add_argument("--kept", type=int, default=4)
    traffic.add_argument("--timeout", type=float, default=10.0)
    traffic.add_argument("--lines", action="store_true", help="one line of JSON for each request, too")
    return parser.parse_args()


def on_signal() -> asyncio.Event:
    """Set by SIGTERM and SIGINT."""
    over = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, over.set)
    return over


async def serve(given: argparse.Namespace) -> None:
    over = on_signal()
    resolver = Resolver()
    gates = [Gate(target, resolver, given.mode) for target in given.target]
    for gate in gates:
        await gate.start()
    control = Control(gates)
    server = await control.listen(given.address, given.control)
    beating = asyncio.create_task(control.pulse.beat())
    if given.load:
        control.begin(given.load)
    await over.wait()
    if control.has_traffic:
        control.ending = True
        try:
            async with asyncio.timeout(LAST_WORDS_SECONDS):
                await control.last_asked.wait()
        except TimeoutError:
            pass
        # The answer has yet to leave.
        await asyncio.sleep(0.2)
    beating.cancel()
    server.close()
    for gate in gates:
        await gate.close()


async def send(given: argparse.Namespace) -> None:
    over = on_signal()
    names = ("url", "paths", "streams", "seconds", "rate", "fresh", "kept", "timeout")
    load = Load.read({name: getattr(given, name) for name in names})
    traffic = Traffic(load, (lambda record: print(json.dumps(record))) if given.lines else None)
    traffic.start()
    stopping = asyncio.create_task(over.wait())
    ending = asyncio.create_task(traffic.wait())
    await asyncio.wait({stopping, ending}, return_when=asyncio.FIRST_COMPLETED)
    await traffic.stop()
    stopping.cancel()
    print(json.dumps(traffic.tally.summary()))


def main() -> None:
    given = arguments()
    try:
        asyncio.run(serve(given) if given.command == "serve" else send(given))
    except OSError as error:
        sys.exit(f"toolbox: {error}")


if __name__ == "__main__":
    main()
