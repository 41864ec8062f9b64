"""What was read from a receipt's picture, or why nothing could be. It decides nothing."""

from domain.case.state import LineCommand, case_of, cases, programme_of
from domain.identity import Key
from domain.reading import Reading, UnreadableFor
from domain.words import Event, News, Past, decides

# Events ------------------------------------------------------------------------------------------


class ReceiptRead(Event):
    """The picture was read. Of several readings the latest counts: readers get better."""

    case_no: Key
    line_no: int
    ref: Key
    reading: Reading


class ReceiptUnreadable(Event):
    """The file is kept as it came, but no picture can be made of it, or none that is safe to open."""

    case_no: Key
    line_no: int
    ref: Key
    reason: UnreadableFor


# Commands ----------------------------------------------------------------------------------------


class RecordReading(LineCommand):
    ref: Key
    reading: Reading


class RecordUnreadable(LineCommand):
    ref: Key
    reason: UnreadableFor


# Decide ------------------------------------------------------------------------------------------


@decides(RecordReading)
def record_reading(ask: RecordReading, past: Past) -> list[News]:
    programme_of(ask, past)
    case_of(ask, past).line(ask.line_no).receipt(ask.ref)
    read = ReceiptRead(
        case_no=ask.case_no,
        line_no=ask.line_no,
        ref=ask.ref,
        reading=ask.reading,
    )
    return [cases.news(read, ask.case_no)]


@decides(RecordUnreadable)
def record_unreadable(ask: RecordUnreadable, past: Past) -> list[News]:
    programme_of(ask, past)
    case_of(ask, past).line(ask.line_no).receipt(ask.ref)
    unreadable = ReceiptUnreadable(
        case_no=ask.case_no,
        line_no=ask.line_no,
        ref=ask.ref,
        reason=ask.reason,
    )
    return [cases.news(unreadable, ask.case_no)]
