"""python -m deploy.chart        writes charts/sluice/files anew"""

import sys

from deploy.chart.files import write

if __name__ == "__main__":
    for path in write():
        sys.stdout.write(f"{path}\n")
