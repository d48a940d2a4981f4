"""A workload in Flink SQL, on the JVM alone: PyFlink only submits it.

Results go to the blackhole connector; with `--keep` to files, as a changelog, so that they can be checked.
"""

import argparse

from pyflink.common import Configuration
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.table import StreamTableEnvironment
from rows_to_files import keep

_BIDS = """CREATE TABLE bids (
    auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING, `dateTime` BIGINT, extra STRING,
    ts AS TO_TIMESTAMP_LTZ(`dateTime`, 3), WATERMARK FOR ts AS ts - INTERVAL '0.001' SECOND
) WITH ('connector' = 'filesystem', 'path' = '{path}', 'format' = 'json')"""
_LINES = "CREATE TABLE lines (line STRING) WITH ('connector' = 'filesystem', 'path' = '{path}', 'format' = 'raw')"
#: workload: the source, what is asked of it, the columns of the result
WORKLOADS = {
    "words": (
        _LINES,
        "SELECT word, COUNT(*) FROM lines CROSS JOIN UNNEST(SPLIT(line, ' ')) AS t(word) GROUP BY word",
        "word STRING, n BIGINT",
    ),
    "json": (
        # unparsed fields cost nothing, so that only what is used is declared
        "CREATE TABLE bids (auction BIGINT, bidder BIGINT, price BIGINT) "
        "WITH ('connector' = 'filesystem', 'path' = '{path}', 'format' = 'json')",
        "SELECT auction, bidder, price * 908 / 1000 FROM bids WHERE price > 10000",
        "auction BIGINT, bidder BIGINT, price BIGINT",
    ),
    "window": (
        _BIDS,
        "SELECT auction, TIMESTAMPDIFF(SECOND, TIMESTAMP '1970-01-01 00:00:00', window_start) * CAST(1000 AS BIGINT), "
        "COUNT(*) FROM TABLE(TUMBLE(TABLE bids, DESCRIPTOR(ts), INTERVAL '10' SECONDS)) "
        "GROUP BY auction, window_start, window_end",
        "auction BIGINT, window_begin BIGINT, n BIGINT",
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--workload", choices=WORKLOADS, required=True)
    parser.add_argument("--input", required=True)
    parser.add_argument("--output", required=True)
    parser.add_argument("--mini-batch", action="store_true")
    parser.add_argument("--keep", action="store_true")
    arguments = parser.parse_args()
    configuration = Configuration()
    settings = {"parallelism.default": "1", "table.local-time-zone": "UTC", "pipeline.object-reuse": "true"}
    if arguments.mini_batch:
        settings |= {
            "table.exec.mini-batch.enabled": "true",
            "table.exec.mini-batch.allow-latency": "1 s",
            "table.exec.mini-batch.size": "5000",
        }
    for key, value in settings.items():
        configuration.set_string(key, value)
    env = StreamExecutionEnvironment.get_execution_environment(configuration)
    tables = StreamTableEnvironment.create(env)
    source, query, columns = WORKLOADS[arguments.workload]
    tables.execute_sql(source.format(path=arguments.input))
    if arguments.keep:
        keep(tables.to_changelog_stream(tables.sql_query(query)), arguments.output)
        env.execute(arguments.workload)
    else:
        tables.execute_sql(f"CREATE TABLE results ({columns}) WITH ('connector' = 'blackhole')")
        tables.execute_sql(f"INSERT INTO results {query}").wait()


if __name__ == "__main__":
    main()
