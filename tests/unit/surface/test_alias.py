"""`import pyflink`: Penstock's own module objects under PyFlink's names. In processes of their own: an alias stays."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest


def python(code: str, *, folder: Path | None = None) -> str:
    command = [sys.executable, "-c", textwrap.dedent(code)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_modules_are_the_same_objects() -> None:
    assert python("""
        import penstock.compat
        import pyflink, pyflink.datastream.functions, pyflink.metrics.metricbase, pyflink.util.exceptions
        import penstock.datastream.functions, penstock.metrics
        from pyflink.common import Row
        from penstock.common.types import Row as Ours
        assert pyflink.datastream.functions is penstock.datastream.functions
        assert pyflink.datastream is penstock.datastream and pyflink.metrics is penstock.metrics
        assert Row is Ours and isinstance(Row(1), Ours)
        assert pyflink.datastream.__name__ == pyflink.datastream.__spec__.name == "penstock.datastream"
        print(pyflink.version.__version__ if hasattr(pyflink, "version") else "lazy")
        from pyflink.version import __version__
        print(__version__)
    """).split() == ["lazy", "2.3.0"]


def test_ours_first_or_theirs_first() -> None:
    assert (
        python("""
        import penstock.compat
        from pyflink.datastream import MapFunction
        from pyflink.common.typeinfo import Types
        import penstock.datastream, penstock.common.typeinfo
        print(MapFunction is penstock.datastream.MapFunction, Types is penstock.common.typeinfo.Types)
    """)
        == "True True"
    )


def test_modules_are_imported_when_asked_for() -> None:
    assert (
        python("""
        import sys, penstock.compat, pyflink
        print([m for m in sys.modules if m.startswith(("pyflink", "penstock.datastream", "penstock.common"))])
    """)
        == "['pyflink']"
    )


def test_pickles_name_our_modules() -> None:
    assert (
        python("""
        import pickle, penstock.compat
        from pyflink.common import Row, Types
        print(b"pyflink" in pickle.dumps((Row(1), Types.INT(), Row)), pickle.loads(pickle.dumps(Row(a=1))))
    """)
        == "False Row(a=1)"
    )


@pytest.mark.parametrize(
    "name", ["pyflink.table.catalog", "pyflink.client", "pyflink.datastream.nothing", "pyflink.compat"]
)
def test_what_has_no_counterpart_is_not_found(name: str) -> None:
    assert name in python(f"""
        import penstock.compat
        try:
            import {name}
        except ModuleNotFoundError as e:
            print(e)
    """)


def test_the_jvm_is_missed_on_use_and_not_on_import() -> None:
    assert python("""
        import penstock.compat
        from pyflink.java_gateway import get_gateway
        from pyflink.util.java_utils import get_j_env_configuration
        for use in (get_gateway, lambda: get_j_env_configuration(None)):
            try:
                use()
            except RuntimeError as e:
                print("without a JVM" in str(e))
    """).split() == ["True", "True"]


def test_pyflink_itself_is_not_mixed_in(tmp_path: Path) -> None:
    (tmp_path / "pyflink").mkdir()
    (tmp_path / "pyflink" / "__init__.py").write_text("here = True\n")
    refused = """
        import pyflink
        try:
            import penstock.compat
        except RuntimeError as e:
            print(e)
    """
    assert "already imported" in python(refused, folder=tmp_path)
    automatic = """
        from penstock import pyflink_alias
        pyflink_alias.install_where_pyflink_is_missing()
        import pyflink
        print(pyflink.here)
    """
    assert python(automatic, folder=tmp_path) == "True"
    assert python("import penstock.compat, pyflink; print(pyflink.__name__)", folder=tmp_path) == "penstock.compat"


def test_serializers() -> None:
    assert python("""
        import io, penstock.compat
        from pyflink.serializers import BatchedSerializer, PickleSerializer
        for serializer in (PickleSerializer(), BatchedSerializer(PickleSerializer(), 2)):
            stream = io.BytesIO()
            serializer.serialize([1, "a", None], stream)
            stream.seek(0)
            print(list(serializer.deserialize(stream)), serializer == PickleSerializer())
    """).splitlines() == ["[1, 'a', None] True", "[1, 'a', None] False"]


def test_the_table_api_says_that_it_is_not_there() -> None:
    with pytest.raises(ImportError, match="Penstock has no Table API or SQL, so no StreamTableEnvironment: of pyflink"):
        from penstock.table import StreamTableEnvironment  # noqa: F401
    from penstock.table import conversion  # a module of the package is still found

    assert conversion.__name__ == "penstock.table.conversion"
