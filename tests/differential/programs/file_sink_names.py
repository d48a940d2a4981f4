"""The names of part files, their buckets, and what compaction makes of them."""

import re
import sys
from pathlib import Path

from pyflink.common import Encoder, Types
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.datastream.connectors.file_system import (
    BucketAssigner,
    FileCompactor,
    FileCompactStrategy,
    FileSink,
    OutputFileConfig,
    RollingPolicy,
)

env = StreamExecutionEnvironment.get_execution_environment()
env.set_parallelism(1)
# not below the folder whose files are shown as they are: an hour is in their names
out = Path(sys.argv[2]).parent / f"names-{sys.argv[1]}"


def write(name, configure):
    builder = FileSink.for_row_format(str(out / name), Encoder.simple_string_encoder())
    configure(builder.with_bucket_assigner(BucketAssigner.base_path_bucket_assigner()))
    env.from_collection(["a", "bb", "ccc", "d", "e"], Types.STRING()).sink_to(builder.build()).uid(name)
    env.execute(name)
    for path in sorted((out / name).rglob("*")):
        if not path.is_dir():
            shown = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "<id>", str(path.relative_to(out)))
            print(re.sub(r"\d{4}-\d\d-\d\d--\d\d", "<hour>", shown), path.read_text().splitlines())


names = OutputFileConfig.builder().with_part_prefix("words").with_part_suffix(".txt").build()
write("default", lambda b: b)
write("named", lambda b: b.with_output_file_config(names))
write("hourly", lambda b: b.with_bucket_assigner(BucketAssigner.date_time_bucket_assigner()))
write("small", lambda b: b.with_rolling_policy(RollingPolicy.default_rolling_policy(part_size=3)))
small = RollingPolicy.default_rolling_policy(part_size=1)
strategy = FileCompactStrategy.builder().enable_compaction_on_checkpoint(3).build()
compacting = [("concat", FileCompactor.concat_file_compactor(b"--\n")), ("one", FileCompactor.concat_file_compactor())]
for name, compactor in compacting:
    write(name, lambda b, c=compactor: b.with_rolling_policy(small).enable_compact(strategy, c))
