"""What the pages call flag rules, their parameters and what they rest on, in Danish. Each rule also says it
beside its code, in English."""

# By the rule: what it is called, and what it looks for.
RULE_TEXTS = {
    "card_cash": (
        "Kontanter hævet på kortet",
        (
            "Der er hævet kontanter på kortet for så mange kroner i alt. Hvad kontanter bruges til, "
            "kan ingen se."
        ),
    ),
    "card_private_spending": (
        "Kortet brugt privat",
        (
            "Kortet er brugt på café, til dagligvarer, alkohol, spil og lignende for så mange kroner "
            "i alt. Dagligvarer tæller ikke, hvor en post er til borgerens egen virksomhed, og fritid "
            "og skole ikke, hvor en post er til det, intet formål dækker."
        ),
    ),
    "card_unaccounted": (
        "Kort uden bilag, også brugt privat",
        (
            "To tegn på én gang: en kortpost mangler bilag så mange dage efter udbetalingen, og "
            "forløbets kort er også brugt til kontanter eller privat. Hvert for sig siger de lidt."
        ),
    ),
    "card_merchant_fits_no_line": (
        "Korthandel, der ikke passer til en post",
        (
            "Kortet er brugt hos en slags forretning, som så mange andre forløb kun bruger til andre "
            "formål, og der kom intet bilag inden for så mange dage."
        ),
    ),
    "merchant_private": (
        "Kvittering fra en privat slags butik",
        (
            "Butikkens navn taler om privat forbrug, posten er til noget andet, og ingen note siger "
            "hvorfor."
        ),
    ),
    "merchant_of_other_lines": (
        "Butik, andre bruger til andet",
        (
            "Så mange andre forløb kender butikken, alle til andre formål end postens, og ingen note "
            "siger hvorfor."
        ),
    ),
    "merchant_nobody_knows": (
        "Butik, ingen andre bruger",
        (
            "Så mange dage efter kvitteringen har intet andet forløb brugt butikken, mens så mange "
            "andre har fortalt, hvor de køber det samme, og ingen note siger hvorfor."
        ),
    ),
    "rejected_not_replaced": (
        "Afvist og ikke erstattet",
        (
            "En kvittering blev afvist, og så mange dage efter er der ikke kommet en anden, og penge "
            "mangler bilag."
        ),
    ),
    "dated_before_payment": (
        "Købt før pengene kom",
        "Købet er gjort, før nogen penge på posten var frigivet: forskuddet betalte det ikke.",
    ),
    "dated_after_end": (
        "Købt efter slutdatoen",
        "Købet er gjort mere end så mange dage efter forløbets slutdato, som den var dengang.",
    ),
    "total_below_claim": (
        "Billedet siger mindre, end der er søgt",
        "Billedets total, læst sikkert, er så mange kroner og så mange procent under det søgte.",
    ),
    "cvr_invalid": (
        "CVR-nummer, ingen har",
        "Butikkens CVR-nummer, læst sikkert, har et kontrolciffer, der ikke passer (modulus 11).",
    ),
    "vat_not_a_fifth": (
        "Moms, der ikke passer",
        (
            "Momsen, læst sikkert, er hverken nul eller en femtedel af totalen, på så mange kroner "
            "nær."
        ),
    ),
    "receipts_missing": (
        "Bilag mangler længe",
        (
            "Så mange dage efter udbetalingen mangler der bilag for mere, end en tro- og "
            "loveerklæring må dække."
        ),
    ),
    "split_under_limit": (
        "Flere erklæringer lige under grænsen",
        (
            "Så mange tro- og loveerklæringer inden for så mange dage, hver på mindst så mange "
            "procent af det højeste."
        ),
    ),
    "round_sums": (
        "Runde beløb",
        (
            "Så mange kvitteringer i et forløb, alle på hele antal kroner. På prøve: kurser sælges "
            "til runde priser."
        ),
    ),
    "same_receipt": (
        "Den samme kvittering igen",
        (
            "En kvittering siger det samme som en, der er afleveret før: butik, dag, tid, nummer og "
            "total."
        ),
    ),
    "same_claim": (
        "Det samme søgt to steder",
        (
            "To forløb har søgt det samme beløb fra samme butik og dag, og billederne kan ikke kendes "
            "fra hinanden."
        ),
    ),
    "same_file": (
        "Den samme fil igen",
        "En fil kom, som var kommet til et andet forløb eller var en kvittering i forvejen.",
    ),
    "invoice_and_receipt": (
        "Både faktura og kvittering",
        (
            "En kvittering fra samme butik og på samme beløb som en faktura i forløbet, højst så "
            "mange dage fra hinanden."
        ),
    ),
    "approvals_at_odd_hours": (
        "Godkendt på skæve tider",
        (
            "Én person har godkendt på så mange dage i en måned mellem kl. 22 og 6 eller i weekenden. "
            "Om arbejdsgangen, ikke om et forløb."
        ),
    ),
    "one_approver_for_one_merchant": (
        "Én person godkender én butik",
        (
            "Én person har godkendt så mange procent af en butiks kvitteringer, hvor der var mange i "
            "mange forløb, og andre godkender af de samme formål."
        ),
    ),
    "one_merchant_across_cases": (
        "Én butik i mange forløb",
        (
            "Én butik fik så mange procent af et formåls kvitteringer. På prøve: mange byer har én "
            "butik til det."
        ),
    ),
    "account_changed_before_payout": (
        "Konto ændret før en udbetaling",
        "En rate blev frigivet højst så mange dage efter, at forløbets konto var ændret.",
    ),
    "one_account_across_cases": (
        "Samme konto i to forløb",
        "Den samme konto udbetales der til i to borgeres forløb.",
    ),
}
PARAMETERS = {
    "at_least": "mindst (kr.)",
    "cases": "forløb",
    "days": "dage",
    "others": "andre",
    "per_cent": "procent",
    "receipts": "kvitteringer",
    "round_to": "hele (kr.)",
    "times": "gange",
}
# What a flag rests on, by the event's name.
EVIDENCE = {
    "AccountRegistered": "Konto registreret",
    "BudgetSubmitted": "Budget indsendt",
    "CardUsed": "Kortet brugt",
    "CaseRegistered": "Borgeren udvalgt",
    "ExpenseApproved": "Udgift anvist",
    "InvoiceReceived": "Faktura modtaget",
    "LineGranted": "Post bevilget",
    "LossDeclared": "Tro- og loveerklæring",
    "OutlayClaimed": "Udlæg",
    "ReceiptAccepted": "Kvittering godkendt",
    "ReceiptHandedIn": "Kvittering afleveret",
    "ReceiptRead": "Kvittering læst af maskinen",
    "ReceiptRefunded": "Givet tilbage af forhandleren",
    "ReceiptRejected": "Kvittering afvist",
    "TimeFrameExtended": "Slutdato flyttet",
    "TimeFrameSet": "Slutdato sat",
    "TrancheApproved": "Rate godkendt",
    "TrancheReleased": "Rate frigivet",
    "TrancheReturned": "Rate kom retur",
    "TrancheSettled": "Rate udbetalt",
    "UnspentReturned": "Ubrugte penge betalt tilbage",
    "VoucherReceived": "Bilag kom",
    "VoucherSetAside": "Bilag lagt til side",
}
