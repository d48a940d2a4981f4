"""StoredSavepoints: `SavepointFiles` over checkpoint storage."""

from collections.abc import Collection

from penstock.checkpoint import locations
from penstock.checkpoint.errors import CheckpointStorageError
from penstock.checkpoint.storage import CheckpointStorage
from penstock.client.config import Configuration
from penstock_dispatcher.savepoint_files import NotDisposable


class StoredSavepoints:
    """Whatever storage the path names, with the cluster's credentials."""

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration

    def dispose(self, path: str, live_jobs: Collection[str]) -> None:
        try:
            metadata = CheckpointStorage("", "", self._configuration).read_metadata(path)
            if not metadata.savepoint and metadata.job in live_jobs:
                raise NotDisposable(
                    f"{path} is a checkpoint of job {metadata.job}, which has not ended: a job disposes of its own"
                )
            folder = locations.parent(metadata.directory)
            CheckpointStorage(folder, metadata.job, self._configuration).discard(metadata.directory)
        except CheckpointStorageError as error:
            raise NotDisposable(str(error)) from error
