"""The tables of events: what changes lives here, facts live in segments."""

from events.models.audit import AuditEntry
from events.models.consent import ConsentRecord
from events.models.dimension import Dimension, DimensionValue
from events.models.grouping_rules import GroupingRules
from events.models.inbox import DeadLetter, InboxItem, OutcomeCount, Seen, SeenTrace, SpoolDrain
from events.models.invitation import Invitation
from events.models.issue import (
    Activity,
    Attachment,
    Bookmark,
    Feedback,
    GroupEnvironment,
    GroupHour,
    GroupUser,
    Issue,
    IssueGroup,
    Occurrence,
    Transition,
)
from events.models.login import LoginFailure, RecoveryCode, SecondFactor
from events.models.open_table import OpenTable, OpenTableProperty
from events.models.person import Group, Person, PersonId
from events.models.project import ApiToken, Environment, FormerSlug, IngestKey, Membership, Project, SiteName
from events.models.release import Artifact, ArtifactBundle, Commit, Deploy, DeployHook, Release, UploadChunk
from events.models.segment import FactChange, RetiredSegment, Segment, Turn
from events.models.visitor import VisitorSalt

__all__ = [
    "Activity", "ApiToken", "Artifact", "ArtifactBundle", "Attachment", "AuditEntry", "Bookmark", "Commit",
    "ConsentRecord", "DeadLetter", "Deploy", "DeployHook", "Dimension", "DimensionValue", "Environment", "FactChange",
    "Feedback", "FormerSlug", "Group", "GroupEnvironment", "GroupHour", "GroupUser", "GroupingRules", "InboxItem",
    "IngestKey", "Invitation", "Issue", "IssueGroup", "LoginFailure", "Membership", "Occurrence", "OpenTable",
    "OpenTableProperty", "OutcomeCount", "Person", "PersonId", "Project", "RecoveryCode", "Release", "RetiredSegment",
    "SecondFactor", "Seen", "SeenTrace", "Segment", "SiteName", "SpoolDrain", "Transition", "Turn",
    "UploadChunk", "VisitorSalt",
]  # fmt: skip
