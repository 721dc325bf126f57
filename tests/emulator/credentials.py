"""Prints, as JSON, which password each database takes and which tokens each cache: what AWS itself never tells.

    python credentials.py ENDPOINT
"""

import sys
import urllib.request

with urllib.request.urlopen(f"{sys.argv[1]}/mate/credentials") as answer:
    print(answer.read().decode())
