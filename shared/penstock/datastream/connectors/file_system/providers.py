"""How the files of a source are cut, and who gets the pieces."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FileEnumeratorProvider:
    splits_files: bool

    @staticmethod
    def default_splittable_file_enumerator() -> "FileEnumeratorProvider":
        """Large files are read in several splits, where their format can be cut: the default."""
        return FileEnumeratorProvider(True)

    @staticmethod
    def default_non_splittable_file_enumerator() -> "FileEnumeratorProvider":
        """Each file is read by one subtask."""
        return FileEnumeratorProvider(False)


@dataclass(frozen=True, slots=True)
class FileSplitAssignerProvider:
    @staticmethod
    def locality_aware_split_assigner() -> "FileSplitAssignerProvider":
        """Split i goes to subtask i modulo the parallelism: every subtask sees the same files."""
        return FileSplitAssignerProvider()
