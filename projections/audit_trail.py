"""Every event of a case, a fund, a programme or a statement: who, when, and what, in plain Danish."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from pydantic import BaseModel

from domain import flag_rules, flags, group, voucher
from domain.case import (
    accounts,
    annulment,
    appeals,
    assessment,
    budget,
    changes,
    claims,
    enrolment,
    expenses,
    forgetting,
    invoices,
    lapse,
    merchant_refunds,
    outlays,
    payouts,
    readings,
    receipts,
    recovery,
    reminders,
    screening,
    stops,
    support,
    time_frame,
    trajectory,
)
from domain.cofinancing import (
    AmendmentRecommended,
    AmendmentRejected,
    CofinancingAgreed,
    CofinancingAmended,
    PartnerShare,
)
from domain.fund import CommitmentReleased, FundAgreed, FundCommitted
from domain.funding import FundAmended
from domain.money import Money
from domain.months import MonthClosed
from domain.programme import ProgrammeEstablished, RolesAssigned, Rules, TeamAssigned
from domain.reading import Reading
from domain.remittance import EntryUnreconciled, StatementReceived
from domain.rules import RulesChanged
from domain.sampling import samples
from domain.staff import CaseReassigned
from domain.words import Event, Recorded
from projections.projection import Projection

# An event that is not told here is not part of anybody's story: a number that was taken.
SENTENCES: dict[type[Event], str] = {
    ProgrammeEstablished: "Programmet {programme} blev oprettet med sine regler.",
    RolesAssigned: "Roller tildelt {person}: {roles}.",
    TeamAssigned: "Team for {person}: {team}.",
    CaseReassigned: "Sagen blev overdraget til {caseworker}.",
    RulesChanged: "Nye regler (version {rules}) gælder fra {in_force_from}.",
    MonthClosed: "Regnskabet for {month} blev lukket: intet kan længere få virkning til og med {through}.",
    stops.PayoutsFrozen: "Udbetalinger for {scope} {key} sat i bero: {ground}.",
    stops.PayoutsResumed: "Udbetalinger for {scope} {key} genoptaget efter: {ground}.",
    FundAgreed: "{name} stiller {amount} kr. til rådighed.",
    FundAmended: "Finansieringskilden {fund} ændret til {amount} kr.",
    CofinancingAgreed: "Medfinansiering af {fund} fra {in_force_from} aftalt: {shares}.",
    AmendmentRecommended: (
        "{recommended_by} indstillede til bestyrelsen ({ref}) at ændre medfinansieringen til: {shares}."
    ),
    CofinancingAmended: (
        "Bestyrelsen fulgte indstilling {ref}. Medfinansiering fra {in_force_from}: {shares}."
    ),
    AmendmentRejected: "Bestyrelsen fulgte ikke indstilling {ref}.",
    FundCommitted: "{amount} kr. givet i tilsagn til {case_no}/{line_no}.",
    CommitmentReleased: "{amount} kr. af tilsagnet til {case_no}/{line_no} blev frigjort.",
    enrolment.CaseRegistered: "Borgeren blev udvalgt ({selection}) til fase {phase}.",
    accounts.AccountRegistered: "Kontoen, som borgeren får penge på, blev registreret.",
    enrolment.ProgrammeOffered: "Borgeren fik tilbuddet.",
    enrolment.OfferAccepted: "Borgeren sagde ja og underskrev tro- og loveerklæringen.",
    enrolment.OfferDeclined: "Borgeren takkede nej.",
    enrolment.CaseStopped: "Forløbet blev afbrudt.",
    enrolment.CaseCompleted: "Forløbet blev gennemført.",
    enrolment.OutcomeRecorded: "Udfald registreret: {outcome}.",
    budget.BudgetSubmitted: "Budgettet blev indsendt med {lines} poster.",
    screening.CaseScreened: "{screener} screenede borgeren. Tilbuddet passer: {suited}.",
    screening.LineScreened: "{screener} screenede post {line_no}. Midlerne tjener målet: {fits}.",
    assessment.BudgetAssessed: "{assessor} vurderede budgettet: {colour}.",
    assessment.MeetingHeld: "Teammøde med {attendees} vurderede budgettet: {colour}.",
    budget.ChangesRequested: "Budgettet blev sendt tilbage til ændring.",
    budget.LineGranted: "Post {line_no} bevilget: {amount} kr.",
    budget.LineRejected: "Post {line_no} fik afslag.",
    budget.LineAmended: "Post {line_no} ønsket ændret til {amount} kr.; afventer ny godkendelse.",
    changes.ChangeReported: "Borgeren meldte ændring {ref} af post {line_no}. Nyt beløb: {amount}.",
    changes.ChangeAccepted: "Ændring {ref} blev godtaget.",
    changes.ChangeDeclined: "Ændring {ref} blev afvist.",
    time_frame.TimeFrameSet: "Tidsrammen løber til {end_date}.",
    time_frame.TimeFrameExtended: "Tidsrammen blev forlænget til {end_date}. Grund: {ground}.",
    trajectory.TrajectoryPhaseEntered: "Forløbets fase {phase} begyndte; sidste dag er {last_day}.",
    annulment.GrantAnnulled: "{amount} kr. af bevillingen til post {line_no} bortfaldt.",
    payouts.TrancheRequested: "Rate {ref} på {amount} kr. anmodet på post {line_no}.",
    payouts.TrancheApproved: "Rate {ref} godkendt af {approver} (første par øjne).",
    payouts.TrancheReleased: "Rate {ref} på {amount} kr. frigivet til udbetaling (andet par øjne).",
    payouts.TrancheCancelled: "Rate {ref} annulleret.",
    payouts.TrancheSettled: "Rate {ref} på {amount} kr. udbetalt af banken {booked_on}.",
    payouts.TrancheReturned: "Rate {ref} på {amount} kr. kom retur fra banken ({return_reason}).",
    forgetting.CitizenForgotten: (
        "Borgeren er glemt: nøglen til alt, der fortæller, hvem det var, er destrueret."
        " Det var opbevaret til og med {retained_until}."
    ),
    lapse.TrancheLapsed: "Rate {ref} på {amount} kr. bortfaldt: banken har ikke udbetalt den i tide.",
    payouts.CardUsed: "Hævekortet brugt hos {merchant} (MCC {mcc}): {amount} kr.",
    invoices.InvoiceReceived: "Faktura {ref} på {amount} kr. fra {supplier_name} til post {line_no}.",
    invoices.InvoiceCredited: "Kreditnota {credit_note} på {amount} kr. til faktura {ref} modtaget.",
    invoices.InvoiceRefunded: "{amount} kr. af faktura {ref} betalt tilbage efter kreditnota {credit_note}.",
    outlays.OutlayClaimed: (
        "Udlæg {ref} på {amount} kr. hos {merchant} til post {line_no}, lagt ud af {claimed_by}."
    ),
    support.SupportPlanned: "Opstartshonorar på post {line_no}: {monthly} kr. om måneden ({months}).",
    support.SupportMonthConfirmed: "Opstartshonorar {ref} på {amount} kr. attesteret af {attester}.",
    expenses.ExpenseAttested: "Udgift {ref} attesteret af {attester}: {amount} kr.",
    expenses.ExpenseApproved: "Udgift {ref} anvist til betaling: {amount} kr.",
    expenses.ExpenseRejected: "Udgift {ref} afvist.",
    expenses.ExpenseSettled: "Udgift {ref} på {amount} kr. betalt af banken {booked_on}.",
    expenses.ExpenseReturned: "Betalingen af udgift {ref} på {amount} kr. kom retur ({return_reason}).",
    group.ShareCharged: "Andel på {amount} kr. af udgift {ref} på holdet {group} lagt på post {line_no}.",
    group.GroupFormed: "Holdet {group} oprettet.",
    group.ParticipantJoined: "Sag {case_no} kom med på holdet {group} (post {line_no}).",
    group.ParticipantLeft: "Sag {case_no} forlod holdet {group}.",
    group.SharedCostReceived: "Udgift {ref} på {amount} kr. fra {supplier_name} til holdet {group}.",
    group.SharedCostCredited: "Kreditnota {credit_note} på {amount} kr. til udgift {ref} på holdet {group}.",
    group.SharedCostSpread: "Udgift {ref} fordelt på deltagerne i holdet {group}.",
    group.SharedCostRejected: "Udgift {ref} på holdet {group} afvist.",
    voucher.VoucherReceived: "Bilag {ref} modtaget ({channel}).",
    voucher.VoucherRead: "Bilag {ref} aflæst maskinelt: {reading}",
    voucher.VoucherUnreadable: "Bilag {ref} kunne ikke aflæses ({reason}).",
    voucher.VoucherFiled: "Bilag {ref} er kvittering {receipt} på sag {case_no}, post {line_no}.",
    voucher.VoucherSetAside: "Bilag {ref} lagt til side ({reason}).",
    receipts.ReceiptHandedIn: (
        "Kvittering {ref} på {amount} kr. fra {merchant} ({purchased_on}) til post {line_no}."
    ),
    readings.ReceiptRead: "Kvittering {ref} aflæst maskinelt: {reading}",
    readings.ReceiptUnreadable: "Kvittering {ref} kunne ikke aflæses ({reason}).",
    receipts.ReceiptAccepted: "Kvittering {ref} godkendt med {amount} kr.",
    receipts.ReceiptRejected: "Kvittering {ref} afvist.",
    merchant_refunds.ReceiptRefunded: (
        "Forhandleren gav {amount} kr. af kvittering {ref} tilbage {refunded_on}."
        " Beløbet skal dokumenteres på ny."
    ),
    receipts.LossDeclared: "Tro- og loveerklæring for tabt kvittering: {amount} kr. på post {line_no}.",
    receipts.UnspentReturned: "{amount} kr. ubrugte midler betalt tilbage på post {line_no}.",
    reminders.ReceiptsRemindedOf: (
        "Borgeren rykket for bilag for {amount} kr. af rate {ref} på post {line_no}."
    ),
    reminders.TranchesHeld: (
        "Nye udbetalinger holdt tilbage: der mangler bilag for {amount} kr. af rate {ref} på post {line_no}."
    ),
    reminders.CaseworkerTold: (
        "Jobkonsulenten fik besked: der mangler bilag for {amount} kr. af rate {ref} på post {line_no}."
    ),
    reminders.ClaimProposed: (
        "Forslag om krav på {amount} kr. af rate {ref} på post {line_no}. Intet er afgjort."
    ),
    reminders.ReceiptsWaived: (
        "Bilag for {amount} kr. af rate {ref} på post {line_no} eftergivet af {waived_by}."
    ),
    recovery.MisuseConfirmed: "Misbrug bekræftet på post {line_no}: {amount} kr. ({kind}).",
    recovery.ClaimRepaid: "{amount} kr. af kravet på post {line_no} tilbagebetalt.",
    recovery.ClaimWrittenOff: "{amount} kr. af kravet på post {line_no} afskrevet.",
    claims.ClaimRaised: "Krav {ref} på {amount} kr. ({kind}) rejst på post {line_no} af {raised_by}.",
    claims.HearingOpened: "Borgeren hørt om krav {ref} med frist {deadline} (partshøring).",
    claims.HearingAnswered: "Borgeren svarede på høringen om krav {ref}.",
    claims.ClaimDecided: "Krav {ref} afgjort af {decided_by}: {amount} kr. skal betales tilbage.",
    claims.ClaimDropped: "Krav {ref} frafaldet.",
    recovery.InstalmentsAgreed: "Krav {ref} betales i {instalments} afdrag.",
    recovery.ClaimSetOff: "{amount} kr. af krav {ref} modregnet i {against}.",
    recovery.ClaimClosed: "Krav {ref} lukket: der er intet tilbage.",
    appeals.AppealLodged: "Borgeren klagede over krav {ref}.",
    appeals.AppealRejected: "Klagen over krav {ref} blev afvist.",
    appeals.AppealUpheld: "Klagen over krav {ref} fik medhold hos {decided_by}: {amount} kr. står ved magt.",
    appeals.MisuseReversed: "{amount} kr. på post {line_no} var ikke misbrug (krav {claim}).",
    appeals.WriteOffReversed: "{amount} kr. afskrevet af krav {claim} ført tilbage: de skyldtes ikke.",
    appeals.RefundOrdered: "{amount} kr. betalt for meget på krav {ref} anvist til tilbagebetaling.",
    appeals.ClaimRefunded: "{amount} kr. betalt for meget på krav {ref} betalt tilbage til borgeren.",
    appeals.RefundReturned: (
        "Tilbagebetalingen af {amount} kr. på krav {ref} kom retur fra banken ({return_reason})."
    ),
    StatementReceived: "Kontoudtog {statement} modtaget: {entries} posteringer.",
    flags.FlagRaised: "Et spørgsmål at se på ({flag}): {sentence_da}",
    flags.FlagAssigned: "{to} ser på spørgsmålet {flag}.",
    flags.FlagMuted: "Spørgsmålet {flag} er lagt til side til {until}.",
    flags.FlagDismissed: "{answered_by} så på spørgsmålet {flag}: der er intet i det.",
    flags.FlagUpheld: "{answered_by} så på spørgsmålet {flag}: det holder for {amount} kr.",
    flags.FlagReopened: "Spørgsmålet {flag} skal ses på igen.",
    flag_rules.FlagRuleChanged: "Reglen {rule} for spørgsmål ændret (version {version}): {stage}.",
    samples.PopulationFixed: (
        "Stikprøve {sample}: {items} bilag på {amount} kr. fastlagt som population"
        " (væsentlighed {materiality} kr., konfidens {confidence} %)."
    ),
    samples.SampleDrawn: "Stikprøve {sample} trukket af checkpoint {size}: {items} bilag.",
    samples.ResultEntered: "Stikprøve {sample}: bilag {item} på {booked} kr. fundet med {audited} kr.",
    samples.ResultCorrected: (
        "Stikprøve {sample}: resultatet for bilag {item} rettet til {audited} kr."
    ),
    samples.SampleClosed: "Stikprøve {sample} afsluttet: {conclusion}.",
    EntryUnreconciled: "Postering {entry} på {amount} kr. kunne ikke afstemmes.",
}


CODES = {
    "appointed": "udpeget",
    "random": "ved lodtrækning",
    "green": "grøn",
    "yellow": "gul",
    "red": "rød",
    "True": "ja",
    "False": "nej",
    "None": "ikke angivet",
    "course_dates": "kursusdatoer",
    "holidays": "ferie",
    "illness": "sygdom",
    "employed": "i arbejde",
    "self_employed": "selvstændig",
    "education": "i uddannelse",
    "on_benefits": "på ydelse",
    "private_consumption": "privat forbrug",
    "substance_use": "rusmidler",
    "family_support": "støtte til familie",
    "other": "andet",
    "caseworker": "jobkonsulent",
    "controller": "økonomikonsulent",
    "auditor": "revisor",
    "administrator": "administrator",
    "system": "systemet",
    "case": "forløbet",
    "fund": "finansieringskilden",
    "programme": "programmet",
    "audit": "revision",
    "year_end": "årsafslutning",
    "doubt": "tvivl",
    "phone": "borgerens telefon",
    "desk": "jobkonsulentens side",
    "mail": "e-mail",
    "folder": "en mappe",
    "api": "et andet system",
    "not_a_receipt": "intet bilag",
    "duplicate": "kommet før",
    "unreadable": "kan ikke læses af nogen",
    "other_case": "hører til en anden sag",
    "not_ours": "vedkommer os ikke",
    "live": "i brug",
    "draft": "på prøve ved siden af de andre",
    "off": "slået fra",
    "open": "åbent",
    "within": "ikke væsentligt forkert",
    "unsure": "ikke vist, at fejlen er under væsentlighedsgrænsen",
    "above": "væsentligt forkert",
}


class Told(BaseModel):
    """One event, as a timeline shows it."""

    position: int
    at: datetime
    effective_on: date
    recorded_at: datetime
    actor: str
    event: str
    sentence: str


class Trail(BaseModel):
    events: list[Told] = []


def keys(news: Recorded[Event]) -> Iterable[str]:
    return [news.stream] if type(news.event) in SENTENCES else []


def fold(trail: Trail, _: str, news: Recorded[Event]) -> Trail:
    told = Told(
        position=news.position,
        at=news.at,
        effective_on=news.effective_on,
        recorded_at=news.recorded_at,
        actor=news.actor,
        event=type(news.event).__name__,
        sentence=sentence(news.event),
    )
    return Trail(events=[*trail.events, told])


def sentence(event: Event) -> str:
    """What happened, for a Danish reader."""
    return SENTENCES[type(event)].format_map(
        {name: _danish(getattr(event, name)) for name in type(event).model_fields}
    )


def _danish(value: Any) -> str:
    match value:
        case Money():
            return value.danish()
        case date():
            return f"{value:%d-%m-%Y}"
        case Rules():
            return str(value.version)
        case Reading(total=total):
            return f"total {total.amount.danish()} kr." if total else "ingen total."
        case PartnerShare():
            return f"{value.partner} {value.weight}"
        case ():
            return "ingen"
        case (str() | PartnerShare(), *_):
            return ", ".join(_danish(each) for each in value)
        case tuple():
            return str(len(value))
    return CODES.get(str(value), str(value))


audit_trail = Projection("audit-trail-2", Trail, keys, fold)
