"""`python -m penstock` is `penstock`."""

from penstock.client.cli import main

if __name__ == "__main__":
    main()
