"""Who may do what: the one table. Decisions, routes and pages all look here, and docs are made of it."""

from enum import StrEnum

from domain.programme import Role


class Reach(StrEnum):
    """Whose data an action may touch."""

    ALL = "all"  # Of the whole programme.
    TEAM = "team"  # Cases of the caseworker's own team.
    OWN = "own"  # The citizen's own case.


CASEWORKER = {Role.CASEWORKER: Reach.TEAM}
GROUPS = {Role.CASEWORKER: Reach.ALL}  # A group's participants may be of several teams.
FLAG_RULES = {Role.CASEWORKER: Reach.ALL}  # They are about nobody.
CONTROLLER = {Role.CONTROLLER: Reach.ALL}
AUDITOR = {Role.AUDITOR: Reach.ALL}
ADMINISTRATOR = {Role.ADMINISTRATOR: Reach.ALL}
CITIZEN = {Role.CITIZEN: Reach.OWN}
SYSTEM = {Role.SYSTEM: Reach.ALL}  # What machines tell: the bank, the card, the suppliers.

Granted = dict[Role, Reach]

COMMANDS: dict[str, Granted] = {
    # The citizen's way through the programme.
    "RegisterCase": CASEWORKER | SYSTEM,
    "RegisterAccount": CASEWORKER | SYSTEM,
    "ReassignCase": CASEWORKER | CONTROLLER,
    "OfferProgramme": CASEWORKER,
    "AcceptOffer": CASEWORKER,
    "DeclineOffer": CASEWORKER,
    "StopCase": CASEWORKER,
    "CompleteCase": CASEWORKER,
    "RecordOutcome": CASEWORKER,
    "EnterPhase": CASEWORKER,
    "ExtendTimeFrame": CASEWORKER,
    "ScreenCase": CASEWORKER,
    "ScreenLine": CASEWORKER,
    # The budget and its lines.
    "SubmitBudget": CASEWORKER,
    "AssessBudget": CASEWORKER,
    "RecordMeeting": CASEWORKER,
    "RequestChanges": CASEWORKER,
    "ApproveLine": CASEWORKER,
    "RejectLine": CASEWORKER,
    "AmendLine": CASEWORKER,
    "ReportChange": CASEWORKER,
    "AcceptChange": CASEWORKER,
    "DeclineChange": CASEWORKER,
    # Money to the citizen: the first pair of eyes is a caseworker's, the second a controller's.
    "RequestTranche": CASEWORKER,
    "ApproveTranche": CASEWORKER,
    "ReleaseTranche": CONTROLLER,
    "CancelTranche": CASEWORKER,
    "LapseTranche": CONTROLLER | SYSTEM,
    "FreezePayouts": CONTROLLER,
    "ResumePayouts": CONTROLLER,
    "ReportCardUse": SYSTEM,
    "ReceiveStatement": SYSTEM,
    # Receipts, invoices, outlays and support.
    "ReceiveVoucher": CASEWORKER | CITIZEN | SYSTEM,
    "RecordVoucherReading": SYSTEM,
    "RecordVoucherUnreadable": SYSTEM,
    "SetVoucherAside": CASEWORKER,
    "HandInReceipt": CASEWORKER,
    "ShareReceipt": CASEWORKER,
    "AcceptReceipt": CASEWORKER,
    "RejectReceipt": CASEWORKER,
    "RecordMerchantRefund": CASEWORKER,
    "RecordReading": SYSTEM,
    "RecordUnreadable": SYSTEM,
    "DeclareLoss": CONTROLLER,
    # When receipts don't come: what is due by the day is done by whoever asks for it, a machine or a person.
    "RemindOfReceipts": CASEWORKER | SYSTEM,
    "HoldTranches": CASEWORKER | SYSTEM,
    "TellCaseworker": CASEWORKER | SYSTEM,
    "ProposeClaim": CASEWORKER | SYSTEM,
    "WaiveReceipts": CONTROLLER,
    "ReceiveInvoice": SYSTEM,
    "ReceiveCreditNote": SYSTEM,
    "ClaimOutlay": CASEWORKER | CONTROLLER,
    "ClaimSharedOutlay": GROUPS | CONTROLLER,
    "AttestExpense": CASEWORKER,
    "ApproveExpense": CONTROLLER,
    "RejectExpense": CASEWORKER | CONTROLLER,
    "PlanSupport": CASEWORKER,
    "ConfirmSupportMonth": CASEWORKER,
    "FormGroup": GROUPS,
    "JoinGroup": CASEWORKER,
    "LeaveGroup": CASEWORKER,
    "AttestSharedCost": GROUPS,
    "ApproveSharedCost": CONTROLLER,
    "RejectSharedCost": GROUPS | CONTROLLER,
    # Misuse, claims and appeals.
    "ConfirmMisuse": CONTROLLER,
    "RaiseClaim": CONTROLLER,
    "OpenHearing": CASEWORKER | CONTROLLER,
    "AnswerHearing": CASEWORKER | CONTROLLER,
    "DecideClaim": CONTROLLER,
    "DropClaim": CONTROLLER,
    "AgreeInstalments": CASEWORKER | CONTROLLER,
    "SetOffClaim": CONTROLLER,
    "WriteOffClaim": CONTROLLER,
    "LodgeAppeal": CASEWORKER | CONTROLLER,
    "RejectAppeal": CONTROLLER,
    "UpholdAppeal": CONTROLLER,
    "OrderRefund": CONTROLLER,
    # Flags: raised by rules, answered by people who are not part of the payment.
    "RaiseFlag": SYSTEM,
    "AssignFlag": CASEWORKER | CONTROLLER,
    "MuteFlag": CASEWORKER | CONTROLLER,
    "DismissFlag": CASEWORKER | CONTROLLER,
    "UpholdFlag": CASEWORKER | CONTROLLER,
    "ReopenFlag": CASEWORKER | CONTROLLER,
    "ChangeFlagRule": ADMINISTRATOR,
    # The programme, its sources and its rules.
    "EstablishProgramme": SYSTEM,
    "ChangeRules": ADMINISTRATOR,
    "AssignRoles": ADMINISTRATOR,
    "AssignTeam": ADMINISTRATOR,
    "AgreeFunding": ADMINISTRATOR,
    "AmendFunding": ADMINISTRATOR,
    "AgreeCofinancing": ADMINISTRATOR,
    "RecommendAmendment": CASEWORKER | CONTROLLER,
    "ForgetCitizen": ADMINISTRATOR,
    "DecideAmendment": ADMINISTRATOR | CONTROLLER,
    "CloseMonth": CONTROLLER,
    # The auditor's own notes: no money is touched.
    "FixPopulation": AUDITOR,
    "DrawSample": AUDITOR,
    "EnterResult": AUDITOR,
    "CorrectResult": AUDITOR,
    "CloseSample": AUDITOR,
}

