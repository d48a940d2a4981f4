"""Keys of the wire tap."""

from penstock.client.config.option import boolean, integer

ENABLED = boolean(
    "penstock.tap.enabled",
    True,
    "Whether records on a job's edges can be looked at: `penstock tap`, the Web UI's Tap, `/penstock/jobs/:id/…/tap`.",
)
RECORDS_PER_SECOND = integer(
    "penstock.tap.records-per-second",
    50,
    "Records a second that a tap shows of one edge, shared by its subtasks.",
    least=1,
    most=1000,
)
MAX_RECORD_LENGTH = integer(
    "penstock.tap.max-record-length",
    1000,
    "Characters of a tapped record's text; what is longer is cut.",
    least=20,
    most=10_000,
)
