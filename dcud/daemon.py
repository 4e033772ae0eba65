"""The composition root: builds the daemon from its configuration, starts it, stops it."""

import asyncio
import logging
import random
import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import dcud
from dcud.assembly.gone_meters import gone_meters
from dcud.assembly.links import Links
from dcud.assembly.meters import is_secured, plain_target
from dcud.assembly.notices import hearer
from dcud.assembly.polled_bus import BusMeans
from dcud.assembly.running_buses import RunningBuses
from dcud.assembly.self_told import SelfTold
from dcud.assembly.telling import (
    FindingsTold,
    HealthTold,
    PushesTold,
    SecurityTold,
    UnaskedTold,
)
from dcud.assembly.upkeep import Upkeep
from dcud.assembly.uplinks import Uplinks, stored_for
from dcud.assembly.vitality import Vitality, patience_with
from dcud.collect.asking import Asker
from dcud.collect.poller import Surroundings
from dcud.config import model
from dcud.config.key_file import Access
from dcud.config.key_ring import Secrets
from dcud.config.meter_secrets import NO_SECRETS, MeterSecrets
from dcud.dlms.secret import Secret
from dcud.errors import DcudError
from dcud.line.bus import Bus
from dcud.line.tracer import Direction, FrameTracer, NoTracer
from dcud.observe.errors import MetricsPageError
from dcud.observe.figures import OutboxFigures
from dcud.observe.frame_log import FrameLog
from dcud.observe.metrics import Metrics
from dcud.observe.metrics_page import MetricsPage
from dcud.observe.page_access import Credentials, PageAccess, ServerTls
from dcud.observe.service_manager import NOBODY, ServiceManager
from dcud.publish.alarms import Alarms
from dcud.publish.event_payload import Event, Severity
from dcud.publish.incidents import Incidents
from dcud.publish.keeper import Keeper
from dcud.publish.message import event_message
from dcud.publish.notices import Notices
from dcud.store.errors import StoreError
from dcud.store.rows import OutboxLimits
from dcud.store.store import Store

if TYPE_CHECKING:
    from dcud.assembly.commands.doer import Reload
    from dcud.assembly.commands.intake import Commands
    from dcud.assembly.listening import Listening
    from dcud.assembly.secured_hearing import SecuredHearing
    from dcud.assembly.secured_meters import SecuredMeters

_LOG = logging.getLogger("dcud")

wall_clock = time.time  # noqa: TID251  # the one place where the daemon's wall clock is wound


_COUNTERS_LOST = (
    "the invocation counters were lost, or restored from a backup; none is used until it is known"
    " where to go on"
)


@dataclass(frozen=True, slots=True)
class Tracers:
    """Several watchers of frames as one."""

    tracers: tuple[FrameTracer, ...]

    def frame(
        self,
        bus: str,
        direction: Direction,
        meter: str,
        octets: bytes,
        secret: Sequence[tuple[int, int]],
    ) -> None:
        """Show every watcher a frame."""
        for tracer in self.tracers:
            tracer.frame(bus, direction, meter, octets, secret)

    def discarded(self, bus: str, meter: str, reason: str, octets: bytes) -> None:
        """Show every watcher what was discarded."""
        for tracer in self.tracers:
            tracer.discarded(bus, meter, reason, octets)

    def retransmitted(self, bus: str, meter: str, frames: int) -> None:
        """Tell every watcher of a repetition."""
        for tracer in self.tracers:
            tracer.retransmitted(bus, meter, frames)

    def answered(self, bus: str, meter: str, seconds: float) -> None:
        """Tell every watcher how long an answer took."""
        for tracer in self.tracers:
            tracer.answered(bus, meter, seconds)


@dataclass(slots=True)
class _Means:
    """What meters are reached with."""

    store: Store
    secured: "SecuredMeters | None"
    unasked: UnaskedTold
    incidents: Incidents