VIEWS: dict[str, Granted] = {
    "read_case_list": CASEWORKER | CONTROLLER | AUDITOR,
    "read_case": CASEWORKER | CONTROLLER | AUDITOR | CITIZEN,
    "read_person": CASEWORKER | CONTROLLER | AUDITOR | CITIZEN,
    "read_extract": CITIZEN,
    "read_report": CONTROLLER | AUDITOR,
    "read_funds": CONTROLLER | AUDITOR,
    "read_history": CONTROLLER | AUDITOR,
    "read_evidence": CONTROLLER | AUDITOR,
    "read_flags": CASEWORKER | CONTROLLER | AUDITOR,
    "read_flag_rules": FLAG_RULES | CONTROLLER | AUDITOR | ADMINISTRATOR,
    "read_samples": CONTROLLER | AUDITOR,
    "read_whatif": CONTROLLER | AUDITOR,
    "read_attempts": AUDITOR,
    "read_looks": AUDITOR | CITIZEN,
    "manage_links": CASEWORKER,  # A citizen's own way into the case.
    "manage_webhooks": ADMINISTRATOR,
}

PERMISSIONS: dict[str, Granted] = COMMANDS | VIEWS


def roles_of(action: str) -> tuple[Role, ...]:
    """Who may do it, in the order of the roles."""
    return tuple(role for role in Role if role in PERMISSIONS[action])


def widest(action: str, roles: frozenset[Role]) -> Reach | None:
    """How far somebody with these roles reaches; `None`: it isn't theirs to do."""
    found = {PERMISSIONS[action][role] for role in roles & PERMISSIONS[action].keys()}
    return next((reach for reach in Reach if reach in found), None)
