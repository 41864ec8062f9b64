"""What the pages call things in Danish."""

from domain.case.line import ExpenseStage, ReceiptStage, Step, TrancheStage
from domain.case.state import Stage
from domain.flag_rules import RuleStage
from domain.flags import FlagStage
from domain.programme import Role, Route
from domain.sampling.evaluation import Conclusion
from domain.sampling.population import Kind
from domain.voucher import AsideFor, Channel
from projections.payouts import PayoutStatus
from service.cases import ReceiptView
from service.pictures.unreadable import TEXTS as UNREADABLE_FOR

COUNTS = {
    "offered": "Fik tilbuddet",
    "participants": "Deltog",
    "declined": "Takkede nej",
    "with_grant": "Fik bevilling",
    "completed": "Gennemførte",
    "stopped": "Afbrudt",
    "left_benefits": "Forlod kontanthjælp",
}
AMOUNTS = {
    "granted": "Bevilget",
    "paid": "Udbetalt",
    "documented": "Dokumenteret",
    "undocumented": "Udokumenteret",
    "misuse": "Misbrug",
    "committed": "Tilsagn tilbage",
}
# Of one case: what is late, and what is left, stand beside these.
CASE_AMOUNTS = {name: label for name, label in AMOUNTS.items() if name != "misuse"}
STAGES = {
    Stage.REGISTERED.value: "Udvalgt",
    Stage.OFFERED.value: "Fik tilbuddet",
    Stage.ACCEPTED.value: "Deltager",
    Stage.DECLINED.value: "Takkede nej",
    Stage.STOPPED.value: "Afbrudt",
    Stage.COMPLETED.value: "Gennemført",
}
ROLES = {
    Role.CASEWORKER.value: "Jobkonsulent",
    Role.CONTROLLER.value: "Økonomikonsulent",
    Role.AUDITOR.value: "Revisor",
    Role.ADMINISTRATOR.value: "Administrator",
    Role.SYSTEM.value: "System",
    Role.CITIZEN.value: "Borger",
}
ROUTES = {
    Route.EAN.value: "EAN-faktura",
    Route.ACCOUNT.value: "borgerens konto",
    Route.CARD.value: "hævekort",
}
TRANCHES = {
    TrancheStage.REQUESTED.value: "Anmodet, ikke godkendt",
    TrancheStage.APPROVED.value: "Godkendt, ikke frigivet",
    TrancheStage.RELEASED.value: "Frigivet, ikke udbetalt",
    TrancheStage.SETTLED.value: "Udbetalt",
    TrancheStage.CANCELLED.value: "Annulleret",
    TrancheStage.RETURNED.value: "Kom retur",
    TrancheStage.LAPSED.value: "Bortfaldet",
}
EXPENSES = {
    ExpenseStage.RECEIVED.value: "Modtaget, ikke attesteret",
    ExpenseStage.ATTESTED.value: "Attesteret, ikke anvist",
    ExpenseStage.APPROVED.value: "Anvist, ikke betalt",
    ExpenseStage.SETTLED.value: "Betalt",
    ExpenseStage.REJECTED.value: "Afvist",
}
STEPS = {
    Step.REMINDED.value: "Borgeren er rykket",
    Step.HELD.value: "Udbetalinger er holdt tilbage",
    Step.TOLD.value: "Jobkonsulenten har fået besked",
    Step.CLAIM_PROPOSED.value: "En økonomikonsulent er bedt om at tage stilling til et krav",
}
RECEIPTS = {
    ReceiptStage.HANDED_IN.value: "Afleveret, ikke godkendt",
    ReceiptStage.ACCEPTED.value: "Godkendt",
    ReceiptStage.REJECTED.value: "Afvist",
}


def receipt(view: ReceiptView) -> str:
    """Where a receipt stands: in part, shared, or given back by the merchant."""
    said = [RECEIPTS[view.stage]]
    if view.accepted and view.accepted < view.amount:
        said.append(f"med {view.accepted.danish()} kr.")
    if view.refunded:
        said.append(f"heraf {view.refunded.danish()} kr. givet tilbage af forhandleren")
    if view.shared_with:
        said.append(f"delt med post {', '.join(map(str, view.shared_with))}")
    return ", ".join(said)


