"""The way of a message, in three stages; each knows those after it, none those before.

`door`: from outside to a queue. `accept` notes and enqueues, then the webhook is acknowledged;
`calls` are turns that are answered in the same response, `facts` go to the skills that hear them,
`receipts` are what a channel says of what was sent, `returns` bring the bot back.

`turns`: a queue's message, once. `settle` decides its fate and is the only one to do so;
`perform` loads the conversation, waits for its place (`order`, `overlap`), has the handler called
(`run`) and what it recorded committed in one write (`commit`). What fails is parked (`settle`) or
buried (`bury`).

`outbox`: what was committed and the world has still to see. `effects` makes it, `relay` does it in
order, `deliver` sees one out or puts it back, `lateness` says what becomes of what is late.
"""
