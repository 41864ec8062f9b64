"""The keeper: lets the tree follow the log while the service runs, and has checkpoints made in time."""

from service.beside import Beside, Connection
from service.evidence.checkpoints import Checkpoints
from service.log import Log


class Keeper(Beside):
    name = "keeper"
    lock = 0x7465_7465_6B70  # "tetekp"
    listens = False  # A busy log would have it hash each event by itself.
    stops_within = (
        5.0  # A folder that hangs, or a log that is yet without a tree, is left as it is.
    )

    def __init__(self, log: Log, checkpoints: Checkpoints) -> None:
        super().__init__(log)
        self._checkpoints = checkpoints

    def work(self, _: Connection) -> dict[str, str]:
        self._checkpoints.tiles.extend()
        if self._checkpoints.due():
            self._checkpoints.make()
        return {}
