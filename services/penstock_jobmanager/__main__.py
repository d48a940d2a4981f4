"""python -m penstock_jobmanager"""

import sys

from penstock_jobmanager.shell import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
