"""What operators ask over HTTP: a file for each noun, all registered on one blueprint."""

from functions.operator import bp as bp
from functions.operators import dead_letters as dead_letters
from functions.operators import switches as switches
