"""`python -m easd` is `easd`."""

from easd.main import cli

if __name__ == "__main__":
    cli()
