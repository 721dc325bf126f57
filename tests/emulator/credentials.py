"""Prints, as JSON, which password each database takes and which tokens each cache: what AWS itself never tells.

    python credentials.py ENDPOINT
"""

import sys
import urllib.request


def main(endpoint):
    with urllib.request.urlopen(f"{endpoint}/mate/credentials") as answer:
        print(answer.read().decode())


if __name__ == "__main__":
    main(sys.argv[1])
