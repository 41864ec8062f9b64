"""How the answer was reckoned and what it can't know: told wherever the figure is."""

METHOD = {
    "en": (
        "All of the programme's history is replayed, event by event, under the other rules. Each "
        "tranche that was released is a wish for that money on that day. It is requested, "
        "approved and released by the very decisions that the service makes, as much of it as the"
        " rules allow and as soon as they do; the rest waits, and is never paid if the case ends "
        "first. The bank takes as long as it did. A purchase is made on its day in history, or on"
        " the day when its money is there; its receipt comes as many days later as it did. Misuse"
        " that was confirmed on a day was of money paid before that day: what could not have been"
        " paid by then could not have been misused. After it the case is sent nothing of what it "
        "had asked for before. Certain, without that: of what was confirmed of a case on one "
        "day, what is above what may be undocumented at once. Low and high: case by case the "
        "least and the most of "
        "six replays, with the misused kroner of a payment first, in proportion or last, and with"
        " receipts as they came or within the deadline once a tranche waits for them. Central: in"
        " proportion, and receipts when a tranche waits. Self-check: under the rules as they "
        "were, nothing comes out otherwise than it was."
    ),
    "da": (
        "Hele programmets historie afspilles igen, hændelse for hændelse, under de andre regler. "
        "Hver rate, der blev frigivet, er et ønske om de penge den dag. Den anmodes, godkendes og"
        " frigives af de samme afgørelser, som systemet ellers træffer, så meget af den og så "
        "tidligt, som reglerne tillader; resten venter og udbetales aldrig, hvis forløbet slutter"
        " først. Banken er lige så længe om det som dengang. Et køb sker på sin dag i historien, "
        "eller når pengene til det er der; kvitteringen kommer lige så mange dage efter. Misbrug,"
        " der blev bekræftet en dag, var af penge, der var betalt før den dag: det, der ikke "
        "kunne være betalt inden da, kunne ikke misbruges. Derefter sendes intet af det, forløbet"
        " havde bedt om før. Sikkert, også uden det: af misbruget, der blev bekræftet i et "
        "forløb på én dag, det ud over, hvad der må være udokumenteret på én gang. Lavt og højt: "
        "forløb for forløb det "
        "mindste og det meste af seks afspilninger, med en betalings misbrugte kroner først, i "
        "forhold eller sidst, og med kvitteringer som de kom eller inden for fristen, når en rate"
        " venter på dem. Midt: i forhold, og kvitteringer, når en rate venter. Selvkontrol: under"
        " reglerne, som de var, bliver intet anderledes, end det var."
    ),
}

LIMITS = {
    "en": [
        (
            "It is a reckoning on one programme's past, not a forecast. People act otherwise "
            "under other rules: some would have found other ways to misuse money, some would "
            "never have begun."
        ),
        ("Only confirmed misuse is counted. What was never found is in neither figure."),
        (
            "No false receipt is accepted. Who hands one in could have had more, also of what is "
            "called certain."
        ),
        (
            "How the misused kroner lay among a payment's others is known to nobody. Low and high "
            "are the least and the most of what was tried; only the certain figure is a bound."
        ),
        (
            "A purchase is taken as divisible: a course that costs more than the limit is paid in"
            " instalments, each with its receipt. A seller who wants the whole sum at once can "
            "only be paid by invoice."
        ),
        (
            "An invoice stands for the whole line, and is taken to come on the day of the wish. "
            "That a budget line names a supplier doesn't say that the supplier would have sent "
            "one, nor that every invoice is honest."
        ),
        (
            "Only what was paid in history is asked for again: not what was refused, and nothing "
            "new. The cap, the time frame, screening and hearings stay as they were, and so do funds "
            "and shared costs: each case is replayed on its own."
        ),
        (
            "A tranche is asked for whenever a receipt makes room, however small: the count of "
            "tranches and of approvals is the most, the waiting the least."
        ),
    ],
    "da": [
        (
            "Det er en beregning på ét programs fortid, ikke en forudsigelse. Folk handler "
            "anderledes under andre regler: nogle havde fundet andre veje til misbrug, andre var "
            "aldrig begyndt."
        ),
        ("Kun bekræftet misbrug er talt med. Det, der aldrig blev opdaget, er i ingen af tallene."),
        (
            "Ingen falsk kvittering bliver godkendt. Den, der afleverer en, kunne have fået mere, "
            "også af det, der kaldes sikkert."
        ),
        (
            "Hvordan de misbrugte kroner lå mellem en betalings andre, ved ingen. Lavt og højt er "
            "det mindste og det meste af det, der er prøvet; kun det sikre tal er en grænse."
        ),
        (
            "Et køb regnes for deleligt: et kursus, der koster mere end grænsen, betales i "
            "bidder, hver med sin kvittering. En sælger, der vil have alt på én gang, kan kun få "
            "det mod faktura."
        ),
        (
            "En faktura står for hele posten og regnes for kommet på ønskets dag. At en "
            "budgetpost nævner en leverandør, siger hverken, at leverandøren havde sendt en, "
            "eller at enhver faktura er ærlig."
        ),
        (
            "Kun det, der blev betalt i historien, bedes der om igen: ikke det, der blev afvist, "
            "og intet nyt. Loftet, tidsrammen, screening og partshøring er, som de var; det samme er "
            "kilder og fælles udgifter: hvert forløb afspilles for sig."
        ),
        (
            "Der bedes om en rate, så snart en kvittering giver plads, hvor lille den end er: "
            "antallet af rater og godkendelser er det største, ventetiden den mindste."
        ),
    ],
}
