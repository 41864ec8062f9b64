"""From the offer to the outcome: how a citizen comes into the programme, and leaves it."""

from dataclasses import replace

from domain.case.annulment import annulled
from domain.case.state import (
    Case,
    CaseCommand,
    Stage,
    case_of,
    cases,
    open_case_of,
    programme_of,
)
from domain.identity import Key, Pseudonym, WordsRef
from domain.words import Event, News, Past, Refused, decides

# Events ------------------------------------------------------------------------------------------


class CaseRegistered(Event):
    """A citizen was selected for the programme. Who it is, only the vault knows."""

    case_no: Key
    programme: Key
    citizen: Pseudonym  # The same in all of a citizen's cases.
    phase: Key
    selection: Key
    sparring: Key
    caseworker: Key


class ProgrammeOffered(Event):
    """The citizen was offered the programme."""

    case_no: Key


class OfferAccepted(Event):
    """The citizen accepted, and signed the solemn declaration (tro- og loveerklæring)."""

    case_no: Key
    note: WordsRef | None


class OfferDeclined(Event):
    """The citizen said no."""

    case_no: Key
    reason: WordsRef | None


class CaseStopped(Event):
    """The municipality broke off the case. What was granted and neither paid nor ordered is annulled."""

    case_no: Key
    reason: WordsRef | None


class CaseCompleted(Event):
    """The citizen's plan was carried through. What was neither paid nor ordered is annulled."""

    case_no: Key


class OutcomeRecorded(Event):
    """What became of the participant. The latest outcome counts."""

    case_no: Key
    outcome: str


# Commands ----------------------------------------------------------------------------------------


class RegisterCase(CaseCommand):
    citizen: Pseudonym
    phase: Key
    selection: Key
    sparring: Key
    caseworker: Key


class OfferProgramme(CaseCommand):
    pass


class AcceptOffer(CaseCommand):
    note: WordsRef | None = None


class DeclineOffer(CaseCommand):
    reason: WordsRef | None = None


class StopCase(CaseCommand):
    reason: WordsRef | None = None


class CompleteCase(CaseCommand):
    pass


class RecordOutcome(CaseCommand):
    outcome: str


# Evolve ------------------------------------------------------------------------------------------


@cases.on(CaseRegistered)
def _registered(case: Case, event: CaseRegistered) -> Case:
    return replace(
        case.touched_by(event.caseworker),
        stage=Stage.REGISTERED,
        case_no=event.case_no,
        programme=event.programme,
        citizen=event.citizen,
        phase=event.phase,
        caseworker=event.caseworker,
    )


@cases.on(ProgrammeOffered)
def _offered(case: Case, _: ProgrammeOffered) -> Case:
    return replace(case, stage=Stage.OFFERED)


@cases.on(OfferAccepted)
def _accepted(case: Case, _: OfferAccepted) -> Case:
    return replace(case, stage=Stage.ACCEPTED)


@cases.on(OfferDeclined)
def _declined(case: Case, _: OfferDeclined) -> Case:
    return replace(case, stage=Stage.DECLINED)


@cases.on(CaseStopped)
def _stopped(case: Case, _: CaseStopped) -> Case:
    return replace(case, stage=Stage.STOPPED)


@cases.on(CaseCompleted)
def _completed(case: Case, _: CaseCompleted) -> Case:
    return replace(case, stage=Stage.COMPLETED)


# Decide ------------------------------------------------------------------------------------------


@decides(RegisterCase)
def register(ask: RegisterCase, past: Past) -> list[News]:
    programme_of(ask, past)
    if past(cases, ask.case_no).stage is not Stage.UNKNOWN:
        raise Refused("wrong_state", what="case", is_already="registered")
    registered = CaseRegistered(
        case_no=ask.case_no,
        programme=ask.programme,
        citizen=ask.citizen,
        phase=ask.phase,
        selection=ask.selection,
        sparring=ask.sparring,
        caseworker=ask.caseworker,
    )
    return [cases.news(registered, ask.case_no)]


@decides(OfferProgramme)
def offer(ask: OfferProgramme, past: Past) -> list[News]:
    programme_of(ask, past)
    case = case_of(ask, past)
    if case.stage is not Stage.REGISTERED:
        raise Refused("wrong_state", stage=case.stage.value)
    return [cases.news(ProgrammeOffered(case_no=ask.case_no), ask.case_no)]


def _undecided(ask: CaseCommand, past: Past) -> None:
    """Guard: the citizen was offered the programme, and has not answered."""
    programme_of(ask, past)
    case = open_case_of(ask, past)
    if case.stage is not Stage.OFFERED:
        raise Refused("wrong_state", stage=case.stage.value)


@decides(AcceptOffer)
def accept(ask: AcceptOffer, past: Past) -> list[News]:
    _undecided(ask, past)
    return [cases.news(OfferAccepted(case_no=ask.case_no, note=ask.note), ask.case_no)]


@decides(DeclineOffer)
def decline(ask: DeclineOffer, past: Past) -> list[News]:
    _undecided(ask, past)
    return [cases.news(OfferDeclined(case_no=ask.case_no, reason=ask.reason), ask.case_no)]


def _running(ask: CaseCommand, past: Past) -> Case:
    """Guard: the citizen takes part, and the case is open."""
    programme_of(ask, past)
    case = open_case_of(ask, past)
    if case.stage is not Stage.ACCEPTED:
        raise Refused("wrong_state", stage=case.stage.value)
    return case


@decides(StopCase)
def stop(ask: StopCase, past: Past) -> list[News]:
    case = _running(ask, past)
    stopped = CaseStopped(case_no=ask.case_no, reason=ask.reason)
    return [cases.news(stopped, ask.case_no), *annulled(case)]


@decides(CompleteCase)
def complete(ask: CompleteCase, past: Past) -> list[News]:
    case = _running(ask, past)
    return [cases.news(CaseCompleted(case_no=ask.case_no), ask.case_no), *annulled(case)]


@decides(RecordOutcome)
def record_outcome(ask: RecordOutcome, past: Past) -> list[News]:
    programme = programme_of(ask, past)
    case = case_of(ask, past)
    if not case.stage.participant:
        raise Refused("wrong_state", stage=case.stage.value)
    if ask.outcome not in programme.terms.outcomes:
        raise Refused("not_found", what="outcome", known=list(programme.terms.outcomes))
    return [
        cases.news(OutcomeRecorded(case_no=ask.case_no, outcome=ask.outcome), ask.case_no),
    ]
