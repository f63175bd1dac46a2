"""What is set wrong, all of it at once, each with what to do.

The start stops at the first mistake; this goes on, and also names what only goes wrong later: a
secret of the samples in the cloud, a store that dies with its instance, a price of last year.

    premises                      environment, folder, where it is to run
    settings identity             environment variables
    files manifests people        what stands in the folder
    services                      what answers, and how (asked only when wanted)
"""

from shared.operations.reports.doctor.examine import examine as examine
from shared.operations.reports.doctor.mistake import Mistake as Mistake
from shared.operations.reports.doctor.mistake import Premises as Premises