class Daemon:
    """Everything that runs, for one configuration.

    Args:
        configuration: what it runs by.
        secrets: that the configuration names.
        manager: who started it, and wants to know how it does.
    """

    def __init__(
        self,
        configuration: model.Configuration,
        secrets: Secrets,
        manager: ServiceManager = NOBODY,
    ) -> None:
        self._manager = manager
        self._lack = "the store is not open yet"
        self._vitality: Vitality | None = None
        self._page: MetricsPage | None = None
        self._configuration = configuration
        self._secrets = secrets
        self._metrics = Metrics(version=dcud.__version__)
        self._self_told = SelfTold(configuration)
        self._frame_log = self._make_frame_log()
        self._news: tuple[model.Configuration, Secrets] | None = None
        self._told = asyncio.Event()
        self._incidents: Incidents | None = None
        self._listening: Listening | None = None
        self._commands: Commands | None = None
        self._read_anew: Reload = _not_reloadable

    def reload_by(self, read_anew: "Reload") -> None:
        """Have the configuration read anew in this way where that is asked for over MQTT."""
        self._read_anew = read_anew

    def reload(self, configuration: model.Configuration, secrets: Secrets) -> None:
        """Run by this configuration from now on; what it doesn't change goes on undisturbed."""
        self._news = configuration, secrets
        self._told.set()

    def reload_begins(self) -> None:
        """Tell that the configuration is read anew."""
        self._manager.reloading(time.monotonic())

    def reload_refused(self, error: DcudError) -> None:
        """Go on as before, and tell why."""
        _LOG.error("the new configuration is not taken; all goes on as before\n%s", error)
        self._metrics.config_refused()
        self._manager.ready("the new configuration is not taken; all goes on as before")
        if self._incidents is not None:
            text = f"the new configuration is not taken: {str(error).splitlines()[0]}"
            self._incidents.report("", "config_refused", text, Severity.ERROR)

    def reopen_logs(self) -> None:
        """Open the frame log anew, after it was rotated."""
        if self._frame_log is not None:
            self._frame_log.reopen()
            _LOG.info("the frame log was opened anew")

    async def run(self, stopping: asyncio.Event) -> None:
        """Run until `stopping` is set, then stop in order.

        Raises:
            DcudError: something that the daemon needs can't be had.
        """
        configuration = self._configuration
        async with AsyncExitStack() as stack:
            self._start_frame_log(stack)
            self._start_page(stack)
            store = await stack.enter_async_context(await self._open_store())
            limit = configuration.outbox.max_size
            self._metrics.set_outbox(lambda: _outbox_figures(store, limit))
            loop = asyncio.get_running_loop()
            self._metrics.set_tasks(lambda: len(asyncio.all_tasks(loop)))
            await self._tell_moved_store(store)
            await self._work(store, stack, stopping)
        _LOG.info("stopped")

    async def _work(self, store: Store, stack: AsyncExitStack, stopping: asyncio.Event) -> None:
        """Poll and publish, with the store that is open, until `stopping` is set."""
        configuration = self._configuration
        self._incidents = incidents = Incidents(configuration.gateway.id, store, wall_clock)
        told = (self._metrics, incidents)
        uplinks = Uplinks(configuration, self._secrets, store, told, wall_clock)
        uplinks.forget_meters(await self._gone_meters(store))
        alarms = self._alarms(store)
        notices = Notices(configuration.gateway.id, store, alarms, self._self_told.heard)
        secured = await self._open_secured(stack, incidents)
        means = _Means(store, secured, UnaskedTold(notices, incidents), incidents)
        async with asyncio.TaskGroup() as group:
            # The publisher outlives the buses, so that their last words are published, too.
            buses_ended = asyncio.Event()
            group.create_task(uplinks.run(buses_ended), name="uplinks")
            group.create_task(incidents.run(buses_ended), name="incidents")
            group.create_task(notices.run(buses_ended), name="notices")
            keeper = self._keeper(store, alarms)
            buses = self._bus_means(means, keeper, uplinks)
            self._self_told.waking = running = RunningBuses(group, buses)
            running.start(configuration)
            self._listening = self._make_listening(means, notices)
            upkeep = Upkeep(lambda: self._configuration, self._metrics)
            watching = self._watch(group, self._make_vitality(running, keeper), upkeep)
            asked = group.create_task(self._serve_commands(running, means, uplinks))
            async with self._listening.open() if self._listening else nullcontext():
                self._begin()
                await self._change(running, means, uplinks, stack, stopping, upkeep)
            self._lack = "it is being stopped"
            self._manager.stopping()
            asked.cancel()
            await running.end()
            for task in watching:
                task.cancel()
            self._end_frame_log()
            buses_ended.set()

    def _watch(
        self, group: asyncio.TaskGroup, vitality: Vitality, upkeep: Upkeep
    ) -> Sequence[asyncio.Task[None]]:
        """Begin to look whether all goes on, and is kept in order."""
        self._vitality = vitality
        return (
            group.create_task(vitality.run(), name="vitality"),
            group.create_task(upkeep.run(), name="upkeep"),
        )

    def _begin(self) -> None:
        """Tell that the work is being done from now on."""
        self._lack = ""
        self._metrics.config_taken(wall_clock())
        self._manager.ready(self._metrics.summary())

    def _alarms(self, store: Store) -> Alarms:
        told = self._self_told
        return Alarms(self._configuration.gateway.id, store.cursor, told, told)

    def _keeper(self, store: Store, alarms: Alarms) -> Keeper:
        gateway, tells = self._configuration.gateway.id, self._self_told.tells_events
        return Keeper(gateway, store, self._metrics, alarms, tells)

    def _bus_means(self, means: _Means, keeper: Keeper, uplinks: Uplinks) -> BusMeans:
        surroundings = Surroundings(
            keep=keeper,
            observer=HealthTold(self._metrics, uplinks, wall_clock),
            wall_clock=wall_clock,
            random=random.random,
        )
        return BusMeans(
            tracer=self._tracer(),
            observer=self._metrics,
            surroundings=surroundings,
            position=means.store.cursor,
            findings=FindingsTold(self._metrics, means.incidents),
            associate=partial(self._associate, means),
            hearer=partial(self._hearer, means),
        )

    async def _open_secured(
        self, stack: AsyncExitStack, incidents: Incidents
    ) -> "SecuredMeters | None":
        """Open what secured meters need, if there are any."""
        configuration = self._configuration
        if not any(is_secured(meter) for meter in configuration.meters if meter.enabled):
            return None
        from dcud.assembly.secured_meters import (  # noqa: PLC0415  # most have none: start-up
            SecuredMeters,
            open_counters,
        )

        counters = await open_counters(configuration.gateway, wall_clock, exclusive=True)
        await stack.enter_async_context(counters)
        if counters.restored or counters.moved_aside is not None:
            incidents.report("", "counters_lost", _COUNTERS_LOST, Severity.ERROR)
        return SecuredMeters(
            configuration.gateway,
            counters,
            fetch=self._fetch_keys,
            observer=SecurityTold(self._metrics, incidents),
            clock=wall_clock,
        )

    async def _change(
        self,
        running: RunningBuses,
        means: _Means,
        uplinks: Uplinks,
        stack: AsyncExitStack,
        stopping: asyncio.Event,
        upkeep: Upkeep,
    ) -> None:
        """Take every new configuration until the stop comes."""
        while await self._is_told(stopping):
            assert self._news is not None  # noqa: S101  # or nothing was told
            news, self._news = self._news, None
            self._tell_restart(news[0])
            known = self._take(*news)
            if means.secured is None and self._incidents is not None:
                means.secured = await self._open_secured(stack, self._incidents)
            uplinks.forget_meters(await self._gone_meters(means.store))
            changed = await running.change(self._configuration, self._has_other_keys_than(known))
            if self._commands is not None:
                self._commands.change(self._configuration.commands, self._secrets.command_keys)
            if self._listening is not None:
                self._listening.change(self._configuration, self._has_other_keys_than(known))
            self._metrics.config_taken(wall_clock())
            self._renew_page()
            upkeep.look_soon()
            self._manager.ready(self._metrics.summary())
            _LOG.info("the configuration was taken; meters and buses that changed: %d", changed)
        _LOG.info("stopping")

    def _make_vitality(self, running: RunningBuses, keeper: Keeper) -> Vitality:
        """Return what looks whether all goes on."""

        def marks() -> Mapping[str, Hashable]:
            # Buses whose readings the store refuses, as on a full disk, wait for it.
            waits = keeper.refusals
            return {
                bus: (turns, waits, self._metrics.mark(bus))
                for bus, turns in running.turns().items()
            }

        def patience(bus: str) -> float:
            return patience_with(self._configuration, bus)

        return Vitality(self._manager, marks, patience, self._metrics.summary, time.monotonic)

    async def _gone_meters(self, store: Store) -> set[str]:
        """Return the meters that brokers may show and that are no longer configured."""
        configured = {meter.id for meter in self._configuration.meters if meter.enabled}
        try:
            return await gone_meters(store, configured, wall_clock())
        except StoreError as error:
            _LOG.warning("which meters are gone is not known: %s", error)
            return set()

    def _take(self, configuration: model.Configuration, secrets: Secrets) -> Secrets:
        """Hold what is new; return the secrets of before."""
        self._show_meters(self._configuration, configuration)
        known = self._secrets
        self._configuration, self._secrets = configuration, secrets
        self._self_told.change(configuration)
        if self._frame_log is not None:
            for secret in _all(secrets):
                self._frame_log.register_secret(secret.octets)
        return known

    def _has_other_keys_than(self, known: Secrets) -> Callable[[str], bool]:
        """Return what tells of a meter whether it has other keys than it had."""
        now = self._secrets
        return lambda meter: known.meters.get(meter) != now.meters.get(meter)

    async def _is_told(self, stopping: asyncio.Event) -> bool:
        """Wait for a new configuration: True; or for the stop."""
        waits = [asyncio.ensure_future(each.wait()) for each in (self._told, stopping)]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        self._told.clear()
        return not stopping.is_set()

    def _tell_restart(self, configuration: model.Configuration) -> None:
        """Name what changed and takes effect only with the next start."""
        sections = ("gateway", "mqtt", "uplinks", "metrics", "listener", "log", "outbox")
        before = self._configuration
        changed = [
            name for name in sections if getattr(before, name) != getattr(configuration, name)
        ]
        if before.commands.enabled is not configuration.commands.enabled:
            changed.append("commands")  # all else of it is taken at once
        if changed:
            names = ", ".join(f"[{name}]" for name in changed)
            _LOG.warning("what changed in %s takes effect when dcud is started again", names)

    def _show_meters(self, before: model.Configuration, now: model.Configuration) -> None:
        """Show what is polled now on the metrics page, and nothing else."""
        gone = _places(before) - _places(now)
        for bus, meter in gone:
            self._metrics.remove_meter(bus, meter)
        for bus in {bus.id for bus in before.buses} - {bus.id for bus in now.buses}:
            self._metrics.remove_bus(bus)
        for configured in now.buses:
            self._metrics.add_bus(configured.id)
        for bus, meter in _places(now):
            self._metrics.add_meter(bus, meter)

    async def _serve_commands(self, running: RunningBuses, means: _Means, uplinks: Uplinks) -> None:
        """Do what is asked for over MQTT until cancelled, if anything may be asked for."""
        if not self._configuration.commands.enabled:
            return
        from dcud.assembly.commands.doer import GatewayDoer  # noqa: PLC0415  # off by default
        from dcud.assembly.commands.intake import (  # noqa: PLC0415  # likewise
            CommandMeans,
            Commands,
        )

        self._commands = Commands(
            self._configuration.commands,
            self._secrets.command_keys,
            CommandMeans(
                gateway=self._configuration.gateway.id,
                doer=GatewayDoer(buses=running, reload=self._read_anew, clock=wall_clock),
                store=means.store,
                incidents=means.incidents,
                observer=self._metrics,
                clock=wall_clock,
            ),
            asyncio.get_running_loop().time,
        )
        uplinks.listen(self._commands)
        await self._commands.run()

    def _make_listening(self, means: _Means, notices: Notices) -> "Listening | None":
        """Return the listener for what meters push over the network, if there is to be one."""
        if not self._configuration.listener.enabled:
            return None
        from dcud.assembly.listening import Listening  # noqa: PLC0415  # most have none: start-up
        from dcud.assembly.pushing_meter import PushMeans  # noqa: PLC0415  # likewise

        def hearing(meter: model.Meter) -> "SecuredHearing | None":
            if means.secured is None or not is_secured(meter):
                return None
            return means.secured.hearing(meter.bus, meter)

        given = PushMeans(
            notices=notices,
            observer=PushesTold(self._metrics, means.unasked),
            tracer=self._frame_log or NoTracer(),
            hearing=hearing,
            clock=wall_clock,
            monotonic=asyncio.get_running_loop().time,
            pushes_per_minute=self._configuration.listener.pushes_per_minute,
        )
        return Listening(self._configuration, given, self._metrics)

    def _hearer(self, means: _Means, bus: str, meter: model.Meter) -> Callable[[bytes], None]:
        """Return what takes what the meter says between sessions."""
        hear = hearer(meter, bus, means.unasked, wall_clock)
        if means.secured is not None and is_secured(meter):
            return means.secured.hearer(bus, meter, hear)
        return hear

    def _associate(
        self, means: _Means, bus: Bus, links: Links, meter: model.Meter
    ) -> Callable[[], AbstractAsyncContextManager[Asker]]:
        """Return what opens associations with the meter."""
        hear = hearer(meter, bus.name, means.unasked, wall_clock)
        if means.secured is not None and is_secured(meter):
            return means.secured.associate(bus, links, meter, hear)
        reached = plain_target(links, meter, self._secrets_of(meter).lls_password, hear)
        return lambda: bus.session(reached)

    def _secrets_of(self, meter: model.Meter) -> MeterSecrets:
        return self._secrets.meters.get(meter.id, NO_SECRETS)

    async def _fetch_keys(self, meter: model.Meter) -> MeterSecrets:
        """Return a meter's keys, asked for where a program has them."""
        if meter.key_command is None:
            return self._secrets_of(meter)
        from dcud.config.key_command import ask_key_command  # noqa: PLC0415  # most have none

        limit = self._configuration.gateway.key_command_timeout
        found = await ask_key_command(meter, limit, Access.of_this_process())
        if self._frame_log is not None:
            for secret in found.all():
                self._frame_log.register_secret(secret.octets)
        return found

    def _tracer(self) -> FrameTracer:
        return Tracers((self._metrics, self._frame_log) if self._frame_log else (self._metrics,))

    def _make_frame_log(self) -> FrameLog | None:
        if not self._configuration.log.frames:
            return None
        log = FrameLog(
            Path(self._configuration.log.frame_log),
            clock=wall_clock,
            dropped=self._metrics.frame_log_dropped,
        )
        for secret in _all(self._secrets):
            log.register_secret(secret.octets)
        return log

    def _start_frame_log(self, stack: AsyncExitStack) -> None:
        if self._frame_log is not None:
            self._frame_log.start()
            stack.callback(self._frame_log.close)

    def _end_frame_log(self) -> None:
        if self._frame_log is not None:
            # Where its disk is stuck, its patience runs out beside the store's and ours.
            self._frame_log.end()

    def _start_page(self, stack: AsyncExitStack) -> None:
        for bus in self._configuration.buses:
            self._metrics.add_bus(bus.id)
            for meter in self._configuration.polled_meters(bus.id):
                self._metrics.add_meter(bus.id, meter.id)
        configured = self._configuration.metrics
        if configured.enabled:
            self._page = page = MetricsPage(
                self._metrics.registry,
                host=configured.listen.host,
                port=configured.listen.port,
                ailment=lambda: "" if self._vitality is None else self._vitality.ailment,
                lack=lambda: self._lack,
                access=PageAccess(self._page_tls(), self._page_credentials()),
            )
            host, port = page.start()
            stack.callback(page.close)
            scheme = "http" if configured.certificate_file is None else "https"
            _LOG.info("metrics on %s://%s:%d/metrics", scheme, host, port)

    def _renew_page(self) -> None:
        """Show the page's certificate that stands in its file now."""
        try:
            if self._page is not None:
                self._page.renew()
        except MetricsPageError as error:
            _LOG.error("%s", error)

    def _page_tls(self) -> "ServerTls | None":
        configured = self._configuration.metrics
        if configured.certificate_file is None or configured.private_key_file is None:
            return None
        return ServerTls(Path(configured.certificate_file), Path(configured.private_key_file))

    def _page_credentials(self) -> "Credentials | None":
        name, password = self._configuration.metrics.username, self._secrets.metrics_password
        return None if name is None or password is None else Credentials(name, password.octets)

    async def _open_store(self) -> Store:
        outbox = self._configuration.outbox
        limits = OutboxLimits(max_bytes=outbox.max_size, max_age_seconds=outbox.max_age)
        uplinks = stored_for(self._configuration)
        return await Store.open(Path(outbox.path), limits, wall_clock, uplinks)

    async def _tell_moved_store(self, store: Store) -> None:
        """Tell subscribers where an unreadable outbox, with what it held, was put."""
        if store.moved_aside is None:
            return
        event = Event(
            time=_utc(wall_clock()),
            code="store_moved_aside",
            text=f"the outbox was damaged; it was kept as {store.moved_aside} and begun anew",
            severity=Severity.ERROR,
        )
        await store.append([event_message(event, self._configuration.gateway.id)])


def _outbox_figures(store: Store, limit: int) -> OutboxFigures:
    stats = store.stats()
    age = 0.0 if stats.oldest is None else max(0.0, wall_clock() - stats.oldest)
    return OutboxFigures(
        messages=stats.depth,
        octets=stats.bytes,
        limit=limit,
        oldest_age=age,
        waiting=stats.waiting,
        parked=stats.parked,
    )


async def _not_reloadable() -> str:
    return "it was not read from a file"


def _utc(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _all(secrets: Secrets) -> list[Secret]:
    """Return every secret that a frame could show."""
    return [secret for meter in secrets.meters.values() for secret in meter.all()]


def _places(configuration: model.Configuration) -> set[tuple[str, str]]:
    """Return bus and meter of all that is polled."""
    return {
        (bus.id, meter.id)
        for bus in configuration.buses
        for meter in configuration.polled_meters(bus.id)
    }
