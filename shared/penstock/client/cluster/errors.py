"""Why a cluster could not be started, asked or stopped."""


class ClusterError(Exception):
    """What went wrong, and what to do about it."""
