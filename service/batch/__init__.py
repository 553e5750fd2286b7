"""Many summaries in one run: what each is of, who makes them, and the file they end up in."""

from service.batch.formats import FORMATS, Format, format_of
from service.batch.jobs import Job, Per, Request, jobs_of
from service.batch.output import Done, Output
from service.batch.pool import Work, outcomes
from service.batch.processes import Helpers, can_fork, helpers
from service.batch.records import Outcome

__all__ = [
    "FORMATS",
    "Done",
    "Format",
    "Helpers",
    "Job",
    "Outcome",
    "Output",
    "Per",
    "Request",
    "Work",
    "can_fork",
    "format_of",
    "helpers",
    "jobs_of",
    "outcomes",
]
