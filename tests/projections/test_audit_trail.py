"""Every event can be read aloud to an auditor."""

import pytest

from domain.case.readings import ReceiptRead
from domain.programme import RolesAssigned
from domain.remittance import StatementReceived
from domain.words import EVENTS, decide
from projections.audit_trail import SENTENCES, audit_trail, sentence
from tests.everything import ALL, EVENT
from tests.examples import ASSESSED, READ, RELEASED, approve_line, extend, receive
from tests.examples_plan import report_change, screen_case
from tests.scenario import DAY, NOON, fold

TAKING = {"ReferenceTaken", "SharedReferenceTaken"}
TOLD = {
    "ProgrammeEstablished": "Programmet NP blev oprettet med sine regler.",
    "RolesAssigned": "Roller tildelt kons-1: jobkonsulent.",
    "TeamAssigned": "Team for kons-1: nord.",
    "CaseReassigned": "Sagen blev overdraget til both-1.",
    "RulesChanged": "Nye regler (version 2) gælder fra 01-04-2019.",
    "MonthClosed": (
        "Regnskabet for 2019-02 blev lukket: intet kan længere få virkning til og med 28-02-2019."
    ),
    "PayoutsFrozen": "Udbetalinger for forløbet A-1 sat i bero: tvivl.",
    "PayoutsResumed": "Udbetalinger for forløbet A-1 genoptaget efter: tvivl.",
    "CitizenForgotten": "Borgeren er glemt: nøglen til alt, der fortæller, hvem det var, er destrueret."
    " Det var opbevaret til og med 31-12-2024.",
    "ReceiptsRemindedOf": "Borgeren rykket for bilag for 5.000,00 kr. af rate T-1 på post 1.",
    "TranchesHeld": (
        "Nye udbetalinger holdt tilbage: der mangler bilag for 5.000,00 kr. af rate T-1 på post 1."
    ),
    "CaseworkerTold": (
        "Jobkonsulenten fik besked: der mangler bilag for 5.000,00 kr. af rate T-1 på post 1."
    ),
    "ClaimProposed": "Forslag om krav på 5.000,00 kr. af rate T-1 på post 1. Intet er afgjort.",
    "ReceiptsWaived": "Bilag for 5.000,00 kr. af rate T-1 på post 1 eftergivet af both-1.",
    "TrancheLapsed": "Rate T-4 på 5.000,00 kr. bortfaldt: banken har ikke udbetalt den i tide.",
    "FundAgreed": "Aarhus Kommune stiller 40.000,00 kr. til rådighed.",
    "FundAmended": "Finansieringskilden AARHUS ændret til 50.000,00 kr.",
    "CofinancingAgreed": "Medfinansiering af AARHUS fra 01-03-2019 aftalt: BO 2, KOMMUNEN 1.",
    "AmendmentRecommended": (
        "fin-1 indstillede til bestyrelsen (I-1) at ændre medfinansieringen til: BO 1, KOMMUNEN 1."
    ),
    "CofinancingAmended": (
        "Bestyrelsen fulgte indstilling I-1. Medfinansiering fra 01-03-2019: BO 1, KOMMUNEN 1."
    ),
    "AmendmentRejected": "Bestyrelsen fulgte ikke indstilling I-2.",
    "FundCommitted": "20.000,00 kr. givet i tilsagn til A-1/1.",
    "CommitmentReleased": "1.000,00 kr. af tilsagnet til A-1/3 blev frigjort.",
    "CaseRegistered": "Borgeren blev udvalgt (ved lodtrækning) til fase 1.",
    "AccountRegistered": "Kontoen, som borgeren får penge på, blev registreret.",
    "ProgrammeOffered": "Borgeren fik tilbuddet.",
    "OfferAccepted": "Borgeren sagde ja og underskrev tro- og loveerklæringen.",
    "OfferDeclined": "Borgeren takkede nej.",
    "CaseStopped": "Forløbet blev afbrudt.",
    "CaseCompleted": "Forløbet blev gennemført.",
    "OutcomeRecorded": "Udfald registreret: i arbejde.",
    "BudgetSubmitted": "Budgettet blev indsendt med 3 poster.",
    "CaseScreened": "kons-1 screenede borgeren. Tilbuddet passer: ja.",
    "LineScreened": "kons-1 screenede post 1. Midlerne tjener målet: ja.",
    "BudgetAssessed": "kons-2 vurderede budgettet: grøn.",
    "MeetingHeld": "Teammøde med kons-1, kons-2, both-1 vurderede budgettet: grøn.",
    "ChangesRequested": "Budgettet blev sendt tilbage til ændring.",
    "LineGranted": "Post 1 bevilget: 20.000,00 kr.",
    "LineRejected": "Post 1 fik afslag.",
    "LineAmended": "Post 3 ønsket ændret til 7.000,00 kr.; afventer ny godkendelse.",
    "ChangeReported": "Borgeren meldte ændring V-1 af post 1. Nyt beløb: 900,00.",
    "ChangeAccepted": "Ændring V-1 blev godtaget.",
    "ChangeDeclined": "Ændring V-2 blev afvist.",
    "TimeFrameSet": "Tidsrammen løber til 01-09-2019.",
    "TimeFrameExtended": "Tidsrammen blev forlænget til 01-12-2019. Grund: ikke angivet.",
    "TrajectoryPhaseEntered": "Forløbets fase contact begyndte; sidste dag er 01-09-2019.",
    "GrantAnnulled": "15.000,00 kr. af bevillingen til post 1 bortfaldt.",
    "TrancheRequested": "Rate T-1 på 5.000,00 kr. anmodet på post 1.",
    "TrancheApproved": "Rate T-1 godkendt af kons-1 (første par øjne).",
    "TrancheReleased": "Rate T-1 på 5.000,00 kr. frigivet til udbetaling (andet par øjne).",
    "TrancheCancelled": "Rate T-3 annulleret.",
    "TrancheSettled": "Rate T-1 på 5.000,00 kr. udbetalt af banken 04-03-2019.",
    "TrancheReturned": "Rate T-2 på 3.000,00 kr. kom retur fra banken (AC04).",
    "CardUsed": "Hævekortet brugt hos Bilka (MCC 5411): 250,00 kr.",
    "ExpenseAttested": "Udgift 91335417:F-1 attesteret af kons-1: 6.000,00 kr.",
    "ExpenseApproved": "Udgift 91335417:F-1 anvist til betaling: 6.000,00 kr.",
    "ExpenseRejected": "Udgift 91335417:F-2 afvist.",
    "ExpenseSettled": "Udgift 91335417:F-1 på 6.000,00 kr. betalt af banken 04-03-2019.",
    "ExpenseReturned": "Betalingen af udgift 91335417:F-3 på 500,00 kr. kom retur (AC04).",
    "SupportPlanned": "Opstartshonorar på post 1: 2.000,00 kr. om måneden (2019-03, 2019-04, 2019-05).",
    "SupportMonthConfirmed": "Opstartshonorar A-1.1.2019-03 på 2.000,00 kr. attesteret af kons-1.",
    "GroupFormed": "Holdet HOLD-1 oprettet.",
    "ParticipantJoined": "Sag A-1 kom med på holdet HOLD-1 (post 1).",
    "ParticipantLeft": "Sag A-1 forlod holdet HOLD-1.",
    "SharedCostReceived": "Udgift 91335417:F-4 på 400,00 kr. fra Datamaterial ApS til holdet HOLD-1.",
    "SharedCostCredited": "Kreditnota 91335417:N-4 på 100,00 kr. til udgift 91335417:F-4 på holdet HOLD-1.",
    "SharedCostSpread": "Udgift 91335417:F-4 fordelt på deltagerne i holdet HOLD-1.",
    "SharedCostRejected": "Udgift 91335417:F-4 på holdet HOLD-1 afvist.",
    "ShareCharged": "Andel på 300,00 kr. af udgift 91335417:F-4 på holdet HOLD-1 lagt på post 1.",
    "InvoiceReceived": "Faktura 91335417:F-1 på 6.000,00 kr. fra Datamaterial ApS til post 3.",
    "InvoiceCredited": "Kreditnota 91335417:N-1 på 1.000,00 kr. til faktura 91335417:F-1 modtaget.",
    "InvoiceRefunded": "1.000,00 kr. af faktura 91335417:F-1 betalt tilbage efter kreditnota 91335417:N-1.",
    "OutlayClaimed": "Udlæg U-1 på 300,00 kr. hos Bilka til post 1, lagt ud af kons-1.",
    "VoucherReceived": "Bilag V-1 modtaget (borgerens telefon).",
    "VoucherRead": "Bilag V-1 aflæst maskinelt: total 2.000,00 kr.",
    "VoucherUnreadable": "Bilag V-2 kunne ikke aflæses (truncated).",
    "VoucherFiled": "Bilag V-1 er kvittering K-V-1 på sag A-1, post 1.",
    "VoucherSetAside": "Bilag V-2 lagt til side (kommet før).",
    "ReceiptHandedIn": "Kvittering K-1 på 2.000,00 kr. fra Fagkurser Midt (06-03-2019) til post 1.",
    "ReceiptAccepted": "Kvittering K-1 godkendt med 2.000,00 kr.",
    "ReceiptRejected": "Kvittering K-2 afvist.",
    "ReceiptRefunded": (
        "Forhandleren gav 500,00 kr. af kvittering K-1 tilbage 20-03-2019."
        " Beløbet skal dokumenteres på ny."
    ),
    "ReceiptRead": "Kvittering K-1 aflæst maskinelt: total 2.000,00 kr.",
    "ReceiptUnreadable": "Kvittering K-2 kunne ikke aflæses (truncated).",
    "LossDeclared": "Tro- og loveerklæring for tabt kvittering: 300,00 kr. på post 1.",
    "UnspentReturned": "700,00 kr. ubrugte midler betalt tilbage på post 1.",
    "MisuseConfirmed": "Misbrug bekræftet på post 1: 1.500,00 kr. (privat forbrug).",
    "ClaimRepaid": "600,00 kr. af kravet på post 1 tilbagebetalt.",
    "ClaimWrittenOff": "400,00 kr. af kravet på post 1 afskrevet.",
    "ClaimRaised": "Krav R-1 på 1.500,00 kr. (privat forbrug) rejst på post 1 af fin-1.",
    "HearingOpened": "Borgeren hørt om krav R-1 med frist 15-03-2019 (partshøring).",
    "HearingAnswered": "Borgeren svarede på høringen om krav R-1.",
    "ClaimDecided": "Krav R-1 afgjort af both-1: 1.500,00 kr. skal betales tilbage.",
    "ClaimDropped": "Krav R-2 frafaldet.",
    "InstalmentsAgreed": "Krav R-1 betales i 1 afdrag.",
    "ClaimSetOff": "300,00 kr. af krav R-1 modregnet i YDELSE-7.",
    "ClaimClosed": "Krav R-1 lukket: der er intet tilbage.",
    "AppealLodged": "Borgeren klagede over krav R-1.",
    "AppealRejected": "Klagen over krav R-1 blev afvist.",
    "AppealUpheld": "Klagen over krav R-1 fik medhold hos fin-1: 500,00 kr. står ved magt.",
    "MisuseReversed": "1.000,00 kr. på post 1 var ikke misbrug (krav R-1).",
    "WriteOffReversed": "400,00 kr. afskrevet af krav R-1 ført tilbage: de skyldtes ikke.",
    "RefundOrdered": "600,00 kr. betalt for meget på krav R-1 anvist til tilbagebetaling.",
    "ClaimRefunded": "600,00 kr. betalt for meget på krav R-1 betalt tilbage til borgeren.",
    "RefundReturned": "Tilbagebetalingen af 600,00 kr. på krav R-1 kom retur fra banken (AC04).",
    "StatementReceived": "Kontoudtog S-1 modtaget: 1 posteringer.",
    "FlagRaised": (
        "Et spørgsmål at se på (round-sums-0acdf84188a7):"
        " Kvittering K-1 er på 2.000,00 kr., et rundt beløb."
    ),
    "FlagAssigned": "kons-2 ser på spørgsmålet round-sums-0acdf84188a7.",
    "FlagMuted": "Spørgsmålet round-sums-0acdf84188a7 er lagt til side til 31-03-2019.",
    "FlagDismissed": "kons-2 så på spørgsmålet round-sums-0acdf84188a7: der er intet i det.",
    "FlagUpheld": "kons-2 så på spørgsmålet round-sums-0acdf84188a7: det holder for 1.500,00 kr.",
    "FlagReopened": "Spørgsmålet round-sums-0acdf84188a7 skal ses på igen.",
    "FlagRuleChanged": "Reglen round-sums for spørgsmål ændret (version 2): i brug.",
    "PopulationFixed": (
        "Stikprøve R-1: 4 bilag på 6.200,00 kr. fastlagt som population"
        " (væsentlighed 900,00 kr., konfidens 95 %)."
    ),
    "SampleDrawn": "Stikprøve R-1 trukket af checkpoint 40: 3 bilag.",
    "ResultEntered": "Stikprøve R-1: bilag 1 på 5.000,00 kr. fundet med 4.500,00 kr.",
    "ResultCorrected": "Stikprøve R-1: resultatet for bilag 1 rettet til 4.000,00 kr.",
    "SampleClosed": "Stikprøve R-1 afsluttet: væsentligt forkert.",
    "EntryUnreconciled": "Postering E-5 på 5.000,00 kr. kunne ikke afstemmes.",
}


