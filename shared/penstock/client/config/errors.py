"""What is wrong with a configuration."""


class ConfigurationError(ValueError):
    """Everything that is wrong, one line each: file or option, key, value, and what would be right."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems
