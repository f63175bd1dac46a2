"""`make bench-quick`: what does not depend on the machine, in seconds."""

import asyncio

from bench import audited, report_price
from bench.price import price_of_a_turn

print("\n".join(report_price.sections(asyncio.run(price_of_a_turn()))))
print("\n".join(audited.sections(asyncio.run(audited.measure()))))