def test_every_event_has_a_sentence_but_the_taking_of_a_number() -> None:
    assert {kind.__name__ for kind in SENTENCES} == set(EVENTS) - TAKING


@pytest.mark.parametrize("name", sorted(set(EVENTS) - TAKING))
def test_an_event_is_told_in_plain_danish(name: str) -> None:
    assert sentence(EVENT[name]) == TOLD[name]


def test_a_picture_without_a_total_is_told_so() -> None:
    nothing = READ.model_copy(update={"total": None})
    read = ReceiptRead(case_no="A-1", line_no=1, ref="K-1", reading=nothing)
    assert sentence(read) == "Kvittering K-1 aflæst maskinelt: ingen total."


def test_what_is_not_so_and_what_is_left_open_is_told_as_well() -> None:
    said = {
        extend(ground="holidays"): "Tidsrammen blev forlænget til 01-12-2019. Grund: ferie.",
        screen_case(suited=False): "kons-1 screenede borgeren. Tilbuddet passer: nej.",
        report_change(): "Borgeren meldte ændring V-1 af post 1. Nyt beløb: ikke angivet.",
    }
    story = ASSESSED.does(approve_line())
    for command, told in said.items():
        [news] = decide(command, story)
        assert sentence(news.event) == told


def test_several_roles_are_told_one_after_the_other_and_none_as_none() -> None:
    both = RolesAssigned.model_validate(
        {"programme": "NP", "person": "both-1", "roles": ["caseworker", "controller"]}
    )
    assert sentence(both) == "Roller tildelt both-1: jobkonsulent, økonomikonsulent."
    nothing = both.model_copy(update={"roles": ()})
    assert sentence(nothing) == "Roller tildelt both-1: ingen."


def test_a_statement_without_entries_says_so() -> None:
    received = RELEASED.does(receive()).log[-1].event
    assert isinstance(received, StatementReceived)
    assert sentence(received) == "Kontoudtog S-1 modtaget: ingen posteringer."


def test_no_word_of_a_citizen_is_told() -> None:
    told = [each.sentence for trail in fold(audit_trail, ALL.log).values() for each in trail.events]
    assert not any("words-" in text or "citizen-" in text for text in told)


def test_a_trail_tells_who_did_what_and_when_in_the_order_of_the_log() -> None:
    trails = fold(audit_trail, ALL.log)
    [registered, offered, *_] = trails["case-A-1"].events
    assert (registered.actor, registered.event) == ("system", "CaseRegistered")
    assert (offered.actor, offered.at, offered.effective_on) == ("kons-1", NOON, DAY)
    positions = [each.position for each in trails["case-A-1"].events]
    assert positions == sorted(positions)


def test_every_stream_has_a_trail_but_those_of_taken_numbers() -> None:
    streams = {entry.stream for entry in ALL.log}
    numbers = {entry.stream for entry in ALL.log if type(entry.event).__name__ in TAKING}
    assert set(fold(audit_trail, ALL.log)) == streams - numbers
    assert numbers
