"""Runs PyFlink programs: after `import penstock.compat`, `from pyflink.datastream import …` gives Penstock's classes.

`penstock run` does this by itself where PyFlink is not installed. This package is also what `import pyflink` gives.
"""

from penstock.pyflink_alias import install

install()
