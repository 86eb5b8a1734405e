"""Ingest as a whole: its parts, the threads they run on, and the order in which they start and stop."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

import msgspec

from ingest.expiry import Expiry
from ingest.home import Home
from ingest.intake import Intake
from ingest.known import Known
from ingest.loop import Loop
from ingest.mirror import Mirror
from ingest.notify.compose import Composer
from ingest.notify.telling import Telling
from ingest.replay import Replay
from ingest.requested import Requested
from ingest.rules.deciding import Deciding
from ingest.rules.watching import Watching
from ingest.sentry import Sentry
from ingest.storing import Storing
from ingest.validate import Validator
from smartward.catalogue.model import Catalogue
from smartward.errors import StoreUnavailable
from smartward.ports import Bus, Clock, Message, Notifier, Projections, Registry, Requests, TelemetryStore

log = logging.getLogger(__name__)

EXPIRY_EVERY_S = 600
SENTRY_EVERY_S = 2


class World(msgspec.Struct, frozen=True):
    """What ingest works with; chosen by the composition root. `wards` empty: all that are registered.

    `look_for_retained` makes a fresh connection, on a broker that hides the retain mark from live listeners.
    """

    bus: Bus
    store: TelemetryStore
    registry: Registry
    projections: Projections
    channels: Mapping[str, Notifier]
    catalogue: Catalogue
    clock: Clock
    steady: Clock
    requests: Requests
    wards: tuple[str, ...] = ()
    dead_letter_days: int = 30
    look_for_retained: Callable[[], Bus] | None = None


class Ingest:
    """A handful of loops around one file; each part can be stepped by itself in a test.

    Listens to the bus: what happens on the connection goes to the intake, and the mirror says open alerts again.
    """

    def __init__(self, home: Home, world: World) -> None:
        """Bring the parts together; nothing is opened yet."""
        self._home, self._world = home, world
        self.known = Known(home, registry=world.registry, wards=world.wards)
        validator = Validator(world.catalogue)
        composer = Composer(world.catalogue, channels=tuple(world.channels))
        self.intake = Intake(
            home,
            bus=world.bus,
            clock=world.clock,
            steady=world.steady,
            validator=validator,
            registered=lambda: self.known.registered,
        )
        self.storing = Storing(home, store=world.store, clock=world.clock)
        self.deciding = Deciding(
            home,
            catalogue=world.catalogue,
            registered=lambda: self.known.registered,
            listening_since_ms=lambda: None if self.intake.full_since_ms else self.intake.listening_since_ms,
            composer=composer,
            clock=world.clock,
            steady=world.steady,
        )
        self.watching = Watching(
            home,
            catalogue=world.catalogue,
            composer=composer,
            registered=lambda: self.known.registered,
            clocks=lambda: self.deciding.clocks,
            is_full=lambda: self.intake.full_since_ms is not None,
            wards=world.wards,
            clock=world.clock,
            steady=world.steady,
        )
        self.mirror = Mirror(home, projections=world.projections, bus=world.bus, clock=world.clock, steady=world.steady)
        self.telling = Telling(home, channels=world.channels, clock=world.clock)
        self.requested = Requested(
            home,
            requests=world.requests,
            replay=Replay(home, validator=validator),
            follow_registry=self.known.step,
            registered=lambda: self.known.registered,
            clock=world.clock,
        )
        self.expiry = Expiry(home, clock=world.clock, days=world.dead_letter_days)
        self._loops: tuple[Loop, ...] = (
            Loop("intake", self.intake.step, idle_s=0),
            Loop("store", self.storing.step, idle_s=0.1),
            Loop("rules", self.deciding.step, idle_s=0.1),
            Loop("watch", self.watching.step, idle_s=1.0),
            Loop("mirror", self.mirror.step, idle_s=0.25),
            Loop("notify", self.telling.step, idle_s=0.25),
            Loop("registry", self._follow, idle_s=1.0),
            Loop("expiry", self.expiry.step, idle_s=EXPIRY_EVERY_S),
        )
        self._sentry = (
            Sentry(connect=world.look_for_retained, refuse=self.received) if world.look_for_retained else None
        )
        if self._sentry:
            self._loops += (Loop("sentry", self._sentry.step, idle_s=SENTRY_EVERY_S),)
        self._is_listening = False

    def start(self) -> None:
        """Open the file, run the loops, and listen once the registry is known; raises StoreUnavailable with what to do.

        Before it is known, by its own word or by our copy of it, every device would be a stranger.
        """
        self._home.open()
        self.known.load()
        try:
            self._follow_registry()
        except StoreUnavailable as error:
            log.warning("the registry is away: %s", error)
            if self.known.is_known:
                self._listen()
        for loop in self._loops:
            loop.start()

    def stop(self) -> None:
        """Leave the broker, finish what is under way, close the file; safe to call twice."""
        self._world.bus.stop()
        for loop in self._loops:
            loop.stop()
        if self._sentry:
            self._sentry.stop()
        self._home.close()

    def _follow_registry(self) -> bool:
        has_more = self.known.step()
        if not self._is_listening:
            self._listen()
        return has_more

    def _follow(self) -> bool:
        return self._follow_registry() or self.requested.step()

    def _listen(self) -> None:
        self._is_listening = True
        self._world.bus.start(self)

    def connected(self) -> None:
        """Begin a connection."""
        self.intake.connected()
        self.mirror.connected()

    def disconnected(self, reason: str) -> None:
        """Know that nobody can be heard."""
        self.intake.disconnected(reason)

    def received(self, message: Message) -> None:
        """Take one message."""
        self.intake.received(message)
