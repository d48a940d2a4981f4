"""`make demo`: word count on a cluster of local processes, every count compared with an oracle.

Starts Redis and the four services in the background (two TaskManagers of two slots), runs examples/word_count.py at
parallelism 4 over at least two million words, and shuts everything down. Exit status 0 only if all counts are equal.
"""

import argparse
import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from pydoc_data.topics import topics

from penstock.client.cluster.folder import ClusterFolder
from penstock.client.cluster.ports import is_free

HERE = Path(__file__).parent
FOLDER = Path(".penstock", "demo")
WORDS = 2_000_000
PORT = 8081
PENSTOCK = [sys.executable, "-m", "penstock"]


def penstock(*arguments: str) -> int:
    """Run the command line as a user would; its exit status."""
    return subprocess.run([*PENSTOCK, *arguments], check=False).returncode


def oracle(repeat: int) -> Counter[str]:
    """Every word's count, by the standard library alone."""
    counts = Counter(word for text in topics.values() for word in text.split())
    return Counter({word: count * repeat for word, count in counts.items()})


def written(output: Path) -> Counter[str]:
    """The largest count of each word in the sink's finished files, whose lines are `(word,count)`."""
    counts: Counter[str] = Counter()
    for file in output.rglob("*"):
        if file.is_file() and not file.name.startswith((".", "_")):
            with file.open(encoding="utf-8") as lines:
                for line in lines:
                    word, count = line.rstrip("\n")[1:-1].rsplit(",", 1)
                    counts[word] = max(counts[word], int(count))
    return counts


def differences(found: Counter[str], expected: Counter[str]) -> list[str]:
    """What differs, in words."""
    return [
        f"{word!r}: {found[word]:,} instead of {expected[word]:,}"
        for word in sorted(found.keys() | expected.keys())
        if found[word] != expected[word]
    ]


def count_words(addresses: str) -> bool:
    """Run the job and compare; whether all is equal."""
    once = oracle(1).total()
    repeat = -(-WORDS // once)
    expected = oracle(repeat)
    output = (FOLDER / "output").resolve()
    shutil.rmtree(output, ignore_errors=True)
    print(f"Counting {expected.total():,} words ({once:,} of Python's own help topics, {repeat} times)", flush=True)
    began = time.monotonic()
    job = [str(HERE / "word_count.py"), "--output", str(output), "--repeat", str(repeat)]
    if penstock("run", "-m", addresses, "-p", "4", *job) != 0:
        print("DEMO FAILED: the job did not finish; logs: " + str(FOLDER / "logs"))
        return False
    took = time.monotonic() - began
    found = written(output)
    for word, count in found.most_common(10):
        print(f"{count:>10,}  {word}")
    wrong = differences(found, expected)
    if wrong:
        print("\n".join(wrong[:10]))
        print(f"DEMO FAILED: {len(wrong):,} of {len(expected):,} words have another count than the oracle's")
        return False
    counted = f"{found.total():,} counted in {took:.1f} s"
    print(f"DEMO PASSED: {len(found):,} words, {counted}, every count equal to the oracle's")
    return True


def main() -> int:
    """Run the demo; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", action="store_true", help="leave the cluster up")
    keep = parser.parse_args().keep
    # a kept cluster is used again, on the port it has
    port = [] if ClusterFolder(FOLDER).living() else ["--rest-port", str(PORT if is_free(PORT) else 0)]
    try:
        if penstock("cluster", "start", "--dir", str(FOLDER), "--taskmanagers", "2", "--slots", "2", *port) != 0:
            print("DEMO FAILED: the cluster did not start")
            return 1
        addresses = rest_addresses()
        print(f"Web UI http://{addresses.partition(',')[0]}", file=sys.stderr, flush=True)
        return 0 if count_words(addresses) else 1
    except KeyboardInterrupt:
        return 130
    finally:
        if keep:
            print(f"The cluster is up: penstock cluster status --dir {FOLDER} (stop ends it)")
        elif (FOLDER / "cluster.json").exists():
            penstock("cluster", "stop", "--dir", str(FOLDER))


def rest_addresses() -> str:
    """HOST:PORT of the cluster's dispatchers."""
    settings = ClusterFolder(FOLDER).load()
    assert settings is not None, "the cluster was just started"
    return ",".join(url.removeprefix("http://") for url in settings.rest)


if __name__ == "__main__":
    sys.exit(main())
