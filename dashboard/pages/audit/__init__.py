"""The audit trail of a project as a page: who looked, who changed what, and whether the entries are as written."""
