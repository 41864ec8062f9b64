"""The raiser: has flags raised while the service runs."""

from datetime import date, datetime
from time import monotonic

from projections.programmes import programmes as established
from service.app import Teten
from service.beside import AWAY, LAST_WAIT_OF_ITEMS, Beside, Connection, Wait
from service.clerk import DANISH_TIME
from service.flags.raising import raise_due

REST = 19  # Times as long as it looked: at most a twentieth of a core, however large the log.
# A flag and its answers are nothing that a rule looks at; a changed rule is.
NEWS = (
    "SELECT max(notification_id) FROM log_events"
    " WHERE notification_id > %s AND NOT starts_with(originator_id, 'flags-')"
)


class Raiser(Beside):
    """Woken by each new day, too: some facts come of waiting. What isn't raised when the service stops is
    raised by the next one."""

    name = "raiser"
    lock = 0x7465_7465_666C  # "tetefl"
    stops_within = 5.0

    def __init__(self, teten: Teten) -> None:
        super().__init__(teten.log)
        self._teten = teten
        self.looked: tuple[int, date] | None = None  # Up to which position, and on which day.
        self._rests_until = 0.0
        self._again = Wait(LAST_WAIT_OF_ITEMS)
        self._failing: dict[str, str] = {}  # Rules and programmes.

    def work(self, connection: Connection) -> dict[str, str]:
        if monotonic() >= self._rests_until:
            began = monotonic()
            try:
                self.look(connection, datetime.now(DANISH_TIME).date())
            finally:
                self._rests_until = monotonic() + REST * (monotonic() - began)
        return self._failing

    def look(self, connection: Connection, today: date) -> None:
        """Raise what is due, if there is anything new to look at, or to try again."""
        position, day = self.looked or (0, None)
        found = connection.execute(NEWS, (position,)).fetchone()
        newest = found[0] if found else None
        if newest is None and day == today and not self._again.over:
            return
        failing: dict[str, str] = {}
        for programme in self._programmes():
            if self._stop.is_set():
                return
            failing |= self._raise(programme, today)
        self.looked = newest or position, today
        self._failing = failing
        if failing:
            self._again.longer()
        else:
            self._again.none()

    def _raise(self, programme: str, today: date) -> dict[str, str]:
        """What fails in it."""
        try:
            rules = raise_due(self._teten, programme, today).failing
        except AWAY:
            raise
        except Exception as error:  # noqa: BLE001 - told; the other programmes have theirs
            item = f"programme {programme}"
            return {item: self.failed_alone(item, error)}
        return {f"rule {rule} of {programme}": says for rule, says in rules.items()}

    def _programmes(self) -> list[str]:
        with self._teten.rows.snapshot() as snapshot:
            return list(snapshot.all(established))
