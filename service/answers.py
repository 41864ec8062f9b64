"""What a command is answered, and what may stand in the way of an answer."""

from pydantic import BaseModel


class Answer(BaseModel):
    """What was done. The same command asked again gets the same answer, with `again` set."""

    command: str
    first_position: int
    last_position: int
    again: bool = False


class Busy(Exception):
    """The log was held by others for too long. Nothing was stored: ask again."""

    def __init__(self) -> None:
        super().__init__(
            "The log was held by others for too long, and nothing was stored. Ask again; if it goes on, "
            "look for a long transaction in the database (pg_stat_activity)."
        )


class Overtaken(Exception):
    """Others wrote first, to a stream that was relied on or the same answer. Nothing was stored."""


class Unanswered(Exception):
    """The database went away. Whether the command was done isn't known."""

    def __init__(self, command: str) -> None:
        super().__init__(
            f"The database doesn't answer, and whether the command {command} was done isn't known. "
            "Ask again with the same id: what was done is never done twice."
        )


class TwoPeopleNeeded(Exception):
    """The database itself refused what one person must not do alone, and the decision didn't: a defect.
    Nothing was stored."""

    def __init__(self, why: str) -> None:
        super().__init__(
            f"The database refused the command, and nothing was stored: {why}. The decision should have "
            "refused it before: this is a defect of Teten. Report it."
        )


class VersionMoved(Exception):
    """The case that the command is on is not as the asker saw it last. Nothing was stored."""

    def __init__(self, current: int) -> None:
        super().__init__("The case has changed since it was read. Read it again, then decide.")
        self.current = current  # Its version; 0: there is no such case.


class CommandIdReused(Exception):
    """The command id was used before, for something else."""

    def __init__(self, command: str) -> None:
        super().__init__(
            f"The command id {command} was used before, with other inputs. "
            "Use the same inputs to get the same answer, or a new id for a new wish."
        )
        self.command = command
