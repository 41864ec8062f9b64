"""What a refusal says to people, in Danish and in English. The codes are the domain's."""

from typing import NamedTuple


class Text(NamedTuple):
    danish: str
    english: str


TEXTS: dict[str, Text] = {
    "cap_exceeded": Text(
        "Beløbet bringer borgerens budget over programmets loft.",
        "The amount would take the citizen's budget past the programme's cap.",
    ),
    "no_declaration": Text(
        "Borgeren har ikke underskrevet tro- og loveerklæringen.",
        "The citizen has not signed the solemn declaration.",
    ),
    "not_assessed": Text(
        "Ingen kollega har vurderet budgettet endnu.",
        "No colleague has assessed the budget yet.",
    ),
    "assessed_red": Text(
        "En kollegas seneste vurdering er rød.",
        "A colleague's latest assessment is red.",
    ),
    "citizen_forgotten": Text(
        "Borgeren er glemt: opbevaringsfristen er udløbet, og intet mere kan ske i sagen.",
        "The citizen was forgotten: the retention period is over, and nothing more can be done in the case.",
    ),
    "retained": Text(
        "Opbevaringsfristen er ikke udløbet endnu.",
        "The retention period is not over yet.",
    ),
    "case_open": Text(
        "Borgeren har et forløb, der ikke er afsluttet.",
        "The citizen has a case that is not closed.",
    ),
    "money_open": Text(
        "Der er penge, som mangler at blive udbetalt, dokumenteret eller betalt tilbage.",
        "There is money that is still to be paid, documented or paid back.",
    ),
    "own_assessment": Text(
        "Den, der vurderer budgettet, må ikke have haft sagen, indsendt budgettet eller bevilget af det.",
        "Whoever assesses a budget must not have had the case, handed the budget in or granted of it.",
    ),
    "not_screened": Text(
        "Borgeren eller posten er ikke screenet og fundet egnet.",
        "The citizen or the line has not been screened and found to fit.",
    ),
    "too_few_colleagues": Text(
        "Der skal mindst to kolleger med til mødet ud over sagens egen jobkonsulent.",
        "A meeting takes at least two colleagues besides the case's own caseworker.",
    ),
    "funding_exhausted": Text(
        "Finansieringskilden har ikke så mange penge tilbage.",
        "The funding source doesn't have that much left.",
    ),
    "above_grant": Text(
        "Beløbet passer ikke inden for postens bevilling.",
        "The amount doesn't fit within the line's grant.",
    ),
    "tranche_too_large": Text(
        "Raten er større, end programmet tillader.",
        "The tranche is larger than the programme allows.",
    ),
    "after_end_date": Text(
        "Sagens slutdato er passeret; den kan forlænges med en begrundelse.",
        "The case's end date has passed; it can be extended for a stated reason.",
    ),
    "outside_phase": Text(
        "Borgeren er ikke begyndt på nogen af forløbets faser.",
        "The citizen has not entered any phase of the trajectory.",
    ),
    "phase_ended": Text(
        "Dagen ligger efter den sidste dag i den fase, borgeren er i.",
        "The day is past the last day of the phase that the citizen is in.",
    ),
    "same_person": Text(
        "Det skal gøres af en anden person.",
        "It must be done by somebody else.",
    ),
    "incompatible_roles": Text(
        "De roller kan ikke være hos den samme person.",
        "One person can't hold those roles together.",
    ),
    "not_yet": Text(
        "Dagen er ikke kommet endnu.",
        "The day has not come yet.",
    ),
    "frozen": Text(
        "Udbetalinger er sat i bero.",
        "Payouts are frozen.",
    ),
    "undocumented_limit": Text(
        "Borgeren har for mange udokumenterede penge ude.",
        "The citizen has too much undocumented money out.",
    ),
    "receipts_overdue": Text(
        "Borgeren mangler at aflevere kvitteringer, hvis frist er overskredet.",
        "Receipts of the citizen are overdue.",
    ),
    "tranche_held": Text(
        "Udbetalinger holdes tilbage, til borgeren har afleveret de bilag, der er rykket for.",
        "Payouts are held until the citizen hands in the receipts that were reminded of.",
    ),
    "invalid_document": Text(
        "Dokumentet overholder ikke reglerne for elektroniske fakturaer.",
        "The document breaks the rules for electronic invoices.",
    ),
    "wrong_gln": Text(
        "Dokumentet er stilet til et andet EAN-nummer.",
        "The document is addressed to another GLN.",
    ),
    "unknown_order": Text(
        "Fakturaens ordrereference passer ikke til nogen budgetpost.",
        "The invoice's order reference fits no budget line.",
    ),
    "duplicate_invoice": Text(
        "Leverandørens faktura eller kreditnota med det nummer er modtaget før.",
        "The supplier's invoice or credit note of that number was received before.",
    ),
    "above_invoice": Text(
        "Kreditnotaen er større end det, der er tilbage af fakturaen.",
        "The credit note is above what is left of the invoice.",
    ),
    "duplicate_receipt": Text(
        "Den samme kvitteringsfil er afleveret før.",
        "The same receipt file was handed in before.",
    ),
    "above_advance": Text(
        "Beløbet er større end postens udokumenterede forskud.",
        "The amount is above the line's undocumented advance.",
    ),
    "above_receipt": Text(
        "Der kan ikke godkendes mere, end kvitteringen lyder på.",
        "No more can be accepted than the receipt says.",
    ),
    "above_accepted": Text(
        "Forhandleren kan ikke give mere tilbage, end der er godkendt af kvitteringen.",
        "The merchant can't refund more than was accepted of the receipt.",
    ),
    "before_purchase": Text(
        "Dagen ligger før købet.",
        "The day is before that of the purchase.",
    ),
    "declarations_exhausted": Text(
        "Borgeren har allerede erklæret så meget i tabte kvitteringer, som reglerne tillader i perioden.",
        "The citizen has already declared as much of lost receipts as the rules allow within the period.",
    ),
    "above_claim": Text(
        "Beløbet er større end det udestående krav.",
        "The amount is above the outstanding claim.",
    ),
    "no_evidence": Text(
        "Et krav skal bygge på noget: en kvittering, et bilag eller en beskrivelse.",
        "A claim must rest on something: a receipt, a voucher or a description.",
    ),
    "hearing_too_short": Text(
        "Borgeren skal have længere tid til at svare.",
        "The citizen must have more time to answer.",
    ),
    "not_heard": Text(
        "Borgeren er ikke hørt (partshøring).",
        "The citizen has not been heard.",
    ),
    "above_flag": Text(
        "Beløbet er større end det, spørgsmålet blev fundet at holde for.",
        "The amount is above what the flag was upheld for.",
    ),
    "appealed": Text(
        "Der er en åben klage over kravet.",
        "An appeal against the claim is open.",
    ),
    "not_lowered": Text(
        "En klage, der får medhold, sætter kravet ned.",
        "An appeal that is upheld lowers the claim.",
    ),
    "instalments_differ": Text(
        "Afdragene giver ikke tilsammen det, der er tilbage af kravet.",
        "The instalments don't add up to what is left of the claim.",
    ),
    "declaration_too_large": Text(
        "Beløbet er for stort til en tro- og loveerklæring for en tabt kvittering.",
        "The amount is too large for a lost-receipt declaration.",
    ),
    "case_closed": Text(
        "Sagen er afsluttet.",
        "The case is closed.",
    ),
    "wrong_state": Text(
        "Det kan ikke gøres nu: der mangler et skridt, eller det er gjort allerede.",
        "It can't be done now: a step is missing, or it was done already.",
    ),
    "expected_too_large": Text(
        "Den forventede fejl er mere end halvdelen af væsentlighedsgrænsen: en stikprøve vil intet vise.",
        "The expected misstatement is more than half of the materiality: a sample would show nothing.",
    ),
    "no_checkpoint": Text(
        "Der er intet checkpoint endnu, som er underskrevet efter, at populationen blev fastlagt.",
        "No checkpoint has been signed yet since the population was fixed.",
    ),
    "population_differs": Text(
        "Populationen er ikke den, der blev fastlagt: loggen er ændret.",
        "The population is not the one that was fixed: the log was changed.",
    ),
    "not_in_sample": Text(
        "Bilaget er ikke med i stikprøven, og ingen kan føje det til.",
        "The item is not in the sample, and nobody can add it.",
    ),
    "month_closed": Text(
        "Måneden er lukket; en rettelse er en ny handling i en åben måned.",
        "The month is closed; a correction is something new in an open month.",
    ),
    "backdated": Text(
        "Det kan ikke gøres med virkning fra en dag, der er gået.",
        "It can't be done as from a day gone by.",
    ),
    "forbidden": Text(
        "Personen er ukendt eller har ikke den rolle, der skal til.",
        "The person is unknown, or doesn't have the role it takes.",
    ),
    "not_found": Text(
        "Det findes ikke her.",
        "There is no such thing here.",
    ),
}
