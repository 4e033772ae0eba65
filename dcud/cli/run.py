"""`dcud run`: the daemon itself."""

import argparse
import asyncio
import logging
import os
import signal
import sys
from functools import partial
from pathlib import Path

from dcud.cli.check import DEFAULT_PATH
from dcud.cli.core_dumps import forbid_core_dumps
from dcud.cli.event_loop import new_event_loop
from dcud.config.key_file import Access
from dcud.config.key_ring import load_secrets
from dcud.config.load import load
from dcud.config.meter_secrets import holds_secrets
from dcud.config.model import Configuration
from dcud.daemon import Daemon
from dcud.errors import DcudError
from dcud.observe.journal import log_handler
from dcud.observe.service_manager import of_this_process

summary = "poll the configured meters and publish what they say, until SIGTERM"

_LOG = logging.getLogger("dcud")

_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "--config",
        type=Path,
        default=DEFAULT_PATH,
        metavar="FILE",
        help="the configuration (default: %(default)s)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Run until told to stop; returns 0 after a clean stop."""
    configuration = load(arguments.config)
    handler = log_handler(sys.stderr, os.environ, _FORMAT)
    logging.basicConfig(handlers=[handler], level=configuration.log.level.upper(), force=True)
    _protect(configuration)
    secrets = load_secrets(configuration, Access.of_this_process())
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        daemon = Daemon(configuration, secrets, of_this_process())
        runner.run(_run(daemon, arguments.config))
    return 0


def _protect(configuration: Configuration) -> None:
    """Keep secrets from where a crash would leave them."""
    brokers = [broker for _, broker in configuration.brokers()]
    has_secrets = any(broker.username or broker.private_key_file for broker in brokers)
    if has_secrets or any(map(holds_secrets, configuration.meters)):
        forbid_core_dumps()


async def _run(daemon: Daemon, path: Path) -> None:
    """Run the daemon with the signals wired to it."""
    loop = asyncio.get_running_loop()
    stopping, hangup = asyncio.Event(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    loop.add_signal_handler(signal.SIGHUP, hangup.set)
    daemon.reload_by(partial(_reload, daemon, path))
    refusal: DcudError | None = None
    async with asyncio.TaskGroup() as group:
        reloading = group.create_task(_reload_at(hangup, daemon, path), name="reload")
        try:
            await daemon.run(stopping)
        except DcudError as error:  # what is the user's to mend must not leave within a group
            refusal = error
        reloading.cancel()
    if refusal is not None:
        raise refusal


async def _reload_at(hangup: asyncio.Event, daemon: Daemon, path: Path) -> None:
    """Give the daemon its logs and its configuration anew, each time that it is told."""
    while True:
        await hangup.wait()
        hangup.clear()
        daemon.reopen_logs()
        await _reload(daemon, path)


async def _reload(daemon: Daemon, path: Path) -> str:
    """Give the daemon its configuration anew; return what was wrong with it, "" for nothing."""
    daemon.reload_begins()
    try:
        # Both read files: a thousand meters' take longer than a bus should wait.
        configuration = await asyncio.to_thread(load, path)
        secrets = await asyncio.to_thread(load_secrets, configuration, Access.of_this_process())
    except DcudError as error:
        daemon.reload_refused(error)
        return str(error)
    except Exception as error:  # noqa: BLE001  # polling goes on, whatever a reload meets
        _LOG.exception("this is a fault in dcud; please report it with the lines above")
        fault = DcudError(f"an error inside dcud: {type(error).__name__}")
        daemon.reload_refused(fault)
        return str(fault)
    _protect(configuration)
    daemon.reload(configuration, secrets)
    return ""
