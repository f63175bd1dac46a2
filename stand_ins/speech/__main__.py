"""`python -m stand_ins.speech --port 0`: fast transcription of recordings made by `sound`."""

from stand_ins.resource import main
from stand_ins.speech.server import SpeechServer

if __name__ == "__main__":
    main(SpeechServer, "speech", __doc__ or "")
