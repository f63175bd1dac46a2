"""The audit: who did what to what, when, why and with what outcome, in chains that only grow.

`entry` is one line of it, `trail` appends, `chain` reads, `verify` finds what was tampered with,
`anchor` is what to keep elsewhere, `merkle` and `canonical` are the standards beneath, `ocsf`
is the form in which others take it.
"""

from shared.governance.audit.chain import deeds as deeds
from shared.governance.audit.chain import entries as entries
from shared.governance.audit.entry import BEGUN as BEGUN
from shared.governance.audit.entry import DENIED as DENIED
from shared.governance.audit.entry import DONE as DONE
from shared.governance.audit.entry import Entry as Entry
from shared.governance.audit.entry import Operator as Operator
from shared.governance.audit.trail import Trail as Trail
