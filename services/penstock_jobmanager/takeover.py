"""The first commit of every leadership counts takeovers: a poison job may not take one JobManager after another."""

from msgspec.structs import replace

from penstock.coordination.failure import Failure
from penstock_jobmanager import end
from penstock_jobmanager.decision import Decision
from penstock_jobmanager.options import JobMasterOptions, Now
from penstock_jobmanager.record import JobRecord


def take_over(record: JobRecord, revision: int, epoch: int, options: JobMasterOptions, now: Now) -> Decision:
    """Count this leadership before anything of the job is looked at that might be poison. Past the limit the job ends.

    Revision 0: nobody has led the job yet. That is no takeover, and neither is it where the job was handed over.
    """
    count = record.job.takeovers + (1 if revision and not record.job.handed_over else 0)
    record.job = replace(record.job, takeovers=count, handed_over=False)
    if count > options.takeover_limit:
        reason = (
            f"the job's JobMaster was taken over {count} times without {options.stable_after:g} s of stable leadership "
            f"(penstock.job.takeover-limit: {options.takeover_limit})"
        )
        return end.abort(record, epoch, Failure(message=reason), now)
    return Decision(rows={"job": record.job})