NO_SUCH_CASE = "Der er intet forløb med det nummer."
CHANNELS = {
    Channel.PHONE: "Telefon",
    Channel.DESK: "Jobkonsulent",
    Channel.MAIL: "E-mail",
    Channel.FOLDER: "Mappe",
    Channel.API: "Andet system",
}
UNREADABLE: dict[str, str] = {reason: text.danish for reason, text in UNREADABLE_FOR.items()}
ASIDE = tuple(AsideFor)
# What is read of a picture, in the order in which it is shown.
READ = {
    "total": "I alt",
    "vat": "Moms",
    "purchased_on": "Dato",
    "time": "Klokken",
    "merchant": "Butik",
    "cvr": "CVR-nummer",
    "number": "Bonnummer",
}
# Every amount of a report, and what an approver may have in view.
ALL_AMOUNTS = {
    **AMOUNTS,
    "advance_paid": "Forskud udbetalt",
    "unspent_returned": "Ubrugt betalt tilbage",
    "repaid": "Krav betalt tilbage",
    "written_off": "Afskrevet",
    "claim": "Krav tilbage",
    "amount": "Stillet til rådighed",
    "available": "Ikke bevilget",
}
SEEN = {
    "rules": "Reglernes version",
    "assessments": "Vurdering af",
    "cap_left": "Tilbage under loftet",
    "fund_left": "Tilbage i finansieringskilden",
    "other_funds_left": "Tilbage i",
    "line_left": "Tilbage på posten",
    "exposure": "Ude uden bilag",
    "overdue": "Mangler bilag efter fristen",
    "flags": "Spørgsmål, som ingen havde svaret på",
    "deadline": "Høringsfrist",
    "answered": "Borgeren har svaret",
    "undocumented": "Udokumenteret på posten",
}
DIMENSIONS = {
    "programme": "Programmet",
    "funding": "Finansieringskilde",
    "legal_basis": "Lovhjemmel",
    "category": "Formål",
    "phase": "Fase",
    "case": "Forløb",
    "line": "Post",
}
LISTS = {
    "released_unpaid": "Bestilt og ikke udbetalt",
    "receipts_overdue": "Bilag over fristen",
    "unreconciled": "Bankposteringer uden forklaring",
}
PAYOUTS = {
    PayoutStatus.ORDERED.value: "Bestilt, ikke udbetalt",
    PayoutStatus.SETTLED.value: "Udbetalt",
    PayoutStatus.RETURNED.value: "Kom retur",
    PayoutStatus.LAPSED.value: "Bortfaldet",
}
KINDS = {"tranche": "Rate", "expense": "Udgift"}
FLAGS = {
    FlagStage.OPEN.value: "Ingen har set på det endnu",
    FlagStage.ASSIGNED.value: "En kollega ser på det",
    FlagStage.MUTED.value: "Lagt til side",
    FlagStage.DISMISSED.value: "Set på: der er intet i det",
    FlagStage.UPHELD.value: "Set på: det holder",
}
FLAG_STEPS = {
    "FlagAssigned": "Givet",
    "FlagMuted": "Lagt til side",
    "FlagDismissed": "Der er intet i det",
    "FlagUpheld": "Det holder",
    "FlagReopened": "Skal ses på igen",
}
FLAG_ACTS = {
    "assign": "Giv til en kollega",
    "mute": "Læg til side",
    "dismiss": "Der er intet i det",
    "uphold": "Det holder",
    "reopen": "Se på det igen",
}
FLAG_RULES = {
    RuleStage.LIVE.value: "i brug",
    RuleStage.DRAFT.value: "på prøve",
    RuleStage.OFF.value: "slået fra",
}
SCOPES = {"case": "Forløbet", "fund": "Finansieringskilden", "programme": "Programmet"}
GROUNDS = {"audit": "revision", "year_end": "årsafslutning", "doubt": "tvivl"}
JUDGED = {True: "Ja", False: "Nej", None: "Ikke screenet"}
SAMPLED = {
    Kind.PAYMENTS.value: "Udbetalinger",
    Kind.RECEIPTS.value: "Godkendte kvitteringer",
    Kind.EXPENSES.value: "Udgifter mod bilag",
}
SAMPLE_STAGES = {"fixed": "Fastlagt, ikke trukket", "drawn": "Trukket", "closed": "Afsluttet"}
SELECTIONS = {"appointed": "Udpeget", "random": "Ved lodtrækning"}
MISUSE = {
    "private_consumption": "privat forbrug",
    "substance_use": "rusmidler",
    "family_support": "støtte til familie",
    "other": "andet",
}
CONCLUSIONS = {
    Conclusion.WITHIN.value: "Ikke væsentligt forkert.",
    Conclusion.UNSURE.value: "Det er ikke vist, at fejlen er under væsentlighedsgrænsen.",
    Conclusion.ABOVE.value: "Væsentligt forkert.",
}
CHECKS = {
    "database": "Databasen svarer",
    "fsync": "Det, der er gemt, er på disken",
    "archive": "Databasens eget arkiv",
    "tables": "Tabellerne er lavet af denne version",
    "append-only": "Loggen afviser ændringer",
    "log": "Hver hændelse er kendt",
    "positions": "Hændelsernes numre",
    "projection": "Oversigten har set hver hændelse",
    "vault": "Boksen med persondata kan åbnes",
    "checkpoint": "Det seneste, der er underskrevet",
    "part": "Det, der kører ved siden af",
    "parts": "Det, der kører ved siden af",
    "place": "Steder uden for databasen får det underskrevne",
    "webhook": "Andre systemer får besked om hændelser",
}
RULES = {
    "tranche_max": "En rate højst",
    "undocumented_limit": "Udokumenteret højst",
    "receipt_deadline_days": "Frist for kvitteringer",
    "routes": "Udbetaling",
}
SCENARIOS = {
    "routes": "Udbetalingen alene",
    "tranche_max": "En rate højst",
    "undocumented_limit": "Udokumenteret højst",
    "receipt_deadline_days": "Frist for kvitteringer",
    "receipts_first": "Ingen rate, før den forrige er dokumenteret",
    "together": "Alle reglerne sammen, til borgerens konto",
    "invoices": "EAN-faktura, hvor posten nævner en leverandør, intet andet",
    "together_with_invoices": "Alle reglerne sammen, og EAN-faktura, hvor posten nævner en leverandør",
}
OUTCOMES = {
    "same_day": "Udbetalt samme dag",
    "waited": "Ventede",
    "partly": "Delvis udbetalt",
    "never": "Aldrig udbetalt",
    "invoiced": "Faktura",
}
HOLDS = {
    "undocumented_limit": "grænsen for udokumenteret",
    "receipts_overdue": "kvitteringer over fristen",
    "receipts_first": "forrige rate ikke dokumenteret",
    "after_end_date": "tidsrammen",
    "case_closed": "forløbet er lukket",
    "misuse_confirmed": "bekræftet misbrug",
    "returned": "kom retur",
    "frozen": "udbetaling standset",
    "phase_ended": "fasen er slut",
    "outside_phase": "uden for en fase",
}

# Letters about receipts that don't come, by where they stand.
LETTERS = {
    "Skal sendes i hånden": ("by_hand",),
    "Mislykkedes eller er standset": ("failed", "stopped"),
    "Venter på at blive sendt": ("waiting", "sending"),
    "Sendt": ("sent",),
    "Ikke længere nødvendige": ("withdrawn",),
}
LETTER_EVENTS = {
    "ReceiptsRemindedOf": "Påmindelse",
    "TranchesHeld": "Andre rater holdes tilbage",
    "CaseworkerTold": "Besked til jobkonsulenten",
}
RECIPIENTS = {"citizen": "Borgeren", "caseworker": "Jobkonsulenten"}
LETTER_CHANNELS = {
    None: "–",
    "email": "E-mail",
    "digital_post": "Digital Post",
    "by_hand": "I hånden",
}
