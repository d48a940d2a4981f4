"""What keeps a program from being started, before any of its own code is to blame."""


class ProgramError(Exception):
    """Names the program or file and what to do."""


class PackagingError(ProgramError):
    """The user's modules cannot be packaged or installed."""
