"""The worker: reads what is in the queue while the service runs. `teten read` leaves it to that one."""

import os
from time import monotonic

import structlog

from projections.intake import Picture
from service.app import Teten
from service.beside import AWAY, LAST_WAIT_OF_ITEMS, Beside, Connection, Wait
from service.intake.queue import in_turn, owner_of, programme_of, waits_after
from service.intake.working import LOCK, NOBODY_MAY, Came, Made, read_one, systems
from service.pictures.workshop import Workshop, WorkshopClosed

IDLE = 60.0  # Seconds for which readers are kept at hand when nothing waits.

logger = structlog.get_logger()


def cores() -> int:
    return len(os.sched_getaffinity(0))


class Worker(Beside):
    """What is being read when the service stops is read again by the next one."""

    name = "reader"
    lock = LOCK
    pause = 0.2

    def __init__(self, teten: Teten, made: Made = Workshop) -> None:
        super().__init__(teten.log)
        self._teten, self._made = teten, made
        # What began up to this position was read or is one of these, or can't be until the next start.
        self._through = 0
        self._failing: dict[int, str] = {}  # By position.
        self._nobody_in: dict[
            str, int
        ] = {}  # Programmes without a system person: their first picture.
        self._again = Wait(LAST_WAIT_OF_ITEMS)

    def work(self, connection: Connection) -> dict[str, str]:
        """Until nothing has come for a while: readers take long to be fetched."""
        if self._waits(connection):
            # One, whatever the cores: with a large photograph it fills more than half a gigabyte.
            with self._made() as workshop:
                read_at = monotonic()
                while not self._stop.is_set() and monotonic() - read_at < IDLE:
                    if self._waits(connection):
                        self._read_all(workshop)
                        read_at = monotonic()
                    self.tell(connection, self._told())
                    self.rest(connection)
        return self._told()

    def _told(self) -> dict[str, str]:
        failing = {f"picture at {position}": says for position, says in self._failing.items()}
        return failing | {f"programme {name}": NOBODY_MAY for name in self._nobody_in}

    def _waits(self, connection: Connection) -> bool:
        """Also what failed, when it is time, and what nobody might record, when somebody may."""
        back = [at for name, at in self._nobody_in.items() if systems(self._teten, name)]
        if back:
            self._nobody_in = {n: at for n, at in self._nobody_in.items() if at not in back}
        if self._failing and self._again.over:
            back, self._failing = [*back, *self._failing], {}
        self._through = min([self._through, *(at - 1 for at in back)])
        return waits_after(connection, self._through)

    def _read_all(self, workshop: Workshop) -> None:
        for picture in in_turn(self._teten, after=self._through):
            if self._stop.is_set():
                return
            self._read(workshop, picture)
            self._through = picture.position
        if self._failing:
            self._again.longer()
        else:
            self._again.none()

    def _read(self, workshop: Workshop, picture: Picture) -> None:
        try:
            outcome = read_one(self._teten, workshop, picture)
        except (*AWAY, WorkshopClosed):
            raise
        except Exception as error:  # noqa: BLE001 - told; the others are read
            item = f"picture at {picture.position}"
            self._failing[picture.position] = self.failed_alone(item, error)
            return
        if outcome.reason == NOBODY_MAY:
            programme = programme_of(picture, owner_of(self._teten, picture))
            self._nobody_in.setdefault(programme, picture.position)
        if outcome.came is not Came.READ:
            logger.info(
                "picture not read",
                kind=picture.kind,
                ref=picture.ref,
                came=outcome.came,
                code=outcome.reason,
            )
