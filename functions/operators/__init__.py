"""What operators ask over HTTP: a file for each noun, all registered on one blueprint."""

from functions.operator import bp as bp
from functions.operators import alerts as alerts
from functions.operators import approvals as approvals
from functions.operators import audit as audit
from functions.operators import books as books
from functions.operators import bots as bots
from functions.operators import budgets as budgets
from functions.operators import conversations as conversations
from functions.operators import cost as cost
from functions.operators import dead_letters as dead_letters
from functions.operators import health as health
from functions.operators import parked as parked
from functions.operators import persons as persons
from functions.operators import rollouts as rollouts
from functions.operators import slow as slow
from functions.operators import switches as switches
from functions.operators import usage as usage
from functions.operators import waiting as waiting
